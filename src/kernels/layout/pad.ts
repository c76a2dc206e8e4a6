import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { fail } from "../check.ts";
import { block, placeBlock } from "./slice.ts";

/**
 * x with a border of `value`. As in PyTorch `amounts` begins with the last axis: [left, right, top, bottom] of an image
 * batch. Amounts are whole numbers >= 0.
 */
export function pad(x: Tensor, amounts: readonly number[], value = 0): Tensor {
  const rank = x.shape.length;
  if (amounts.length % 2 !== 0 || amounts.length > 2 * rank || !amounts.every((n) => Number.isInteger(n) && n >= 0))
    fail("pad", `amounts [${amounts}] given; pairs of whole numbers >= 0, at most one pair a dimension, are due`, { x });
  const before = (d: number) => amounts[2 * (rank - 1 - d)] ?? 0;
  const after = (d: number) => amounts[2 * (rank - 1 - d) + 1] ?? 0;
  const corner = x.shape.map((_, d) => before(d));
  const y = x.gpu.full(x.shape.map((n, d) => before(d) + n + after(d)), value, x.dtype);
  placeBlock("pad", x, y, corner);
  return record("pad", y, [x], (dy) => [block("pad", dy, x.shape, corner)]);
}
