// Sum and mean over any axes.

import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDims, checkFlag, checkTensor, dimOptions, type Dims } from "../check.ts";
import { expand } from "../layout/expand.ts";
import { reduceAxes } from "./reduceAxes.ts";

/** Axes of a reduction. */
export interface ReduceOptions {
  /** Axes to reduce; all of them if left out. Negative ones count from the end. */
  dim?: Dims;
  /** Keep the reduced axes as size 1. */
  keepdim?: boolean;
}

/** The axes that an op reduces, the shapes with and without them, and how many elements they hold. */
export function reduction(op: string, x: Tensor, options: ReduceOptions | Dims) {
  checkTensor(op, "x", x);
  const { dim, keepdim = false } = dimOptions(op, options, ["dim", "keepdim"]);
  checkFlag(op, "keepdim", keepdim);
  const axes = checkDims(op, dim, x);
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const shape = keepdim ? kept : x.shape.filter((_, i) => !axes.includes(i));
  return { axes, kept, shape, count: sizeOf(axes.map((i) => x.shape[i]!)) };
}

function sumScaled(name: string, x: Tensor, options: ReduceOptions | Dims, scaleOf: (count: number) => number): Tensor {
  const { axes, kept, shape, count } = reduction(name, x, options);
  const scale = scaleOf(count);
  if (!Number.isFinite(scale)) return x.gpu.full(shape, NaN);
  const y = axes.length ? reduceAxes(x, axes, scale).view(shape) : x.view(shape);
  return record(name, y, [x], (dy) => [expand(dy.view(kept), x.shape, scale)]);
}

/**
 * Sum over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by default, to a scalar;
 * sum(x, 0) is sum(x, { dim: 0 }). The sum of no elements is 0.
 */
export const sum = (x: Tensor, options: ReduceOptions | Dims = {}): Tensor => sumScaled("sum", x, options, () => 1);

/**
 * Mean over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by default, to a scalar.
 * The mean of no elements is NaN.
 */
export const mean = (x: Tensor, options: ReduceOptions | Dims = {}): Tensor =>
  sumScaled("mean", x, options, (n) => 1 / n);
