import source from "../../../shaders/paper/reparameterize.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { philox, type Generator } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, type Tensor } from "../../engine/tensor.ts";
import { checkDType, checkShape } from "../check.ts";

const file = "shaders/paper/reparameterize.wgsl";
const sample = kernel(file, source, { entry: "sample", parts: [philox] });
const sampleBackward = kernel(file, source, { entry: "sample_backward", parts: [philox] });
const given = kernel(file, source, { entry: "given", parts: [philox] });
const givenBackward = kernel(file, source, { entry: "given_backward", parts: [philox] });

export interface NoiseSource {
  /** Where new noise comes from; the engine's generator by default. */
  generator?: Generator;
  /** Recorded standard normal noise of mu's shape to use instead of new noise; it gets no gradient. */
  eps?: Tensor;
}

/** A draw z = mu + exp(logvar / 2) * eps from N(mu, exp(logvar)); mu, logvar, z of one shape. */
export function reparameterize(mu: Tensor, logvar: Tensor, { generator, eps }: NoiseSource = {}): Tensor {
  checkDType("reparameterize", "mu", mu, "f32");
  checkShape("reparameterize", "logvar", logvar, mu.shape);
  if (eps) checkShape("reparameterize", "eps", eps, mu.shape);
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
