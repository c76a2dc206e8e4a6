import { record } from "../../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, fail } from "../check.ts";
import { rowStrides, stridedCopy } from "./strided.ts";

/** The permuted copy without a gradient, for other ops. */
export function permuted(op: string, x: Tensor, order: readonly number[]): Tensor {
  const from = rowStrides(x.shape);
  return stridedCopy(op, x, order.map((d) => x.shape[d]!), order.map((d) => from[d]!));
}

function permuteAs(op: string, x: Tensor, order: readonly number[]): Tensor {
  return record(op, permuted(op, x, order), [x], (dy) => [permuteAs(op, dy, order.map((_, d) => order.indexOf(d)))]);
}

/** x with its axes in the order `dims`, as a copy: element [i, j, k] of permute(x, [2, 0, 1]) is x[j, k, i]. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  checkAnyTensor("permute", "x", x);
  if (!Array.isArray(dims))
    fail("permute", `dims is ${describeValue(dims)}; an array with each dimension once is due`, { x });
  const order = (dims as readonly number[]).map((d) => checkDim("permute", d, x));
  if (order.length !== x.shape.length || new Set(order).size !== order.length)
    fail("permute", `dims [${dims}] given; each of the ${x.shape.length} dimensions is due once`, { x });
  return permuteAs("permute", x, order);
}

/** x with two axes exchanged, as a copy: [A,B,C] by (0, 2) to [C,B,A]. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const [a, b] = [checkDim("transpose", dim0, x), checkDim("transpose", dim1, x)];
  return permuteAs("transpose", x, x.shape.map((_, d) => (d === a ? b : d === b ? a : d)));
}
