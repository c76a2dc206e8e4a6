import { linearGrid } from "../../engine/run/grid.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { clusterKernel, clusterSizes, dmeans } from "./cluster.ts";

const forward = clusterKernel("logits_");
const backwardZ = clusterKernel("logits_dz");
const backwardMeans = clusterKernel("logits_dmeans");

/** -1/2 |z[n] - means[k]|^2 as logits [N,K], from z [N,D] and means [K,D]: their softmax is the closed-form Q(y|z). */
export function clusterLogits(z: Tensor, means: Tensor): Tensor {
  const size = clusterSizes("clusterLogits", z, means);
  const { N, K, D } = size;
  const gpu = z.gpu;
  const h = gpu.empty([N, K]);
  gpu.run(forward, { z, means, h }, { ...size }, linearGrid(N * K));
  return record("clusterLogits", h, [z, means], (w, [needsZ, needsMeans]) => {
    const dz = needsZ ? gpu.empty(z.shape) : null;
    if (dz) gpu.run(backwardZ, { z, means, w, dx: dz }, { ...size }, linearGrid(N * D));
    return [dz, needsMeans ? dmeans(backwardMeans, { z, means, w }, size, means) : null];
  });
}
