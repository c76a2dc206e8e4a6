import log1p from "../../../shaders/pointwise/log1p.wgsl";
import source from "../../../shaders/loss/cross_entropy.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkReduction, checkTargets, fail, type Reduction } from "../check.ts";
import { sumAll } from "../reduce/sum.ts";

const forward = kernel("shaders/loss/cross_entropy.wgsl", source, { entry: "forward", parts: [log1p] });
const backward = kernel("shaders/loss/cross_entropy.wgsl", source, { entry: "backward", parts: [log1p] });

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
  const { reduction = "mean", labelSmoothing: smoothing = 0 } = options;
  const { N, C } = checkTargets("crossEntropy", "logits", logits, labels);
  const { each, scale } = checkReduction("crossEntropy", reduction, N);
  if (!(smoothing >= 0 && smoothing <= 1)) fail("crossEntropy", `labelSmoothing is ${smoothing}; 0 to 1 is due`);
  const gpu = logits.gpu;
  const loss = gpu.empty([N]);
  gpu.run(forward, { logits, labels, loss }, { N, C, smoothing, scale, each }, linearGrid(N));
  return record("crossEntropy", each ? loss : sumAll(loss, scale), [logits], (dy) => {
    const dlogits = gpu.empty(logits.shape);
    gpu.run(backward, { logits, labels, dy, dlogits }, { N, C, smoothing, scale, each }, linearGrid(N));
    return [dlogits];
  });
}
