import special from "../../../shaders/pointwise/special.wgsl";
import source from "../../../shaders/layout/byte_images.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import { describeValue, sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkTensor, checkRank, fail } from "../check.ts";

const byteKernel = kernel("shaders/layout/byte_images.wgsl", source, { parts: [special] });

/**
 * A batch of images [B,C,H,W] in [0,1] from images stored as bytes: bytes u32 [n, C*H*W/4], four pixels to a number,
 * the first in its lowest byte; index i32 [B] with values from 0 to n - 1 (the GPU cannot throw: an index outside gives
 * NaN).
 * No gradient.
 */
export function byteImages(bytes: Tensor, index: Tensor, shape: readonly [number, number, number]): Tensor {
  checkTensor("byteImages", "bytes", bytes, "u32");
  checkTensor("byteImages", "index", index, "i32");
  checkRank("byteImages", "bytes", bytes, 2, "[n, C*H*W/4]");
  checkRank("byteImages", "index", index, 1, "[B]");
  const [n, P4] = bytes.shape as [number, number];
  if (!Array.isArray(shape) || shape.length !== 3) fail("byteImages", `shape is ${describeValue(shape)}; [C,H,W] is ` +
    `due`);
  const pixels = sizeOf(shape);
  if (pixels !== 4 * P4)
    fail("byteImages", `an image of shape [${shape}] has ${pixels} pixels, ${4 * P4} are stored`, { bytes });
  const y = bytes.gpu.empty([index.size, ...shape]);
  bytes.gpu.run(byteKernel, { bytes, index, y }, { n, P4, B: index.size }, linearGrid(index.size * P4));
  return noGradient("byteImages", y, [bytes]);
}
