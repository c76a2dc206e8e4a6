import source from "../../../shaders/paper/signed_noise.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import type { Draws, Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkRank, checkShape, checkTensor, fail } from "../check.ts";
import { rand, randn } from "../random/noise.ts";

const signedKernel = kernel("shaders/paper/signed_noise.wgsl", source);

/**
 * clamp(x + v r sign(s), 0, 1) with r ~ U(0, 1) an image and s a random mixture of normal noise at three scales and of
 * other - x: noise that looks like the perturbation of a signed-gradient attack, made without a label or a classifier.
 * x and other [N,C,H,W] in [0,1], H and W multiples of 4; v >= 0 is the greatest strength. Each channel has noise of
 * its own, all channels of an image have one mixture. No gradient.
 */
export function signedNoise(x: Tensor, other: Tensor, v: number, generator?: Draws): Tensor {
  checkTensor("signedNoise", "x", x, "f32");
  checkRank("signedNoise", "x", x, 4, "[N,C,H,W]");
  checkShape("signedNoise", "other", checkTensor("signedNoise", "other", other), x.shape);
  const [N, C, H, W] = x.shape as [number, number, number, number];
  if (H % 4 || W % 4) fail("signedNoise", "images with sides that are multiples of 4 are due", { x });
  checkNumber("signedNoise", "v", v, 0);
  const gpu = x.gpu;
  const y = gpu.empty(x.shape);
  gpu.scope(() => {
    const white = randn(gpu, x.shape, generator);
    const half = randn(gpu, [N, C, H / 2, W / 2], generator);
    const quarter = randn(gpu, [N, C, H / 4, W / 4], generator);
    const w = rand(gpu, [N, 5], 0, 1, generator);
    const params = { size: x.size, C, H, W, v };
    gpu.run(signedKernel, { x, other, white, half, quarter, w, y }, params, linearGrid(x.size));
  });
  return noGradient("signedNoise", y, [x, other]);
}
