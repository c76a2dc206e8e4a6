import source from "../../../shaders/paper/gaussian_kl.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkShape } from "../check.ts";

const [one, oneBackward, two, twoBackward, twoBackward2] = ["one", "one_backward", "two", "two_backward", "two_backward2"].map((entry) =>
  kernel("shaders/paper/gaussian_kl.wgsl", source, { entry }),
);

/**
 * KL(N(mu, exp(logvar)) || N(mu2, exp(logvar2))) of diagonal Gaussians, summed over the latent dimensions: all inputs
 * [N,D], the result [N]. Without mu2 and logvar2 the second one is N(0, I).
 */
export function gaussianKl(mu: Tensor, logvar: Tensor, mu2?: Tensor, logvar2?: Tensor): Tensor {
  const gpu = mu.gpu;
  checkRank("gaussianKl", "mu", mu, 2, "[N,D]");
  checkShape("gaussianKl", "logvar", logvar, mu.shape);
  const second = mu2 ? { mu2, logvar2: logvar2 ?? gpu.zeros(mu.shape) } : null;
  if (second) Object.entries(second).forEach(([name, t]) => checkShape("gaussianKl", name, t, mu.shape));
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
