// The case eps_sweep: how many of some hundred images of MNIST a net still has right under attacks of growing radius.

import { fgsm, mifgsm, pgd, type Attack, type Model } from "../../attacks/index.ts";
import { selectImages, type ImageSet } from "../../data/images.ts";
import type { Engine } from "../../engine/engine.ts";
import { add, argmax, clamp, crossEntropy, eq, rand, sum } from "../../kernels/index.ts";
import { Unsupported, type Case, type Check, type ReadCase } from "../case.ts";
import { layersOf, netOf, weightsFile } from "./nets.ts";

/** MNIST's test images, where they can be had. */
export type TestImages = () => ImageSet;

const BASE = "mnist_cnn_trained";
/** Counts may differ by so many (note of the case), under random noise by four standard deviations and so many. */
const COUNT = 2;
/** Of an image with less loss torch's float32 gradient has lost its true class (README of the cases). */
const LOST = 1e-6;

interface Sweep {
  mnist_test_indices: number[];
  correct_of_500: Record<string, Record<string, number>>;
}

const ATTACKS: Record<string, (model: Model, eps: number) => Attack> = {
  fgsm: (model, eps) => fgsm(model, { eps }),
  pgd_nors_40: (model, eps) => pgd(model, { eps, alpha: eps / 10, steps: 40, randomStart: false }),
  mifgsm_10: (model, eps) => mifgsm(model, { eps, alpha: eps / 4, steps: 10 }),
  uniform_noise_1draw: (_, eps) => Object.assign((x: Parameters<Attack>[0]) =>
    clamp(add(x, rand(x.gpu, x.shape, -eps, eps)), 0, 1), { dispose: () => undefined }),
};

async function runSweep(gpu: Engine, read: ReadCase, sweep: Sweep, images: TestImages): Promise<Check[]> {
  const { forward } = netOf(gpu, await weightsFile(read, BASE).tensors(), await layersOf(read, BASE));
  const set = selectImages(images(), sweep.mnist_test_indices);
  const [x, y] = [gpu.tensor(set.images, [set.n, ...set.shape]), gpu.tensor(set.labels, [set.n], "i32")];
  const loss = await gpu.scope(() => crossEntropy(forward(x), y, { reduction: "none" })).data();
  const lost = loss.filter((v) => v < LOST).length; // an attack with the true gradient may have these, too
  const checks: Check[] = [];
  for (const [eps, due] of Object.entries(sweep.correct_of_500)) {
    for (const [name, count] of Object.entries(due)) {
      const make = ATTACKS[name];
      if (!make) throw new Unsupported(`purigrad has no attack ${name}`);
      const attack = make(forward, Number(eps));
      const right = gpu.scope(() => sum(eq(argmax(forward(attack(x, y)), { dim: 1 }), y)));
      const spread = name.includes("noise") ? 4 * Math.sqrt(count * (1 - count / set.n)) : 0;
      const more = (await right.item()) - count;
      checks.push({ what: `the count under ${name}, eps ${eps}`, error: Math.max(more, -more - lost),
        limit: COUNT + spread });
      [right, attack].forEach((t) => t.dispose());
    }
  }
  return checks;
}

export const sweepCase = (read: ReadCase, tag: string, entry: Record<string, unknown>, images?: TestImages): Case =>
  ({ id: `attacks/${tag}`, op: "sweep", run: async (gpu) => {
    if (!images) throw new Unsupported("it needs MNIST's test images, which a browser does not have");
    return runSweep(gpu, read, entry as unknown as Sweep, images);
  } });
