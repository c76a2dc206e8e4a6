import { linearGrid } from "../../engine/run/grid.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkShape, checkTensor } from "../check.ts";
import { clusterKernel, clusterSizes, dmeans } from "./cluster.ts";

const given = clusterKernel("loss_given");
const closed = clusterKernel("loss_closed");
const backwardZ = clusterKernel("loss_dz");
const backwardLogvar = clusterKernel("loss_dlogvar");
const backwardLogits = clusterKernel("loss_dlogits");
const backwardMeans = clusterKernel("loss_dmeans");

/**
 * The cluster terms of the C-VAE loss per image [N], from z [N,D], logvar [N,D] and means [K,D]:
 * with logits [N,K], sum_y q_y [ -1/2 sum logvar + 1/2 |z - mu_y|^2 ] with q = softmax(logits) (add
 * categoricalKl(logits)); without, q is the closed form softmax(-1/2 |z - mu_y|^2) and the result already holds sum_y
 * q_y log(K q_y) as well: -1/2 sum logvar + log K - logsumexp_y(-1/2 |z - mu_y|^2). The constant -D/2 is left out.
 */
export function clusterLoss(z: Tensor, logvar: Tensor, means: Tensor, logits?: Tensor): Tensor {
  const size = clusterSizes("clusterLoss", z, means);
  const { N, K } = size;
  const gpu = z.gpu;
  checkShape("clusterLoss", "logvar", checkTensor("clusterLoss", "logvar", logvar), z.shape);
  if (logits) checkShape("clusterLoss", "logits", checkTensor("clusterLoss", "logits", logits), [N, K]);
  const [loss, q, h] = [gpu.empty([N]), gpu.empty([N, K]), gpu.empty([N, K])];
  if (logits) gpu.run(given, { z, means, logvar, logits, loss, q, h }, { ...size }, linearGrid(N));
  else gpu.run(closed, { z, means, logvar, loss, q }, { ...size }, linearGrid(N));
  if (!gpu.tape) [q, h].forEach((t) => t.dispose());
  return record("clusterLoss", loss, [z, logvar, means, ...(logits ? [logits] : [])], (dy, needs) => {
    const gradient = (i: number, like: Tensor, k: typeof given, tensors: Record<string, Tensor>) => {
      if (!needs[i]) return null;
      const dx = gpu.empty(like.shape);
      gpu.run(k, { ...tensors, dy, dx }, { ...size }, linearGrid(like.size));
      return dx;
    };
    return [
      gradient(0, z, backwardZ, { z, means, w: q }),
      gradient(1, logvar, backwardLogvar, {}),
      needs[2] ? dmeans(backwardMeans, { z, means, w: q, dy }, size, means) : null,
      ...(logits ? [gradient(3, logits, backwardLogits, { w: q, saved: h })] : []),
    ];
  });
}
