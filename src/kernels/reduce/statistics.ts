// Reductions made of others: logsumexp, variance, std, norm.

import { record, stopGradient } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkTensor, dimOptions, type Dims } from "../check.ts";
import { reshape } from "../layout/reshape.ts";
import { add, div, eq, mul, sub } from "../pointwise/arithmetic.ts";
import { abs, clamp, exp, log, pow, sqrt, square } from "../pointwise/functions.ts";
import { where } from "../pointwise/where.ts";
import { max } from "./max.ts";
import { mean, reduction, sum, type ReduceOptions } from "./sum.ts";

const MOST = 3.4028234663852886e38;

/**
 * log(sum(exp(x))) over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by default,
 * to a scalar. Finite where the largest element is.
 */
export function logsumexp(x: Tensor, options: ReduceOptions | Dims = {}): Tensor {
  const { axes: dim, shape } = reduction("logsumexp", x, options);
  return x.gpu.scope(() => {
    const m = clamp(stopGradient(max(x, { dim, keepdim: true })), -MOST, MOST);
    return add(log(sum(exp(sub(x, m)), { dim })).view(shape), m.view(shape));
  });
}

/** Axes of variance and std, and their divisor. */
export interface VarianceOptions extends ReduceOptions {
  /** The divisor is the number of elements less this: 1 for the unbiased estimate. */
  correction?: number;
}

/**
 * The variance over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by default, to a
 * scalar. In two passes, so that a large mean does no harm.
 */
export function variance(x: Tensor, options: VarianceOptions | Dims = {}): Tensor {
  const { correction = 1, ...rest } = dimOptions<VarianceOptions>("variance", options, ["dim", "keepdim",
    "correction"]);
  const { axes: dim, shape, count } = reduction("variance", x, rest);
  checkNumber("variance", "correction", correction);
  return x.gpu.scope(() => {
    const squares = square(sub(x, mean(x, { dim, keepdim: true })));
    return mul(reshape(sum(squares, { dim }), shape), count > correction ? 1 / (count - correction) : NaN);
  });
}

/** The square root of the variance, of its shape. */
export const std = (x: Tensor, options: VarianceOptions | Dims = {}): Tensor =>
  checkTensor("std", "x", x).gpu.scope(() => sqrt(variance(x, options)));

/** Axes of norm, and which norm. */
export interface NormOptions extends ReduceOptions {
  /** Of the p-norm: 2 by default, 1, any other number above 0, or Infinity. */
  p?: number;
}

/**
 * (sum |x|^p)^(1/p) over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by default,
 * to a scalar. The gradient at 0 is 0, as in PyTorch.
 */
export function norm(x: Tensor, options: NormOptions | Dims = {}): Tensor {
  const { p = 2, ...rest } = dimOptions<NormOptions>("norm", options, ["dim", "keepdim", "p"]);
  checkNumber("norm", "p", p, Number.MIN_VALUE);
  const { axes: dim, kept, shape } = reduction("norm", x, rest);
  return x.gpu.scope(() => {
    const size = abs(x);
    if (p === 1) return reshape(sum(size, { dim }), shape);
    if (p === Infinity) return reshape(max(size, { dim }), shape);
    return reshape(p === 2 ? euclidean(x, dim, kept) : pow(sum(pow(size, p), { dim }), 1 / p), shape);
  });
}

/** sqrt(sum x^2), whose gradient x / y is 0 where y is. */
function euclidean(x: Tensor, dim: readonly number[], kept: readonly number[]): Tensor {
  const y = sqrt(sum(square(stopGradient(x)), { dim })).view(kept);
  return record("norm", y, [x], (dy) => [mul(x, where(eq(y, 0), 0, div(dy, y)))]);
}

