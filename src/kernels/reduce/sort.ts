// Sorting along an axis by shaders/reduce/sort.wgsl.

import source from "../../../shaders/reduce/sort.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDim, checkFlag, checkOptions, checkTensor, checkWhole, fail } from "../check.ts";
import { scatterAdd } from "../layout/scatter.ts";

const [begin, step, end] = ["begin", "step", "end"].map((entry) =>
  kernel("shaders/reduce/sort.wgsl", source, { entry })
);

/** Sorted elements and where they stood, i32. */
export interface Sorted {
  values: Tensor;
  indices: Tensor;
}

/** The first K of [A, R, B] in order. */
function ordered(x: Tensor, axis: number, K: number, DESCENDING: boolean): Sorted {
  const { gpu } = x;
  const [A, R, B] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis]!, sizeOf(x.shape.slice(axis + 1))];
  const shape = x.shape.with(axis, K);
  const found = { values: gpu.empty(shape), indices: gpu.empty(shape, "i32") };
  if (sizeOf(shape) === 0) return found;
  const P = 2 ** Math.ceil(Math.log2(R));
  const pairs = gpu.empty([A * B, P, 2], "u32");
  const params = { A, R, B, P, K, stride: 0, block: 0 };
  gpu.run(begin!, { x, pairs }, params, linearGrid(A * B * P), { DESCENDING });
  for (let block = 2; block <= P; block *= 2)
    for (let stride = block / 2; stride >= 1; stride /= 2)
      gpu.run(step!, { pairs }, { ...params, stride, block }, linearGrid((A * B * P) / 2), { DESCENDING });
  gpu.run(end!, { x, sorted: pairs, ...found }, params, linearGrid(sizeOf(shape)), { DESCENDING });
  return found;
}

function sorted(op: string, x: Tensor, axis: number, K: number, descending: boolean): Sorted {
  const { values, indices } = x.gpu.scope(() => ordered(x, axis, K, descending));
  const back = (dy: Tensor) => scatterAdd(dy.gpu.full(x.shape, 0), axis, indices, dy);
  return { values: record(op, values, [x], (dy) => [back(dy)]), indices };
}

/**
 * x sorted along `dim` (the last by default), values and indices of x's shape; equal elements in their order and NaN
 * last; as torch.sort, stable.
 */
export function sort(x: Tensor, options: { dim?: number; descending?: boolean } = {}): Sorted {
  checkTensor("sort", "x", x);
  checkOptions("sort", options, ["dim", "descending"]);
  const { dim = -1, descending = false } = options;
  checkFlag("sort", "descending", descending);
  const axis = checkDim("sort", dim, x);
  return sorted("sort", x, axis, x.shape[axis]!, descending);
}

/**
 * The k largest elements along `dim` (the last by default, [..,n] to [..,k]), the largest first; with largest: false
 * the smallest.
 */
export function topk(x: Tensor, k: number, options: { dim?: number; largest?: boolean } = {}): Sorted {
  checkTensor("topk", "x", x);
  checkWhole("topk", "k", k, 0);
  checkOptions("topk", options, ["dim", "largest"]);
  const { dim = -1, largest = true } = options;
  checkFlag("topk", "largest", largest);
  const axis = checkDim("topk", dim, x);
  if (k > x.shape[axis]!) fail("topk", `k is ${k} and dimension ${axis} has ${x.shape[axis]} elements`, { x });
  return sorted("topk", x, axis, k, largest);
}
