// One defence under white-box attack: the models that attacks follow, the attacks, and what the defence makes of
// images.

import { bpdaGradient, eotGradient, eotLoss, ifgsm, lossGradient, pgd, type Attack, type Model,
  type SampledLogits } from "../attacks/index.ts";
import { isRight } from "../attacks/bpda.ts";
import type { ImageSet } from "../data/images.ts";
import type { Captured, Input } from "../engine/run/capture.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { argmax, cat, crossEntropy, expand, mul, oneHot, reparameterize, reshape, sum } from "../kernels/index.ts";
import type { Autoencoder } from "../model/autoencoder.ts";
import type { Classifier } from "../model/cnn.ts";
import { purifier, type Defence } from "./networks.ts";
import { batchFor, pieces } from "./pieces.ts";
import type { WhiteBoxSettings } from "./settings.ts";

export interface Victim {
  /** x to decode(mu(x)), as deployed. */
  purify: Model;
  classify: Model;
  /** The classifier behind the deployed purifier. */
  deployed: Model;
  /** The classifier behind decode(z) for draws of z; null where z has no noise (no defence, DAE). */
  sampled: SampledLogits | null;
}

export function victimOf(defence: Defence, classifier: Classifier): Victim {
  const purify = purifier(defence);
  const classify: Model = (x) => classifier.forward(x);
  const random = defence.net && defence.name !== "dae";
  return { purify, classify, deployed: (x) => classify(purify(x)),
    sampled: random ? sampledLogits(defence.net!, classify) : null };
}

/** One pass of the encoder, then `draws` draws of z for each image. */
const sampledLogits = (net: Autoencoder, classify: Model): SampledLogits => (x, draws) => {
  const { mu, logvar } = net.encode(x);
  const repeat = (t: Tensor) => reshape(expand(t, [draws, ...t.shape]), [draws * t.shape[0]!, t.shape[1]!]);
  return classify(net.decode(reparameterize(repeat(mu), repeat(logvar))));
};

export const WHITE_BOX = ["bpda", "sampler", "eot", "mean"] as const;
export type WhiteBoxName = (typeof WHITE_BOX)[number];

/** Those that need noise in z, and climb the loss of draws instead of that of the deployed purifier. */
export const needsNoise = (name: WhiteBoxName): boolean => name === "sampler" || name === "eot";

/** One start of an attack within eps; restarts are up to the caller. */
export function whiteBoxAttack(name: WhiteBoxName, v: Victim, eps: number, s: WhiteBoxSettings): Attack {
  const walk = { eps, alpha: s.pgd.alpha * eps, steps: s.pgd.steps };
  switch (name) {
    case "bpda":
      return ifgsm(v.deployed, { ...walk, gradient: bpdaGradient(v.purify, v.classify) });
    case "mean":
      return pgd(v.deployed, walk);
    case "sampler":
      return pgd(v.deployed, { ...walk, gradient: lossGradient((x) => v.sampled!(x, 1)) });
    case "eot":
      return pgd(v.deployed, { ...walk, steps: s.eot.steps,
        gradient: eotGradient(v.sampled!, s.eot.draws, s.eot.average) });
  }
}

/** What the defence makes of n images; each array has one number an image. */
export interface Exam {
  /** Draws of z that were taken; 0 where z has no noise, and then the last three are empty. */
  draws: number;
  /** 1 where the deployed purifier leads to the right class. */
  right: Float32Array;
  /** Cross-entropy behind the deployed purifier. */
  loss: Float32Array;
  /** How many draws lead to the right class. */
  rights: Float32Array;
  /** 1 where the class that most draws lead to is right (the smaller number of two equal ones). */
  vote: Float32Array;
  /** Mean over draws of the cross-entropy. */
  drawsLoss: Float32Array;
}

/** [2*N] or [5*N]: the arrays of an Exam behind each other. */
function examine(v: Victim, draws: number, x: Tensor, y: Tensor): Tensor {
  const logits = v.deployed(x);
  const own = [isRight(logits, y), crossEntropy(logits, y, { reduction: "none" })];
  if (!v.sampled) return cat(own);
  const [n, classes] = logits.shape as [number, number];
  const all = v.sampled(x, draws);
  const chosen = reshape(oneHot(argmax(all, { dim: 1 }), classes), [draws, n, classes]);
  const votes = sum(chosen, { dim: 0 });
  const rights = sum(mul(votes, oneHot(y, classes)), { dim: 1 });
  return cat([...own, rights, isRight(votes, y), eotLoss(all, y)]);
}

/** Examines images of a victim on new draws of z each time. */
export class Examiner {
  private readonly shapes = new Map<number, Captured<[Input, Input], Tensor>>();

  constructor(private readonly gpu: Engine, private readonly victim: Victim, private readonly draws: number,
    private readonly batch: number) {}

  async examine(set: ImageSet): Promise<Exam> {
    const empty = () => new Float32Array(this.victim.sampled ? set.n : 0);
    const exam: Exam = { draws: this.victim.sampled ? this.draws : 0, right: new Float32Array(set.n),
      loss: new Float32Array(set.n), rights: empty(), vote: empty(), drawsLoss: empty() };
    const columns = [exam.right, exam.loss, ...(this.victim.sampled ? [exam.rights, exam.vote, exam.drawsLoss] : [])];
    for (const { from, rows, piece } of pieces(set, batchFor(this.draws, this.batch))) {
      const found = await this.run(piece);
      columns.forEach((column, c) => column.set(found.subarray(c * piece.n, c * piece.n + rows), from));
    }
    if (exam.loss.some(Number.isNaN) || exam.drawsLoss.some(Number.isNaN)) throw new Error("white box: a loss is " +
      "NaN; the networks' weights or the images are broken");
    return exam;
  }

  private run({ images, labels, n, shape }: ImageSet): Promise<Float32Array> {
    if (!this.shapes.has(n))
      this.shapes.set(n, this.gpu.capture((x: Tensor, y: Tensor) => examine(this.victim, this.draws, x, y)));
    return this.shapes.get(n)!({ data: images, shape: [n, ...shape] }, { data: labels, shape: [n], dtype: "i32" })
      .data();
  }

  dispose(): void {
    this.shapes.forEach((captured) => captured.dispose());
    this.shapes.clear();
  }
}
