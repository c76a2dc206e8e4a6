// The strided copy behind expand, permute and slice.

import source from "../../shaders/strided.wgsl";
import { linearGrid } from "../engine/engine.ts";
import { kernel } from "../engine/shader.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { fail } from "./check.ts";

const strided = kernel("shaders/strided.wgsl", source);

/** Row-major strides of a shape, in elements. */
export function rowStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** A tensor of `shape` whose element [i0, i1, ..] is scale * x[start + i0 * strides[0] + i1 * strides[1] + ..]. */
export function stridedCopy(op: string, x: Tensor, shape: Shape, strides: readonly number[], start = 0, scale = 1): Tensor {
  const dims = shape.map((n, i) => ({ n, s: strides[i]! })).filter(({ n }) => n !== 1);
  const merged: { n: number; s: number }[] = [];
  for (const d of dims) {
    const last = merged.at(-1);
    if (last && last.s === d.s * d.n) Object.assign(last, { n: last.n * d.n, s: d.s });
    else merged.push({ ...d });
  }
  if (merged.length > 6) fail(op, "more than 6 dimensions remain after merging", { x });
  const y = x.gpu.empty(shape, x.dtype);
  const params: Record<string, number> = { n: y.size, start, scale };
  for (let i = 0; i < 6; i++) {
    if (i > 0) params[`n${i}`] = merged[i]?.n ?? 1;
    params[`s${i}`] = merged[i]?.s ?? 0;
  }
  x.gpu.run(strided, { x, y }, params, linearGrid(y.size), { RANK: Math.max(1, merged.length), T: x.dtype });
  return y;
}
