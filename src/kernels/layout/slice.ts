import { record } from "../../engine/grad/tape.ts";
import { describeValue, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, fail } from "../check.ts";
import { rowStrides, stridedCopy, stridedPlace } from "./strided.ts";

/** Where the element at `corner` stands in a tensor with these strides. */
const startOf = (corner: readonly number[], strides: readonly number[]): number =>
  corner.reduce((sum, c, d) => sum + c * strides[d]!, 0);

/** The block of `shape` that begins at `corner`. */
export function block(op: string, x: Tensor, shape: Shape, corner: readonly number[]): Tensor {
  const strides = rowStrides(x.shape);
  const y = stridedCopy(op, x, shape, strides, startOf(corner, strides));
  return record(op, y, [x], (dy) => [embed(op, dy, x.shape, corner)]);
}

/** A tensor of `shape` that holds x at `corner` and `value` around it: the transpose of `block` where that is 0. */
export function embed(op: string, x: Tensor, shape: Shape, corner: readonly number[], value = 0): Tensor {
  const y = x.gpu.full(shape, value, x.dtype);
  placeBlock(op, x, y, corner);
  return record(op, y, [x], (dy) => [block(op, dy, x.shape, corner)]);
}

/** Writes x into y as the block that begins at `corner`. */
export function placeBlock(op: string, x: Tensor, y: Tensor, corner: readonly number[]): void {
  const strides = rowStrides(y.shape);
  stridedPlace(op, x, y, strides, startOf(corner, strides));
}

/**
 * Elements start..end-1 along the axis `dim`, as a copy; negative ones count from the end, as in Python's x[start:end].
 */
export function slice(x: Tensor, dim: number, start: number, end?: number): Tensor {
  checkAnyTensor("slice", "x", x);
  const axis = checkDim("slice", dim, x);
  const size = x.shape[axis]!;
  const [from, to] = [start, end ?? size].map((n: unknown) => (typeof n === "number" && n < 0 ? n + size : n)) as [
    number,
    number,
  ];
  if (![from, to].every(Number.isInteger) || from < 0 || from > to || to > size) {
    const given = `start ${describeValue(start)} and end ${describeValue(end ?? size)} of dimension ${axis}`;
    fail("slice", `${given}; 0 <= start <= end <= ${size} is due`, { x });
  }
  const corner = x.shape.map((_, d) => (d === axis ? from : 0));
  return block("slice", x, x.shape.map((n, d) => (d === axis ? to - from : n)), corner);
}
