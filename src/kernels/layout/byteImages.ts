import source from "../../../shaders/layout/byte_images.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkDType, checkRank, fail } from "../check.ts";

const byteKernel = kernel("shaders/layout/byte_images.wgsl", source);

/**
 * A batch of images [B,C,H,W] in [0,1] from images stored as bytes: bytes u32 [n, C*H*W/4], four pixels to a number, the
 * first in its lowest byte; index i32 [B] with values from 0 to n - 1 (others are limited to that). No gradient.
 */
export function byteImages(bytes: Tensor, index: Tensor, shape: readonly [number, number, number]): Tensor {
  checkDType("byteImages", "bytes", bytes, "u32");
  checkDType("byteImages", "index", index, "i32");
  checkRank("byteImages", "bytes", bytes, 2, "[n, C*H*W/4]");
  checkRank("byteImages", "index", index, 1, "[B]");
  const [n, P4] = bytes.shape as [number, number];
  if (shape[0] * shape[1] * shape[2] !== 4 * P4) fail("byteImages", `an image of shape [${shape}] has ${shape[0] * shape[1] * shape[2]} pixels, ${4 * P4} are stored`, { bytes });
  const y = bytes.gpu.empty([index.size, ...shape]);
  bytes.gpu.run(byteKernel, { bytes, index, y }, { n, P4, B: index.size }, linearGrid(index.size * P4));
  return noGradient("byteImages", y, [bytes]);
}
