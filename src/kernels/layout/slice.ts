import { noGrad, record } from "../../engine/grad/tape.ts";
import type { Shape, Tensor } from "../../engine/tensor.ts";
import { checkDim, fail } from "../check.ts";
import { rowStrides, stridedCopy, stridedPlace } from "./strided.ts";

/** The block of `shape` that begins at `corner`, without a gradient. */
export function block(op: string, x: Tensor, shape: Shape, corner: readonly number[]): Tensor {
  const strides = rowStrides(x.shape);
  return stridedCopy(op, x, shape, strides, corner.reduce((sum, c, d) => sum + c * strides[d]!, 0));
}

/** Writes x into y as the block that begins at `corner`. */
export function placeBlock(op: string, x: Tensor, y: Tensor, corner: readonly number[]): void {
  const strides = rowStrides(y.shape);
  stridedPlace(op, x, y, strides, corner.reduce((sum, c, d) => sum + c * strides[d]!, 0));
}

/** Elements start..end-1 along the axis `dim`, as a copy; negative ones count from the end, as in Python's x[start:end]. */
export function slice(x: Tensor, dim: number, start: number, end?: number): Tensor {
  const axis = checkDim("slice", dim, x);
  const size = x.shape[axis]!;
  const [from, to] = [start, end ?? size].map((n) => (n < 0 ? n + size : n)) as [number, number];
  if (![from, to].every(Number.isInteger) || from < 0 || from > to || to > size)
    fail("slice", `start ${start} and end ${end ?? size} of dimension ${axis}; 0 <= start <= end <= ${size} is due`, { x });
  const corner = x.shape.map((_, d) => (d === axis ? from : 0));
  const y = block("slice", x, x.shape.map((n, d) => (d === axis ? to - from : n)), corner);
  return record("slice", y, [x], (dy) => {
    const dx = noGrad(x.gpu, () => x.gpu.zeros(x.shape));
    placeBlock("slice", dy, dx, corner);
    return [dx];
  });
}
