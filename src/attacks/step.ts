// One step of the attack loop, by its parts: the direction, the step size, the projection, and who has stopped. What is
// left as it is (along the sign, within an L-infinity ball of [0, 1]) is one kernel.

import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkShape, checkTensor, fail } from "../kernels/check.ts";
import { abs, add, div, eq, mean, mul, sign, slice, where } from "../kernels/index.ts";
import { momentumStep, signStep } from "./kernels.ts";
import { perImage } from "./states.ts";
import { factorOf, projectLinf, type Units } from "./units.ts";

/** The parts of a step, for one's own in their place. */
export interface StepParts extends Units {
  /** What is walked along, of the gradient's shape: its sign by default, or that of its momentum. */
  direction?: (dx: Tensor) => Tensor;
  /** The images after a move back to where they may be: the ball of eps around x and the bounds by default. */
  project?: (moved: Tensor, x: Tensor) => Tensor;
  /** Numbers [N], asked before each step: an image whose number is not 0 stays as it is in this step. */
  stop?: (adv: Tensor, y: Tensor) => Tensor;
}

/** The options of a step that tensors do not hold. */
export interface StepOptions extends StepParts {
  eps: number;
  decay?: number;
}

/** Where an attack stands: its images, their labels, where they are now, and the momentum where there is one. */
export interface Place {
  x: Tensor;
  y: Tensor;
  adv: Tensor;
  m: Tensor | null;
}

/** m = decay * m + dx / mean|dx|, for a step that is not the kernel's. */
function momentumOf(m: Tensor, dx: Tensor, decay: number): Tensor {
  const size = mean(abs(dx), { dim: dx.shape.map((_, i) => i).slice(1), keepdim: true });
  m.gpu.copy(add(mul(m, decay), where(eq(size, 0), 0, div(dx, size))), m);
  return m;
}

/** Whether the step is that of the kernels. */
const usual = ({ direction, project, bounds, std }: StepOptions): boolean => !(direction ?? project ?? bounds ?? std);

/** What a part gives, of the shape that is due. */
function given(op: string, part: string, of: Tensor, shape: readonly number[], f32 = true): Tensor {
  if (f32) checkTensor(op, `what ${part} gives`, of);
  checkShape(op, `what ${part} gives`, of, [...shape]);
  return of;
}

/** The images after a step that is composed of its parts. */
function moved(op: string, { x, adv, m }: Place, dx: Tensor, settings: Tensor, o: StepOptions): Tensor {
  const { direction = sign, project = (v, x) => projectLinf(op, v, x, o.eps, o) } = o;
  const along = given(op, "direction", direction(m ? momentumOf(m, dx, o.decay!) : dx), x.shape);
  const alpha = mul(slice(settings, 0, 1, 2), factorOf(op, x, o.std));
  return given(op, "project", project(add(adv, mul(along, alpha)), x), x.shape);
}

/** Moves `adv` one step for its gradient. settings = [eps, alpha, decay, 0]; alpha is below 0 towards the labels. */
export function takeStep(op: string, place: Place, dx: Tensor, settings: Tensor, o: StepOptions): void {
  const { x, y, adv, m } = place;
  const { gpu } = x;
  const stopped = o.stop && { by: given(op, "stop", o.stop(adv, y), [x.shape[0]!], false), at: add(adv, 0) };
  if (!usual(o)) gpu.copy(moved(op, place, dx, settings, o), adv);
  else if (m) momentumStep(x, adv, dx, m, settings);
  else signStep(x, adv, dx, settings);
  if (stopped) gpu.copy(where(perImage(stopped.by, x.shape.length), stopped.at, adv), adv);
}

/** A step size, or that of each step. */
export type StepSize = number | ((step: number) => number);

/** The step size before step `i`, counted from 0; one sentence where that of a function is none. */
export function stepSize(op: string, alpha: StepSize, i: number): number {
  if (typeof alpha === "number") return alpha;
  const size = alpha(i);
  if (!(Number.isFinite(size) && size >= 0))
    fail(op, `alpha gives ${describeValue(size)} for step ${i}; a number of 0 or more is due`);
  return size;
}
