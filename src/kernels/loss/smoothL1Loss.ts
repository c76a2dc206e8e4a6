// The two losses that are square near 0 and linear away from it.

import type { Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkOptions, checkPositive, checkReduction, checkShape, checkTensor,
  type Reduction } from "../check.ts";
import { lt, mul, sub } from "../pointwise/arithmetic.ts";
import { abs, square } from "../pointwise/functions.ts";
import { where } from "../pointwise/where.ts";
import { mean, sum } from "../reduce/sum.ts";
import { l1Loss } from "./l1Loss.ts";

function checkPair(op: string, a: Tensor, b: Tensor): void {
  checkTensor(op, "the first input", a);
  checkShape(op, "the second input", checkTensor(op, "the second input", b), a.shape);
}

/** scale * (d^2 / 2 where |d| < edge, else edge (|d| - edge / 2)), d = a - b, reduced. */
function bent(op: string, a: Tensor, b: Tensor, edge: number, scale: number, reduction: Reduction): Tensor {
  checkPair(op, a, b);
  checkReduction(op, reduction, a.size);
  return a.gpu.scope(() => {
    const d = sub(a, b);
    const far = abs(d);
    const each = where(lt(far, edge), mul(square(d), 0.5 * scale),
      sub(mul(far, edge * scale), 0.5 * edge * edge * scale));
    return reduction === "none" ? each : reduction === "sum" ? sum(each) : mean(each);
  });
}

/**
 * d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, of d = a - b of one shape: a scalar, with "none" of that
 * shape. As torch.nn.functional.smooth_l1_loss.
 */
export function smoothL1Loss(a: Tensor, b: Tensor, options: { beta?: number; reduction?: Reduction } = {}): Tensor {
  checkOptions("smoothL1Loss", options, ["beta", "reduction"]);
  const { beta = 1, reduction = "mean" } = options;
  checkNumber("smoothL1Loss", "beta", beta, 0, Number.MAX_VALUE);
  checkPair("smoothL1Loss", a, b);
  return beta === 0 ? l1Loss(a, b, { reduction }) : bent("smoothL1Loss", a, b, beta, 1 / beta, reduction);
}

/**
 * d^2 / 2 where |d| < delta, else delta (|d| - delta / 2), of d = a - b of one shape: a scalar, with "none" of that
 * shape. As torch.nn.functional.huber_loss.
 */
export function huberLoss(a: Tensor, b: Tensor, options: { delta?: number; reduction?: Reduction } = {}): Tensor {
  checkOptions("huberLoss", options, ["delta", "reduction"]);
  const { delta = 1, reduction = "mean" } = options;
  return bent("huberLoss", a, b, checkPositive("huberLoss", "delta", delta), 1, reduction);
}
