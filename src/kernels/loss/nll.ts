import source from "../../../shaders/loss/nll.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkReduction, checkTargets, type Reduction } from "../check.ts";
import { sumAll } from "../reduce/sum.ts";

const forward = kernel("shaders/loss/nll.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/loss/nll.wgsl", source, { entry: "backward" });

/**
 * Minus the log probability of the true class: logp [N,C] (from logSoftmax), labels i32 [N] in 0..C-1. A scalar, or [N]
 * with reduction "none". A label outside that range gives NaN.
 */
export function nll(logp: Tensor, labels: Tensor, { reduction = "mean" }: { reduction?: Reduction } = {}): Tensor {
  const { N, C } = checkTargets("nll", "logp", logp, labels);
  const { each, scale } = checkReduction("nll", reduction, N);
  const gpu = logp.gpu;
  const loss = gpu.empty([N]);
  gpu.run(forward, { logp, labels, loss }, { N, C, scale, each }, linearGrid(N));
  return record("nll", each ? loss : sumAll(loss, scale), [logp], (dy) => {
    const dlogp = gpu.empty(logp.shape);
    gpu.run(backward, { labels, dy, dlogp }, { N, C, scale, each }, linearGrid(N * C));
    return [dlogp];
  });
}
