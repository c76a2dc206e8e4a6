// Shifts of whole images: a change that no ball of pixels holds.

import type { Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { arange, eq, lt, matmul, maximum, reshape, sub, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import type { Attack, Model } from "./loop.ts";
import { marginLoss } from "./losses.ts";
import { shapedAttack } from "./shaped.ts";
import { perImage, tainted } from "./states.ts";

/** How far images are shifted, and how many shifts are tried. */
export interface ShiftOptions {
  /** Pixels at most, along each axis; 3 by default. */
  pixels?: number;
}

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly worst: Tensor;
  /** [N]: above 0 where the model is fooled. */
  readonly margin: Tensor;
  readonly begin: Captured<[], Tensor>;
  readonly look: Captured<[Tensor, Tensor], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model) {
    [this.x, this.worst] = [gpu.keep(gpu.zeros(shape)), gpu.keep(gpu.zeros(shape))];
    this.y = gpu.keep(gpu.zeros([shape[0]!], "i32"));
    this.margin = gpu.keep(gpu.zeros([shape[0]!]));
    this.begin = gpu.capture(() => this.keep(this.x, this.marginOf(this.x)));
    this.look = gpu.capture((down: Tensor, right: Tensor) => this.tried(down, right));
  }

  private marginOf(images: Tensor): Tensor {
    return holdStatistics(this.gpu, () => marginLoss(this.model(images), this.y));
  }

  private keep(images: Tensor, margin: Tensor): Tensor {
    this.gpu.copy(images, this.worst);
    this.gpu.copy(margin, this.margin);
    return this.worst;
  }

  /** [size,size]: 1 where a row (or column) comes from the one `by` before it. */
  private from(size: number, by: Tensor): Tensor {
    const at = arange(this.gpu, size);
    return eq(sub(reshape(at, [size, 1]), by), reshape(at, [1, size]));
  }

  /** Moves all images so many pixels; zeros come in at the edges. */
  private tried(down: Tensor, right: Tensor): Tensor {
    const { x, worst, margin } = this;
    const [, , H, W] = x.shape as [number, number, number, number];
    const moved = matmul(matmul(this.from(H, down), x), this.from(W, right), { transposeB: true });
    const found = this.marginOf(moved);
    return this.keep(where(perImage(lt(margin, found), 4), moved, worst), maximum(margin, found));
  }

  dispose(): void {
    [this.begin, this.look, this.x, this.y, this.worst, this.margin].forEach((part) => part.dispose());
  }
}

/**
 * Every shift by whole pixels, zeros at the edges, and of each image the one with the largest margin to another class;
 * one that no shift brings nearer to another class ends as it was. No gradient and no ball: a baseline that tells how
 * much an accuracy within eps says of changes that a person hardly sees. The translations of Engstrom, Tran, Tsipras,
 * Schmidt and Madry, "Exploring the landscape of spatial robustness", ICML 2019, as Foolbox's SpatialAttack without
 * rotations. Images [N,C,H,W]. Default: 3 pixels, which are 49 forward passes.
 *
 *     const moved = spatialShift(model, { pixels: 2 })(images, labels);
 */
export function spatialShift(model: Model, options: ShiftOptions = {}): Attack {
  checkOptions("spatialShift", options, ["pixels"]);
  const { pixels = 3 } = options;
  checkWhole("spatialShift", "pixels", pixels, 0);
  const along = Array.from({ length: 2 * pixels + 1 }, (_, i) => i - pixels);
  return shapedAttack("spatialShift", model, (gpu, shape) => new State(gpu, shape, model), (s, x, labels) => {
    if (x.shape.length !== 4) fail("spatialShift", "images [N,C,H,W] are due", { x });
    const { gpu } = x;
    gpu.copy(x, s.x);
    gpu.copy(labels, s.y);
    s.begin();
    for (const down of along) for (const right of along)
      if (down !== 0 || right !== 0) s.look(gpu.tensor([down], [1]), gpu.tensor([right], [1]));
    return tainted(s.worst, s.margin);
  });
}
