// BPDA: a gradient through a purifier that has none, or whose own is of no use.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import { grad, noGrad, valueAndGrad } from "../engine/grad/tape.ts";
import { describeValue, type Shape, type Tensor } from "../engine/tensor.ts";
import { checkNumber, checkOptions, checkPositive, checkWhole, fail } from "../kernels/check.ts";
import { add, argmax, clamp, crossEntropy, maximum, minimum, mul, oneHot, sub, sum,
  where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { watchImages } from "./kernels.ts";
import { checkBatch, type Model } from "./loop.ts";
import { ceLoss } from "./losses.ts";
import { GradientWatch, type Reports } from "./report.ts";
import { perImage, statesByShape } from "./states.ts";

/** Images [N,C,H,W] to images of the same shape. */
export type Purify = (x: Tensor) => Tensor;

/** [N]: 1 where the largest of scores [N,K] (the first of equal ones) is at the label, else 0. */
export function isRight(scores: Tensor, y: Tensor): Tensor {
  const classes = scores.shape[1]!;
  return sum(mul(oneHot(argmax(scores, { dim: 1 }), classes), oneHot(y, classes)), { dim: 1 });
}

interface Backward {
  /** The classifier's logits at the purified image, [N,K]. */
  logits: Tensor;
  /** What BPDA takes for d loss / d adv. */
  dx: Tensor;
}

/** No batch norm of the purifier or the classifier moves its statistics. */
const backward = (purify: Purify, classify: Model, substitute: Purify | undefined, adv: Tensor, y: Tensor): Backward =>
  holdStatistics(adv.gpu, () => backwardOf(purify, classify, substitute, adv, y));

function backwardOf(purify: Purify, classify: Model, substitute: Purify | undefined, adv: Tensor, y: Tensor): Backward {
  const shown = noGrad(adv.gpu, () => purify(adv));
  const { value, grads } = valueAndGrad(() => {
    const logits = classify(shown);
    return [crossEntropy(logits, y, { reduction: "sum" }), logits] as const;
  }, [shown]);
  return { logits: value[1], dx: substitute ? grad(() => substitute(adv), [adv], grads[0]!)[0]! : grads[0]! };
}

/**
 * The gradient of BPDA, for `AttackOptions.gradient`: forward through `purify`, the classifier's gradient of the summed
 * cross-entropy at the purified image, back through the identity, or through a differentiable `substitute` that is
 * close to `purify`: Athalye, Carlini and Wagner, "Obfuscated gradients give a false sense of security", ICML 2018.
 * `purify` needs no gradient; one that is random draws anew at every step. adv [N,C,H,W] in [0,1], labels int32 [N].
 *
 *     const attack = pgd(model, { eps: 0.2, gradient: bpdaGradient(purify, classify) });
 */
export const bpdaGradient =
  (purify: Purify, classify: Model, substitute?: Purify) => (adv: Tensor, y: Tensor): Tensor =>
    adv.gpu.scope(() => backward(purify, classify, substitute, adv, y).dx);

/** How bpda walks. */
export interface BpdaOptions extends Reports {
  /** Step along the raw gradient, 0.1 by default. */
  lr?: number;
  /** Number of steps at most, 1000 by default. */
  steps?: number;
  /** Radius of an L-infinity ball to project to after each step; by default there is none. */
  eps?: number;
  /** A differentiable stand-in for the purifier on the way back; the identity by default. */
  substitute?: Purify;
  /** Called every 50 steps with the images not yet fooled; what it throws ends the attack. */
  watch?: (step: number, left: number) => void;
}

/** The attack of bpda. */
export interface Bpda {
  /** x [N,C,H,W] in [0,1], labels int32 [N] -> adversarial images of x's shape, a new tensor. One call at a time. */
  (x: Tensor, labels: Tensor): Promise<Tensor>;
  /** Frees the buffers and the captured step that it keeps for each batch shape. */
  dispose(): void;
}

type Settings = BpdaOptions & { lr: number; steps: number };

const LOOK = 50; // steps between two looks at how many images are left

function check(purify: Purify, classify: Model, options: BpdaOptions): Settings {
  checkOptions("bpda", options, ["lr", "steps", "eps", "substitute", "watch", "report"]);
  const o = { lr: 0.1, steps: 1000, ...options };
  checkPositive("bpda", "lr", o.lr);
  checkWhole("bpda", "steps", o.steps, 1);
  if (o.eps !== undefined) checkNumber("bpda", "eps", o.eps, 0, Number.MAX_VALUE);
  for (const [name, fn] of Object.entries({ purify, classify, substitute: o.substitute ?? purify,
    watch: o.watch ?? purify }))
    if (typeof fn !== "function") fail("bpda", `${name} is ${describeValue(fn)}; a function is due`);
  return o;
}

/** Tensors and the captured step of one batch shape. */
class Ascent {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly adv: Tensor;
  /** [N]: 1 while an image is not fooled. */
  readonly live: Tensor;
  readonly gradients: GradientWatch | null;
  /** One step for the live images; gives how many there are. */
  readonly step: Captured<[], Tensor>;

  constructor(gpu: Engine, shape: Shape, purify: Purify, classify: Model, o: Settings) {
    const [n] = shape as [number];
    this.x = gpu.keep(gpu.empty(shape));
    this.adv = gpu.keep(gpu.empty(shape));
    this.y = gpu.keep(gpu.empty([n], "i32"));
    this.live = gpu.keep(gpu.empty([n]));
    this.gradients = GradientWatch.of(gpu, n, o.report);
    const { x, y, adv, live } = this;
    this.step = gpu.capture(() => {
      const { logits, dx } = backward(purify, classify, o.substitute, adv, y);
      this.gradients?.see(dx);
      gpu.copy(mul(live, isRight(logits, y)), live);
      const moved = project(add(adv, mul(dx, o.lr)), x, o.eps);
      gpu.copy(where(perImage(live, shape.length), moved, adv), adv);
      return sum(live);
    });
  }

  start(x: Tensor, labels: Tensor): void {
    const gpu = x.gpu;
    gpu.copy(x, this.x);
    gpu.copy(x, this.adv);
    gpu.copy(labels, this.y);
    this.gradients?.begin();
    gpu.scope(() => gpu.copy(gpu.full(this.live.shape, 1), this.live));
  }

  dispose(): void {
    this.step.dispose();
    for (const t of [this.x, this.y, this.adv, this.live, this.gradients]) t?.dispose();
  }
}

const project = (moved: Tensor, x: Tensor, eps: number | undefined): Tensor =>
  clamp(eps === undefined ? moved : minimum(maximum(moved, sub(x, eps)), add(x, eps)), 0, 1);

async function ascend(s: Ascent, o: Settings): Promise<void> {
  for (let i = 1; i <= o.steps; i++) {
    const left = s.step();
    if (i % LOOK !== 0) continue;
    const count = await left.item();
    o.watch?.(i, count);
    if (count === 0) return;
  }
}

/**
 * BPDA as the released code runs it (Athalye, Carlini and Wagner, ICML 2018; `robustml_attack.py`): ascent along the
 * raw gradient of each image's cross-entropy at its purified image, adv + lr * gradient, clipped to [0,1]. No bound but
 * the box unless `eps` is given. An image that is misclassified before a step is left as it is from then on; with a
 * random purifier that means misclassified on one draw, so judge the result on fresh draws. Defaults: lr 0.1, 1000
 * steps.
 *
 *     const attack = bpda(purify, classify, { steps: 200 });
 *     const adv = await attack(images, labels);
 */
export function bpda(purify: Purify, classify: Model, options: BpdaOptions = {}): Bpda {
  const o = check(purify, classify, options);
  const shapes = statesByShape((gpu, shape) => new Ascent(gpu, shape, purify, classify, o));
  const attack = async (x: Tensor, labels: Tensor): Promise<Tensor> => {
    checkBatch("bpda", x, labels);
    const ascent = shapes.of(x);
    ascent.start(x, labels);
    await ascend(ascent, o);
    const result = x.gpu.empty(ascent.adv.shape);
    x.gpu.copy(ascent.adv, result);
    watchImages("bpda", x, result);
    ascent.gradients?.tell({ model: (v) => classify(purify(v)), loss: ceLoss, x, adv: result, y: labels });
    await engineOf(x).synchronize();
    return result;
  };
  return Object.assign(attack, { dispose: () => shapes.dispose() });
}
