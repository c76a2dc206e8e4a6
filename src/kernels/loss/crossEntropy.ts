import log1p from "../../../shaders/pointwise/log1p.wgsl";
import source from "../../../shaders/loss/cross_entropy.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkOptions, checkReduction, checkTargets, type Reduction } from "../check.ts";
import { totalOf } from "../reduce/reduceAxes.ts";

const forward = kernel("shaders/loss/cross_entropy.wgsl", source, { entry: "forward", parts: [log1p, special] });
const backward = kernel("shaders/loss/cross_entropy.wgsl", source, { entry: "backward", parts: [log1p, special] });

/** Reduction and smoothing of crossEntropy. */
export interface CrossEntropyOptions {
  /** "mean" over the batch (default), "sum", or "none" for one loss per row. */
  reduction?: Reduction;
  /** Share of the target that is spread evenly over all classes, 0 (default) to 1. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy of logits [N,C] with labels i32 [N] in 0..C-1: a scalar, or [N] with reduction "none". A label outside
 * that range gives NaN. The true class's gradient is computed as minus the sum of the others, so a sure and right
 * prediction still has one (p - 1 rounds to zero in float32).
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions("crossEntropy", options, ["reduction", "labelSmoothing"]);
  const { reduction = "mean", labelSmoothing: smoothing = 0 } = options;
  const { N, C } = checkTargets("crossEntropy", "logits", logits, labels);
  const { each, scale } = checkReduction("crossEntropy", reduction, N);
  checkNumber("crossEntropy", "labelSmoothing", smoothing, 0, 1);
  const gpu = logits.gpu;
  const loss = gpu.empty([N]);
  gpu.run(forward, { logits, labels, loss }, { N, C, smoothing, scale, each }, linearGrid(N));
  return record("crossEntropy", each ? loss : totalOf(loss, scale), [logits], (dy) => {
    const dlogits = gpu.empty(logits.shape);
    gpu.run(backward, { logits, labels, dy, dlogits }, { N, C, smoothing, scale, each }, linearGrid(N));
    return [dlogits];
  });
}
