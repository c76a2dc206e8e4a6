import source from "../../../shaders/paper/gaussian_kl.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkShape, checkTensor, fail } from "../check.ts";

const [one, oneBackward, two, twoBackward, twoBackward2] = ["one", "one_backward", "two", "two_backward",
  "two_backward2"].map((entry) => kernel("shaders/paper/gaussian_kl.wgsl", source, { entry, parts: [special] }));

/**
 * KL(N(mu, exp(logvar)) || N(mu2, exp(logvar2))) of diagonal Gaussians, summed over the latent dimensions: all inputs
 * [N,D], the result [N]. Without mu2 and logvar2 the second one is N(0, I).
 */
export function gaussianKl(mu: Tensor, logvar: Tensor, mu2?: Tensor, logvar2?: Tensor): Tensor {
  checkRank("gaussianKl", "mu", checkTensor("gaussianKl", "mu", mu), 2, "[N,D]");
  if (logvar2 && !mu2) fail("gaussianKl", "logvar2 is given without mu2; both are due, or neither");
  const others = { logvar, ...(mu2 && { mu2 }), ...(logvar2 && { logvar2 }) };
  for (const [name, t] of Object.entries(others))
    checkShape("gaussianKl", name, checkTensor("gaussianKl", name, t), mu.shape);
  return mu.gpu.scope(() => divergence(mu, logvar, mu2, logvar2));
}

function divergence(mu: Tensor, logvar: Tensor, mu2?: Tensor, logvar2?: Tensor): Tensor {
  const gpu = mu.gpu;
  const second = mu2 ? { mu2, logvar2: logvar2 ?? gpu.zeros(mu.shape) } : null;
  const [N, D] = mu.shape as [number, number];
  const tensors = { mu, logvar, ...second };
  const kl = gpu.empty([N]);
  gpu.run((second ? two : one)!, { ...tensors, kl }, { N, D }, linearGrid(N));
  const pair = (k: typeof one, dy: Tensor, wanted: boolean | undefined) => {
    if (!wanted) return [null, null];
    const [dmu, dlogvar] = [gpu.empty(mu.shape), gpu.empty(mu.shape)];
    gpu.run(k!, { ...tensors, dy, dmu, dlogvar }, { N, D }, linearGrid(N * D));
    return [dmu, dlogvar];
  };
  return record("gaussianKl", kl, [mu, logvar, ...(second ? [second.mu2, second.logvar2] : [])], (dy, needs) => [
    ...pair(second ? twoBackward : oneBackward, dy, needs[0] || needs[1]),
    ...(second ? pair(twoBackward2, dy, needs[2] || needs[3]) : []),
  ]);
}
