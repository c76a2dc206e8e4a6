// The strided copy behind expand, permute, slice, pad and cat.

import source from "../../../shaders/layout/strided.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { fail } from "../check.ts";

const copy = kernel("shaders/layout/strided.wgsl", source);
const place = kernel("shaders/layout/strided.wgsl", source, { entry: "place" });

/** Row-major strides of a shape, in elements. */
export function rowStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Params and constants of a walk over `shape` with `strides`; neighbouring dimensions walked as one are merged. */
function walk(op: string, x: Tensor, shape: Shape, strides: readonly number[], start: number, scale: number) {
  const merged: { n: number; s: number }[] = [];
  shape.forEach((n, i) => {
    if (n === 1) return;
    const s = strides[i]!;
    const last = merged.at(-1);
    if (last && last.s === s * n) Object.assign(last, { n: last.n * n, s });
    else merged.push({ n, s });
  });
  if (merged.length > 6) fail(op, "more than 6 dimensions remain after merging", { x });
  const params: Record<string, number> = { n: sizeOf(shape), start, scale };
  for (let i = 0; i < 6; i++) {
    if (i > 0) params[`n${i}`] = merged[i]?.n ?? 1;
    params[`s${i}`] = merged[i]?.s ?? 0;
  }
  return { params, constants: { RANK: Math.max(1, merged.length), T: x.dtype } };
}

/** A tensor of `shape` whose element [i0, i1, ..] is scale * x[start + i0 * strides[0] + i1 * strides[1] + ..]. */
export function stridedCopy(op: string, x: Tensor, shape: Shape, strides: readonly number[], start = 0,
  scale = 1): Tensor {
  const { params, constants } = walk(op, x, shape, strides, start, scale);
  const y = x.gpu.empty(shape, x.dtype);
  if (y.size) x.gpu.run(copy, { x, y }, params, linearGrid(y.size), constants);
  return y;
}

/** Writes element [i0, i1, ..] of x to y[start + i0 * strides[0] + i1 * strides[1] + ..]; the rest of y stays. */
export function stridedPlace(op: string, x: Tensor, y: Tensor, strides: readonly number[], start: number): void {
  const { params, constants } = walk(op, x, x.shape, strides, start, 1);
  if (x.size) x.gpu.run(place, { x, y }, params, linearGrid(x.size), constants);
}
