import source from "../../../shaders/paper/categorical_kl.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor, fail } from "../check.ts";

const forward = kernel("shaders/paper/categorical_kl.wgsl", source, { entry: "forward", parts: [special] });
const backward = kernel("shaders/paper/categorical_kl.wgsl", source, { entry: "backward", parts: [special] });

/**
 * KL divergence of softmax(logits) to the uniform distribution: logits [N,K] -> sum_k q_k log(K q_k) [N], 0 to log K.
 */
export function categoricalKl(logits: Tensor): Tensor {
  checkRank("categoricalKl", "logits", logits, 2, "[N,K]");
  checkTensor("categoricalKl", "logits", logits, "f32");
  const [N, K] = logits.shape as [number, number];
  if (K === 0) fail("categoricalKl", "logits have no clusters; [N,K] with K >= 1 is due", { logits });
  const kl = logits.gpu.empty([N]);
  logits.gpu.run(forward, { logits, kl }, { N, K }, linearGrid(N));
  return record("categoricalKl", kl, [logits], (dy) => {
    const dlogits = logits.gpu.empty(logits.shape);
    logits.gpu.run(backward, { logits, dy, dlogits }, { N, K }, linearGrid(N));
    return [dlogits];
  });
}
