// What may be off where an engine may round operands to half precision: see EngineOptions.precision.

import type { Precision } from "../engine/tensor.ts";
import type { OpRow } from "./table/table.ts";

/** Ops, and groups of stored cases, whose operands may be rounded. */
const ROUNDED = ["matmul", "linear", "einsum", "conv1d", "conv2d", "convTranspose2d", "conv_transpose2d", "composite",
  "tensor_ops"];

/**
 * Largest error over the largest number. An operand is off by 2^-11 of itself at most, a product of two by 2^-10, and
 * so is a sum of products that do not cancel.
 */
const LIMIT = 2 ** -9;

/** Whether half precision may change what `op`, or a group of stored cases, computes. */
export const mayRound = (op: string): boolean => ROUNDED.includes(op);

/** `limit`, or that of half precision where the operands of `op` may be rounded. */
export const limitFor = (precision: Precision, op: string, limit: number): number =>
  precision === "f16" && mayRound(op) ? Math.max(limit, LIMIT) : limit;

/** The row with the tolerances that are due at this precision. */
export function rowFor(precision: Precision, row: OpRow): OpRow {
  const { op, tolerance = 1e-5, gradientTolerance = 2e-5 } = row;
  return { ...row, tolerance: limitFor(precision, op, tolerance),
    gradientTolerance: limitFor(precision, op, gradientTolerance) };
}
