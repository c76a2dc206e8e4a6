import source from "../../../shaders/paper/categorical_kl.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkDType, checkRank } from "../check.ts";

const forward = kernel("shaders/paper/categorical_kl.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/paper/categorical_kl.wgsl", source, { entry: "backward" });

/** KL divergence of softmax(logits) to the uniform distribution: logits [N,K] -> sum_k q_k log(K q_k) [N], 0 to log K. */
export function categoricalKl(logits: Tensor): Tensor {
  checkRank("categoricalKl", "logits", logits, 2, "[N,K]");
  checkDType("categoricalKl", "logits", logits, "f32");
  const [N, K] = logits.shape as [number, number];
  const kl = logits.gpu.empty([N]);
  logits.gpu.run(forward, { logits, kl }, { N, K }, linearGrid(N));
  return record("categoricalKl", kl, [logits], (dy) => {
    const dlogits = logits.gpu.empty(logits.shape);
    logits.gpu.run(backward, { logits, dy, dlogits }, { N, K }, linearGrid(N));
    return [dlogits];
  });
}
