// The largest or smallest element over any axes and where it stands, by shaders/reduce/extreme.wgsl: behind max, min,
// argmax and argmin.

import source from "../../../shaders/reduce/extreme.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient, record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { fail, type Dims } from "../check.ts";
import { permuted } from "../layout/permute.ts";
import { reduction, type ReduceOptions } from "./sum.ts";

const [first, next, backward] = ["first", "next", "backward"].map((entry) =>
  kernel("shaders/reduce/extreme.wgsl", source, { entry, parts: [special] })
);
const TERMS = 256;

interface Extreme {
  y: Tensor;
  index: Tensor;
}

/** [A, R, B] -> [A, B], in passes of at most 256 candidates a thread. */
function search(x: Tensor, A: number, R: number, B: number, MINIMUM: boolean): Extreme {
  let from: Extreme | null = null;
  for (let left = R; ; ) {
    const C = left <= TERMS ? 1 : Math.ceil(left / TERMS);
    const to: Extreme = { y: x.gpu.empty([A, C, B]), index: x.gpu.empty([A, C, B], "i32") };
    const grid = linearGrid(A * C * B);
    if (from) x.gpu.run(next!, { x: from.y, at: from.index, ...to }, { A, R: left, B, C }, grid, { MINIMUM });
    else x.gpu.run(first!, { x, ...to }, { A, R: left, B, C }, grid, { MINIMUM });
    if (C === 1) return to;
    from = to;
    left = C;
  }
}

/**
 * Searches over `axes`; `spread` makes x's gradient from y's. Axes that are not neighbours are brought together first.
 */
function searchAxes(x: Tensor, axes: readonly number[], MINIMUM: boolean) {
  const sorted = [...axes].sort((a, b) => a - b);
  const neighbours = sorted.every((d, i) => i === 0 || d === sorted[i - 1]! + 1);
  const order = [...x.shape.keys()].filter((d) => !sorted.includes(d)).concat(sorted);
  const seen = neighbours ? x : permuted("max", x, order);
  const at = neighbours ? (sorted[0] ?? 0) : x.shape.length - sorted.length;
  const [A, R, B] = [seen.shape.slice(0, at), seen.shape.slice(at, at + sorted.length),
    seen.shape.slice(at + sorted.length)].map(sizeOf) as [number, number, number];
  const found = search(seen, A, R, B, MINIMUM);
  const spread = (dy: Tensor): Tensor => {
    const dx = x.gpu.empty(seen.shape);
    x.gpu.run(backward!, { dy, chosen: found.index, dx }, { A, R, B, C: 1 }, linearGrid(dx.size));
    return neighbours ? dx : permuted("max", dx, order.map((_, d) => order.indexOf(d)));
  };
  return { ...found, spread };
}

function check(op: string, x: Tensor, count: number): void {
  if (count === 0) fail(op, "x has no elements along the reduced dimensions", { x });
}

/** max (or min): the values, with the gradient going to the first extreme element. */
// @__NO_SIDE_EFFECTS__
export const extremeOp = (op: string, minimum: boolean) => (x: Tensor, options: ReduceOptions | Dims = {}): Tensor => {
  const { axes, shape, count } = reduction(op, x, options);
  check(op, x, count);
  return x.gpu.scope(() => {
    const { y, spread } = searchAxes(x, axes, minimum);
    return record(op, y.view(shape), [x], (dy) => [spread(dy)]);
  });
};

/** Axis of argmax and argmin. */
export interface ArgOptions {
  /** The axis to search; all elements, counted row by row, if left out. Negative ones count from the end. */
  dim?: number;
  keepdim?: boolean;
}

/** argmax (or argmin): where the first extreme element stands, as i32. */
export const argOp = (op: string, minimum: boolean) => (x: Tensor, options: ArgOptions | number = {}): Tensor => {
  const { axes, shape, count } = reduction(op, x, options);
  check(op, x, count);
  return x.gpu.scope(() => noGradient(op, searchAxes(x, axes, minimum).index.view(shape), [x]));
};
