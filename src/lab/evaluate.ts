// Gray-box evaluation: attacks are made against the bare classifier, then each defence purifies what they made.

import { fgsm, ifgsm, mifgsm, pgd, type Attack, type Model } from "../attacks/index.ts";
import type { ImageSet } from "../data/images.ts";
import type { Engine } from "../engine/engine.ts";
import { abs, argmax, max } from "../kernels/index.ts";
import type { AttackName } from "./paper.ts";
import { progress } from "./progress.ts";

/** Images of one evaluation, in batches: host arrays, so that any number of them fits. */
export interface Batches {
  size: number;
  shape: readonly [number, number, number];
  images: Float32Array[];
  labels: Int32Array[];
}

export function batches(set: ImageSet, size: number): Batches {
  if (set.n % size !== 0) throw new Error(`evaluate: ${set.n} images are no whole number of batches of ${size}`);
  const pixels = set.shape[0] * set.shape[1] * set.shape[2];
  const count = set.n / size;
  const cut = <T extends Float32Array | Int32Array>(a: T, unit: number) =>
    Array.from({ length: count }, (_, i) => a.subarray(i * size * unit, (i + 1) * size * unit) as T);
  return { size, shape: set.shape, images: cut(set.images, pixels), labels: cut(set.labels, 1) };
}

/** Runs an attack over all batches; returns the adversarial images. */
export async function attackAll(gpu: Engine, name: string, attack: Attack, set: Batches,
  signal?: AbortSignal): Promise<Batches> {
  const bar = progress(`attack ${name}`, set.images.length);
  const images: Float32Array[] = [];
  try {
    for (let i = 0; i < set.images.length; i++) {
      const adv = gpu.scope(() =>
        attack(gpu.tensor(set.images[i]!, [set.size, ...set.shape]), gpu.tensor(set.labels[i]!, [set.size], "i32"))
      );
      images.push(await adv.data());
      adv.dispose();
      signal?.throwIfAborted();
      bar.tick();
    }
    bar.done();
  } finally {
    bar.stop();
  }
  return { ...set, images };
}

/** How far and how fast the attacks of Table 1 may go: radius and step in pixel units of [0, 1], number of steps. */
export interface AttackBudget {
  eps: number;
  alpha: number;
  steps: number;
}

/** The images as they are under "None", and what each attack made of them. */
export type Attacked = Record<AttackName, Batches>;

/** The four attacks of Table 1 on a model, each over all batches; FGSM takes one step of eps. */
export async function attackWithAll(gpu: Engine, model: Model, test: Batches, budget: AttackBudget,
  signal?: AbortSignal): Promise<Attacked> {
  const { eps, alpha, steps } = budget;
  const attacks = {
    FGSM: fgsm(model, { eps }),
    "I-FGSM": ifgsm(model, { eps, alpha, steps }),
    PGD: pgd(model, { eps, alpha, steps }),
    "MI-FGSM": mifgsm(model, { eps, alpha, steps }),
  };
  const attacked: Partial<Attacked> = { None: test };
  for (const [name, attack] of Object.entries(attacks)) {
    attacked[name as AttackName] = await attackAll(gpu, name, attack, test, signal);
    attack.dispose();
  }
  return attacked as Attacked;
}

/** Share of images that the model classifies right, in percent, and which ones. */
export async function accuracy(gpu: Engine, model: Model,
  set: Batches): Promise<{ percent: number; correct: boolean[]; }> {
  const classify = gpu.capture((x) => {
    const logits = model(x);
    return { label: argmax(logits, { dim: 1 }), largest: max(abs(logits)) };
  });
  const correct: boolean[] = [];
  for (let i = 0; i < set.images.length; i++) {
    const { label, largest } = classify({ data: set.images[i]!, shape: [set.size, ...set.shape] });
    gpu.expect(largest, ([v]) => (Number.isFinite(v) ? null : "evaluate: the model's logits are not finite; check " +
      "its weights and the images"));
    const predicted = await label.data<Int32Array>();
    predicted.forEach((label, j) => correct.push(label === set.labels[i]![j]));
  }
  classify.dispose();
  return { percent: (100 * correct.filter(Boolean).length) / correct.length, correct };
}

/** The first `count` images of a set behind a purifier (or as they are), and what the classifier says of them. */
export async function sample(gpu: Engine, purify: Model | null, classify: Model, set: Batches,
  count: number): Promise<{ images: Float32Array; predicted: Int32Array; labels: Int32Array; }> {
  const pixels = set.shape[0] * set.shape[1] * set.shape[2];
  const { x, label } = gpu.scope(() => {
    const given = gpu.tensor(set.images[0]!.subarray(0, count * pixels), [count, ...set.shape]);
    const shown = purify ? purify(given) : given;
    return { x: shown, label: argmax(classify(shown), { dim: 1 }) };
  });
  const result = { images: await x.data(), predicted: await label.data<Int32Array>(),
    labels: set.labels[0]!.subarray(0, count) };
  x.dispose();
  label.dispose();
  return result;
}
