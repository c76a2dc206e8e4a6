// DeepFool: the nearest boundary of the model's linear approximation, again and again.

import type { Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkNumber, checkOptions, checkWhole } from "../kernels/check.ts";
import { abs, add, argmax, clamp, div, eq, gt, mul, square, sum, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { nearestBoundary } from "./boundary.ts";
import type { Attack, Model } from "./loop.ts";
import { GradientWatch, type Report, type Reports } from "./report.ts";
import { shapedAttack } from "./shaped.ts";
import { perImage } from "./states.ts";

/** How deepfool walks. */
export interface DeepFoolOptions extends Reports {
  /** Steps at most; 50 by default. */
  steps?: number;
  /** Each step goes so much further than the boundary; 0.02 by default. */
  overshoot?: number;
}

/** The squared length of each image, [N]. */
const squaredOf = (w: Tensor): Tensor => sum(square(w), { dim: w.shape.map((_, i) => i).slice(1) });

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly watch: GradientWatch | null;
  readonly step: Captured<[], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model,
    private readonly overshoot: number, report?: Report) {
    this.x = gpu.keep(gpu.zeros(shape));
    this.y = gpu.keep(gpu.empty([shape[0]!], "i32"));
    this.watch = GradientWatch.of(gpu, shape[0]!, report);
    this.step = gpu.capture(() => holdStatistics(gpu, () => this.move()));
  }

  /** Moves images that are still right to just beyond the nearest of the boundaries to the other classes. */
  private move(): Tensor {
    const { gpu, x, y } = this;
    const { logits, lead, dx } = nearestBoundary(this.model, x, y, (far, w) => div(square(far), squaredOf(w)));
    this.watch?.see(dx);
    const right = perImage(eq(argmax(logits, { dim: 1 }), y), x.shape.length);
    const squared = squaredOf(dx);
    const step = where(gt(squared, 0), div(abs(lead), squared), 0); // without a gradient there is nowhere to go
    const delta = mul(dx, perImage(step, x.shape.length));
    gpu.copy(where(right, clamp(add(x, mul(delta, 1 + this.overshoot)), 0, 1), x), x);
    return x;
  }

  dispose(): void {
    [this.step, this.x, this.y, this.watch].forEach((part) => part?.dispose());
  }
}

/**
 * DeepFool, L2: each image steps over the nearest boundary of the linearised model until the model gets it wrong:
 * Moosavi-Dezfooli, Fawzi and Frossard, "DeepFool: a simple and accurate method to fool deep neural networks", CVPR
 * 2016, with steps from the point reached and cut to [0, 1] as in torchattacks. It has no radius: what it finds is
 * near. A step takes a forward and a backward pass a class. Defaults: 50 steps, overshoot 0.02.
 *
 *     const adv = deepfool(model)(images, labels);
 */
export function deepfool(model: Model, options: DeepFoolOptions = {}): Attack {
  checkOptions("deepfool", options, ["steps", "overshoot", "report"]);
  const { steps = 50, overshoot = 0.02, report } = options;
  checkWhole("deepfool", "steps", steps, 1);
  checkNumber("deepfool", "overshoot", overshoot, 0, Number.MAX_VALUE);
  const make = (gpu: Engine, shape: Shape) => new State(gpu, shape, model, overshoot, report);
  return shapedAttack("deepfool", model, make, (s, x, labels) => {
    x.gpu.copy(x, s.x);
    x.gpu.copy(labels, s.y);
    s.watch?.begin();
    for (let i = 0; i < steps; i++) s.step();
    s.watch?.tell({ model, x, adv: s.x, y: labels });
    return s.x;
  });
}
