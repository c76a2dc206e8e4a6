import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, fail } from "../check.ts";
import { embed } from "./slice.ts";

/**
 * x with a border of `value`. As in PyTorch `amounts` begins with the last axis: [left, right, top, bottom] of an image
 * batch. Amounts are whole numbers >= 0.
 */
export function pad(x: Tensor, amounts: readonly number[], value = 0): Tensor {
  const rank = checkAnyTensor("pad", "x", x).shape.length;
  if (typeof value !== "number") fail("pad", `value is ${describeValue(value)}; a number is due`);
  if (!Array.isArray(amounts) || amounts.length % 2 !== 0 || amounts.length > 2 * rank ||
    !amounts.every((n) => Number.isInteger(n) && n >= 0))
    fail("pad",
      `amounts ${
        Array.isArray(amounts) ? `[${amounts}]` : describeValue(amounts)
      } given; pairs of whole numbers >= 0, at most one pair a dimension, are due`, { x });
  const before = (d: number) => amounts[2 * (rank - 1 - d)] ?? 0;
  const after = (d: number) => amounts[2 * (rank - 1 - d) + 1] ?? 0;
  const corner = x.shape.map((_, d) => before(d));
  return embed("pad", x, x.shape.map((n, d) => before(d) + n + after(d)), corner, value);
}
