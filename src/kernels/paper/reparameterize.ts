import source from "../../../shaders/paper/reparameterize.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { philox } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, type Draws, type Tensor } from "../../engine/tensor.ts";
import { checkOptions, checkShape, checkTensor } from "../check.ts";

const file = "shaders/paper/reparameterize.wgsl";
const sample = kernel(file, source, { entry: "sample", parts: [philox, special] });
const sampleBackward = kernel(file, source, { entry: "sample_backward", parts: [philox, special] });
const given = kernel(file, source, { entry: "given", parts: [philox, special] });
const givenBackward = kernel(file, source, { entry: "given_backward", parts: [philox, special] });

/** Where reparameterize takes its noise from. */
export interface NoiseSource {
  /** Where new noise comes from; the engine's generator by default. */
  generator?: Draws;
  /** Recorded standard normal noise of mu's shape to use instead of new noise; it gets no gradient. */
  eps?: Tensor;
}

/** A draw z = mu + exp(logvar / 2) * eps from N(mu, exp(logvar)); mu, logvar, z of one shape. */
export function reparameterize(mu: Tensor, logvar: Tensor, source: NoiseSource = {}): Tensor {
  checkOptions("reparameterize", source, ["generator", "eps"]);
  checkTensor("reparameterize", "mu", mu);
  const given = { logvar, ...(source.eps && { eps: source.eps }) };
  for (const [name, t] of Object.entries(given))
    checkShape("reparameterize", name, checkTensor("reparameterize", name, t), mu.shape);
  return mu.gpu.scope(() => sampled(mu, logvar, source));
}

function sampled(mu: Tensor, logvar: Tensor, { generator, eps }: NoiseSource): Tensor {
  const gpu = mu.gpu;
  const params = { n4: quadsOf(mu.shape) };
  const grid = linearGrid(params.n4);
  const noise: Record<string, Tensor> = eps ? { eps } : { draw: (generator ?? gpu.random).draw() };
  const z = gpu.empty(mu.shape);
  gpu.run(eps ? given : sample, { mu, logvar, z, ...noise }, params, grid);
  return record("reparameterize", z, [mu, logvar], (dz, [, needsLogvar]) => {
    if (!needsLogvar) return [dz, null];
    const dlogvar = gpu.empty(mu.shape);
    gpu.run(eps ? givenBackward : sampleBackward, { logvar, dz, dlogvar, ...noise }, params, grid);
    return [dz, dlogvar];
  });
}
