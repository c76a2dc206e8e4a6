// One defence under white-box attack: the models that attacks follow, the attacks, and what the defence makes of
// images.

import { apgd, bpdaGradient, eotGradient, eotLoss, ifgsm, lossGradient, pgd, type Attack, type Model,
  type SampledLogits } from "../attacks/index.ts";
import { isRight } from "../attacks/bpda.ts";
import type { ImageSet } from "../data/images.ts";
import type { Captured, Input } from "../engine/run/capture.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { argmax, cat, crossEntropy, mul, oneHot, reshape, sum } from "../kernels/index.ts";
import { deployed, type Purifier } from "../defences/purifier.ts";
import { batchFor, pieces } from "./pieces.ts";
import type { WhiteBoxSettings } from "./settings.ts";

export interface Victim {
  /** As deployed. */
  purify: Model;
  /** The way back through a purifier that has no gradient of its own. */
  substitute?: Model;
  classify: Model;
  /** The classifier behind the deployed purifier. */
  deployed: Model;
  /** The classifier behind fresh draws of the purifier's noise; null where it has none. */
  sampled: SampledLogits | null;
}

export function victimOf(defence: Purifier, classifier: Model): Victim {
  const { purify, sample, substitute, classify = classifier } = defence;
  return { purify, substitute, classify, deployed: deployed(defence, classifier),
    sampled: sample ? (x, draws) => classify(sample(x, draws)) : null };
}

export const WHITE_BOX = ["bpda", "sampler", "eot", "mean", "apgd-ce", "apgd-dlr"] as const;
export type WhiteBoxName = (typeof WHITE_BOX)[number];

/** Those that need noise in z, and climb the loss of draws instead of that of the deployed purifier. */
export const needsNoise = (name: WhiteBoxName): boolean => name === "sampler" || name === "eot";

/** Those that can be made against a victim: DLR needs a gradient of the purifier's own. */
export const whiteBoxNames = (v: Victim, s: WhiteBoxSettings): WhiteBoxName[] =>
  WHITE_BOX.filter((name) => !(needsNoise(name) && !v.sampled) && !(name.startsWith("apgd") && !s.apgd) &&
    !(name === "apgd-dlr" && v.substitute));

/** One start of an attack within eps; restarts are up to the caller. */
export function whiteBoxAttack(name: WhiteBoxName, v: Victim, eps: number, s: WhiteBoxSettings): Attack {
  const walk = { eps, alpha: s.pgd.alpha * eps, steps: s.pgd.steps };
  const throughMean = v.substitute && { gradient: bpdaGradient(v.purify, v.classify, v.substitute) };
  switch (name) {
    case "bpda":
      return ifgsm(v.deployed, { ...walk, gradient: bpdaGradient(v.purify, v.classify) });
    case "mean":
      return pgd(v.deployed, { ...walk, ...throughMean });
    case "sampler":
      return pgd(v.deployed, { ...walk, gradient: lossGradient((x) => v.sampled!(x, 1)) });
    case "eot":
      return pgd(v.deployed, { ...walk, steps: s.eot.steps,
        gradient: eotGradient(v.sampled!, s.eot.draws, s.eot.average) });
    case "apgd-ce":
      return apgd(v.deployed, { eps, ...s.apgd, ...throughMean });
    case "apgd-dlr":
      return apgd(v.deployed, { eps, ...s.apgd, loss: "dlr" });
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
