// The one attack loop. An attack is: a start, and a step that is repeated (step.ts). The parts that differ between
// attacks (start, gradient, direction, step size, projection, stopping) are replaced by the short files beside this one
// or by a user's own; BPDA and EOT replace the gradient.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import { grad, noGrad } from "../engine/grad/tape.ts";
import { describeValue, type Draws, type Shape, type Tensor } from "../engine/tensor.ts";
import { checkFlag, checkNumber, checkOptions, checkShape, checkTensor, checkWhole, fail } from "../kernels/check.ts";
import { add, argmax, clamp, neg, sum } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { keepWorst, randomStart, watchImages } from "./kernels.ts";
import { ceLoss, lossOf, type AttackLoss, type LossOption } from "./losses.ts";
import { GradientWatch, type Reports } from "./report.ts";
import { statesByShape } from "./states.ts";
import { stepSize, takeStep, type StepParts, type StepSize } from "./step.ts";
import { checkUnits, startLinf, UNIT } from "./units.ts";

/** Images [N,C,H,W] in [0,1] to logits [N,K]. */
export type Model = (x: Tensor) => Tensor;

/** What the attacks on one loop share; which of them an attack takes, its own type says. */
export interface AttackOptions extends StepParts, Reports {
  /** Radius of the L-infinity ball, in pixel units of [0, 1] unless `bounds` or `std` say otherwise. */
  eps: number;
  /** Step size, or a function from the step, counted from 0, to its size. */
  alpha?: StepSize;
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
  /** d loss / d x at adv for labels y; by default that of the summed loss of `model`. */
  gradient?: (adv: Tensor, y: Tensor) => Tensor;
  /** What is climbed: "ce" (cross-entropy, the default), "dlr", "margin" or a function of logits and labels to [N]. */
  loss?: LossOption;
  /** Where an attack starts, f32 like x, in place of a random point or of x. Called once for each start. */
  start?: (x: Tensor) => Tensor;
}

/** A function from images and labels to adversarial images. */
export interface Attack {
  /**
   * x [N,C,H,W] in [0, 1], labels int32 [N] -> adversarial images of x's shape, a new tensor. Without labels the
   * model's own predictions stand for them, as in ART, CleverHans and advertorch: an image that is wrong already then
   * moves away from its wrong class, perhaps to the right one. What only the GPU can see is thrown by the first read
   * after it, in one sentence: pixels outside of the bounds, logits that are not finite.
   */
  (x: Tensor, labels?: Tensor): Tensor;
  /** Frees the buffers and the captured step that it keeps for each batch shape. */
  dispose(): void;
}

const OPTIONS = ["eps", "alpha", "steps", "targeted", "randomStart", "restarts", "decay", "noise", "generator",
  "gradient", "loss", "start", "direction", "project", "stop", "bounds", "std", "report"] as const;

/** Which options an attack takes. */
export type OptionName = (typeof OPTIONS)[number];

function checkSettings(op: string, model: Model, o: AttackOptions, names: readonly string[]): void {
  if (typeof model !== "function") fail(op, `the model is ${describeValue(model)}; a function from images to logits ` +
    `is due`);
  checkOptions(op, o, names);
  checkNumber(op, "eps", o.eps, 0, Number.MAX_VALUE);
  for (const name of ["alpha", "decay"] as const)
    if (o[name] !== undefined && typeof o[name] !== "function") checkNumber(op, name, o[name], 0, Number.MAX_VALUE);
  for (const name of ["steps", "restarts"] as const) if (o[name] !== undefined) checkWhole(op, name, o[name], 1);
  for (const name of ["targeted", "randomStart"] as const) if (o[name] !== undefined) checkFlag(op, name, o[name]);
  for (const name of ["gradient", "start", "direction", "project", "stop", "report"] as const)
    if (o[name] !== undefined && typeof o[name] !== "function") fail(op, `${name} is ${describeValue(o[name])}; a ` +
      `function is due`);
  lossOf(op, o.loss);
  checkUnits(op, o);
}

/** Images f32 [N, ...] and, where they are given, labels i32 [N]. */
export function checkBatch(op: string, x: Tensor, labels?: Tensor): void {
  checkTensor(op, "x", x);
  if (x.shape.length < 2 || x.shape[0] === 0) fail(op, "x is no batch of images; [N,C,H,W] with N >= 1 is due", { x });
  if (labels) checkShape(op, "labels", checkTensor(op, "labels", labels, "i32"), [x.shape[0]!]);
}

/**
 * The gradient of the summed loss with respect to the images, of their shape [N,C,H,W]: each example's own gradient.
 */
export const lossGradient = (model: Model, loss: AttackLoss = ceLoss) => (adv: Tensor, y: Tensor): Tensor =>
  grad(() => sum(loss(model(adv), y)), [adv])[0]!;

/** The labels given, or what the model says of the images. */
export function labelsOr(op: string, model: Model, x: Tensor, labels: Tensor | undefined, targeted = false): Tensor {
  if (labels) return labels;
  if (targeted) fail(op, "a targeted attack needs the classes to go to; give them as labels");
  return noGrad(x.gpu, () => holdStatistics(x.gpu, () => argmax(model(x), { dim: 1 })));
}

/** Tensors of one attack at one batch shape, made once and used again for every batch. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly adv: Tensor;
  readonly m: Tensor | null;
  readonly best: Tensor | null;
  readonly worst: Tensor | null;
  readonly watch: GradientWatch | null;
  readonly step: Captured<[], Tensor>;
  readonly judge: Captured<[], Tensor>;

  constructor(gpu: Engine, op: string, shape: Shape, settings: Tensor, model: Model, o: AttackOptions) {
    const image = () => gpu.keep(gpu.zeros(shape));
    const n = shape[0]!;
    const restarts = (o.restarts ?? 1) > 1;
    this.x = image();
    this.adv = image();
    this.y = gpu.keep(gpu.empty([n], "i32"));
    this.m = o.decay === undefined ? null : image();
    this.best = restarts ? image() : null;
    this.worst = restarts ? gpu.keep(gpu.empty([n])) : null;
    this.watch = GradientWatch.of(gpu, n, o.report);
    const loss = lossOf("attack", o.loss);
    const gradient = o.gradient ?? lossGradient(model, loss);
    const { y, adv, best, worst, watch } = this;
    this.step = gpu.capture(() => {
      const dx = holdStatistics(gpu, () => gradient(adv, y));
      watch?.see(dx);
      takeStep(op, this, dx, settings, o);
      return adv;
    });
    this.judge = gpu.capture(() => {
      const each = loss(holdStatistics(gpu, () => model(adv)), y);
      keepWorst(adv, o.targeted ? neg(each) : each, best!, worst!);
      return best!;
    });
  }

  dispose(): void {
    this.step.dispose();
    this.judge.dispose();
    for (const t of [this.x, this.y, this.adv, this.m, this.best, this.worst, this.watch]) t?.dispose();
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
  let settings: Tensor | null = null;
  const states = statesByShape((gpu, shape) => new State(gpu, op, shape, settings!, model, o));
  const attack = (x: Tensor, given?: Tensor): Tensor => {
    checkBatch(op, x, given);
    if (o.noise) checkShape(op, "noise", checkTensor(op, "noise", o.noise), x.shape);
    const gpu = x.gpu;
    settings ??= gpu.keep(settingsAt(x, op, o, 0));
    const state = states.of(x);
    return gpu.scope(() => {
      const labels = labelsOr(op, model, x, given, o.targeted);
      state.watch?.begin();
      const adv = runAttack(op, state, x, labels, settings!, o);
      state.watch?.tell({ model, loss: lossOf(op, o.loss), x, adv, y: labels, targeted: o.targeted });
      return adv;
    });
  };
  const dispose = () => {
    states.dispose();
    settings?.dispose();
    settings = null;
  };
  return Object.assign(attack, { dispose });
}

type Given = AttackOptions & { alpha: StepSize; steps: number; restarts: number };

/** [eps, alpha, decay, 0] of step `i`; alpha is below 0 where the labels are targets. */
function settingsAt(x: Tensor, op: string, o: Given, i: number): Tensor {
  const alpha = stepSize(op, o.alpha, i);
  return engineOf(x).tensor([o.eps, o.targeted ? -alpha : alpha, o.decay ?? 0, 0]);
}

function runAttack(op: string, s: State, x: Tensor, labels: Tensor, settings: Tensor, o: Given): Tensor {
  const gpu = x.gpu;
  gpu.copy(x, s.x);
  gpu.copy(labels, s.y);
  if (s.worst) gpu.copy(gpu.full(s.worst.shape, -3e38), s.worst);
  for (let restart = 0; restart < o.restarts; restart++) {
    start(op, s, settings, o);
    for (let i = 0; i < o.steps; i++) {
      if (typeof o.alpha === "function") gpu.copy(settingsAt(x, op, o, i), settings);
      s.step();
    }
    if (s.best) s.judge();
  }
  const result = gpu.empty(x.shape);
  gpu.copy(s.best ?? s.adv, result);
  watchImages(op, x, result, o.bounds);
  return result;
}

function start(op: string, s: State, settings: Tensor, o: AttackOptions): void {
  const gpu = s.x.gpu;
  if (o.noise) gpu.copy(clamp(add(s.x, o.noise), ...(o.bounds ?? UNIT)), s.adv);
  else if (o.start) gpu.copy(o.start(s.x), s.adv);
  else if (o.randomStart && (o.bounds ?? o.std)) gpu.copy(startLinf(op, s.x, o.eps, o, o.generator), s.adv);
  else if (o.randomStart) randomStart(s.x, s.adv, settings, o.generator ?? gpu.random);
  else gpu.copy(s.x, s.adv);
  if (s.m) gpu.copy(gpu.zeros(s.m.shape), s.m);
}
