// The one attack loop. An attack is: a start, and a step that is repeated. The parts that differ between attacks (the
// start, the direction, the number of steps) are replaced by the short files beside this one; BPDA and EOT replace the
// gradient.

import { engineOf } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import { grad } from "../engine/grad/tape.ts";
import { describeValue, type Draws, type Shape, type Tensor } from "../engine/tensor.ts";
import { checkFlag, checkNumber, checkOptions, checkShape, checkTensor, checkWhole, fail } from "../kernels/check.ts";
import { add, clamp, crossEntropy, neg } from "../kernels/index.ts";
import { keepWorst, momentumStep, randomStart, signStep, watchImages } from "./kernels.ts";

/** Images [N,C,H,W] in [0,1] to logits [N,K]. */
export type Model = (x: Tensor) => Tensor;

export interface AttackOptions {
  /** Radius of the L-infinity ball, in pixel units of [0, 1]. */
  eps: number;
  /** Step size. */
  alpha?: number;
  /** Number of steps. */
  steps?: number;
  /** Descend towards the labels given instead of away from them. */
  targeted?: boolean;
  /** Start at a uniform random point of the ball. */
  randomStart?: boolean;
  /** Starts per example; the one with the highest loss is kept. */
  restarts?: number;
  /** Momentum factor of MI-FGSM; without it there is no momentum. */
  decay?: number;
  /** Start at clamp(x + noise, 0, 1) instead of a random point. */
  noise?: Tensor;
  /** Where random starts come from; the engine's generator by default. */
  generator?: Draws;
  /** d loss / d x at adv for labels y; by default that of the summed cross-entropy of `model`. */
  gradient?: (adv: Tensor, y: Tensor) => Tensor;
}

export interface Attack {
  /**
   * x [N,C,H,W] in [0, 1], labels int32 [N] -> adversarial images of x's shape, a new tensor. What only the GPU can see
   * is thrown by the first read after it, in one sentence: pixels outside of [0, 1], logits that are not finite.
   */
  (x: Tensor, labels: Tensor): Tensor;
  /** Frees the buffers and the captured step that it keeps for each batch shape. */
  dispose(): void;
}

const OPTIONS = ["eps", "alpha", "steps", "targeted", "randomStart", "restarts", "decay", "noise", "generator",
  "gradient"] as const;

/** Which options an attack takes. */
export type OptionName = (typeof OPTIONS)[number];

function checkSettings(op: string, model: Model, o: AttackOptions, names: readonly string[]): void {
  if (typeof model !== "function") fail(op, `the model is ${describeValue(model)}; a function from images to logits ` +
    `is due`);
  checkOptions(op, o, names);
  checkNumber(op, "eps", o.eps, 0, Number.MAX_VALUE);
  for (const name of ["alpha", "decay"] as const)
    if (o[name] !== undefined) checkNumber(op, name, o[name], 0, Number.MAX_VALUE);
  for (const name of ["steps", "restarts"] as const) if (o[name] !== undefined) checkWhole(op, name, o[name], 1);
  for (const name of ["targeted", "randomStart"] as const) if (o[name] !== undefined) checkFlag(op, name, o[name]);
  if (o.gradient !== undefined && typeof o.gradient !== "function") fail(op, `gradient is ` +
    `${describeValue(o.gradient)}; a function is due`);
}

/** Images f32 [N, ...] and labels i32 [N]. */
export function checkBatch(op: string, x: Tensor, labels: Tensor): void {
  checkTensor(op, "x", x);
  if (x.shape.length < 2 || x.shape[0] === 0) fail(op, "x is no batch of images; [N,C,H,W] with N >= 1 is due", { x });
  checkTensor(op, "labels", labels, "i32");
  checkShape(op, "labels", labels, [x.shape[0]!]);
}

/** The gradient of the summed cross-entropy with respect to the image: each example's own gradient. */
export const lossGradient = (model: Model) => (adv: Tensor, y: Tensor): Tensor =>
  grad(() => crossEntropy(model(adv), y, { reduction: "sum" }), [adv])[0]!;

/** Tensors of one attack at one batch shape, made once and used again for every batch. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly adv: Tensor;
  readonly m: Tensor | null;
  readonly best: Tensor | null;
  readonly worst: Tensor | null;
  readonly step: Captured<[], Tensor>;
  readonly judge: Captured<[], Tensor>;

  constructor(shape: Shape, like: Tensor, settings: Tensor, model: Model, o: AttackOptions) {
    const gpu = like.gpu;
    const image = () => gpu.keep(gpu.zeros(shape));
    const n = shape[0]!;
    const restarts = (o.restarts ?? 1) > 1;
    this.x = image();
    this.adv = image();
    this.y = gpu.keep(gpu.empty([n], "i32"));
    this.m = o.decay === undefined ? null : image();
    this.best = restarts ? image() : null;
    this.worst = restarts ? gpu.keep(gpu.empty([n])) : null;
    const gradient = o.gradient ?? lossGradient(model);
    const { x, y, adv, m, best, worst } = this;
    this.step = engineOf(x).capture(() => {
      const dx = gradient(adv, y);
      if (m) momentumStep(x, adv, dx, m, settings);
      else signStep(x, adv, dx, settings);
      return adv;
    });
    this.judge = engineOf(x).capture(() => {
      const loss = crossEntropy(model(adv), y, { reduction: "none" });
      keepWorst(adv, o.targeted ? neg(loss) : loss, best!, worst!);
      return best!;
    });
  }

  dispose(): void {
    this.step.dispose();
    this.judge.dispose();
    for (const t of [this.x, this.y, this.adv, this.m, this.best, this.worst]) t?.dispose();
  }
}

/**
 * An attack on `model` from its options. The model's weights are read at every step, so the same attack can be used
 * while they are trained. The step is captured per batch shape: a replay makes no buffer.
 */
export function makeAttack(model: Model, options: AttackOptions, op = "attack",
  names: readonly OptionName[] = OPTIONS): Attack {
  checkSettings(op, model, options, names);
  const o = { steps: 1, restarts: 1, alpha: options.eps, ...options };
  const states = new Map<string, State>();
  let settings: Tensor | null = null;
  const attack = (x: Tensor, labels: Tensor): Tensor => {
    checkBatch(op, x, labels);
    if (o.noise) checkShape(op, "noise", checkTensor(op, "noise", o.noise), x.shape);
    const gpu = x.gpu;
    settings ??= gpu.keep(gpu.tensor([o.eps, o.targeted ? -o.alpha : o.alpha, o.decay ?? 0, 0]));
    const key = x.shape.join();
    const state = states.get(key) ?? new State(x.shape, x, settings, model, o);
    states.set(key, state);
    return gpu.scope(() => runAttack(op, state, x, labels, settings!, o));
  };
  const dispose = () => {
    states.forEach((state) => state.dispose());
    states.clear();
    settings?.dispose();
    settings = null;
  };
  return Object.assign(attack, { dispose });
}

function runAttack(op: string, s: State, x: Tensor, labels: Tensor, settings: Tensor,
  o: AttackOptions & { steps: number; restarts: number; }): Tensor {
  const gpu = x.gpu;
  gpu.copy(x, s.x);
  gpu.copy(labels, s.y);
  if (s.worst) gpu.copy(gpu.full(s.worst.shape, -3e38), s.worst);
  for (let restart = 0; restart < o.restarts; restart++) {
    start(s, settings, o);
    for (let i = 0; i < o.steps; i++) s.step();
    if (s.best) s.judge();
  }
  const result = gpu.empty(x.shape);
  gpu.copy(s.best ?? s.adv, result);
  watchImages(op, x, result);
  return result;
}

function start(s: State, settings: Tensor, o: AttackOptions): void {
  const gpu = s.x.gpu;
  if (o.noise) gpu.copy(clamp(add(s.x, o.noise), 0, 1), s.adv);
  else if (o.randomStart) randomStart(s.x, s.adv, settings, o.generator ?? gpu.random);
  else gpu.copy(s.x, s.adv);
  if (s.m) gpu.copy(gpu.zeros(s.m.shape), s.m);
}
