import source from "../../../shaders/loss/nll.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkOptions, checkReduction, checkTargets, type Reduction } from "../check.ts";
import { totalOf } from "../reduce/reduceAxes.ts";

const forward = kernel("shaders/loss/nll.wgsl", source, { entry: "forward", parts: [special] });
const backward = kernel("shaders/loss/nll.wgsl", source, { entry: "backward", parts: [special] });

/**
 * Minus the log probability of the true class: logp [N,C] (from logSoftmax), labels i32 [N] in 0..C-1. A scalar, or [N]
 * with reduction "none". A label outside that range gives NaN.
 */
export function nllLoss(logp: Tensor, labels: Tensor, options: { reduction?: Reduction } = {}): Tensor {
  checkOptions("nllLoss", options, ["reduction"]);
  const { reduction = "mean" } = options;
  const { N, C } = checkTargets("nllLoss", "logp", logp, labels);
  const { each, scale } = checkReduction("nllLoss", reduction, N);
  const gpu = logp.gpu;
  const loss = gpu.empty([N]);
  gpu.run(forward, { logp, labels, loss }, { N, C, scale, each }, linearGrid(N));
  return record("nllLoss", each ? loss : totalOf(loss, scale), [logp], (dy) => {
    const dlogp = gpu.empty(logp.shape);
    gpu.run(backward, { labels, dy, dlogp }, { N, C, scale, each }, linearGrid(N * C));
    return [dlogp];
  });
}
