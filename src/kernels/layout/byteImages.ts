import special from "../../../shaders/pointwise/special.wgsl";
import source from "../../../shaders/layout/byte_images.wgsl";
import { philox } from "../../engine/random.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import { describeValue, sizeOf, type Draws, type Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkOptions, checkRank, checkTensor, checkWhole, fail } from "../check.ts";

const entry = (name: string) =>
  kernel("shaders/layout/byte_images.wgsl", source, { entry: name, parts: [special, philox] });
const [plain, augmented] = [entry("main"), entry("augmented")];

/** Augmentation for training; it draws anew at each call and at each replay of a capture. */
export interface ByteImagesOptions {
  /**
   * Every image moves by its own random whole number of pixels, from -crop to crop along each axis, and zeros come in
   * at the edges: torchvision's RandomCrop with padding `crop`. 0 by default.
   */
  crop?: number;
  /** Mirrors left and right with probability 1/2, as torchvision's RandomHorizontalFlip. false by default. */
  flip?: boolean;
  /** Where the random numbers come from; the engine's generator by default. */
  generator?: Draws;
}

function checkStored(bytes: Tensor, index: Tensor, shape: readonly [number, number, number]): void {
  checkTensor("byteImages", "bytes", bytes, "u32");
  checkTensor("byteImages", "index", index, "i32");
  checkRank("byteImages", "bytes", bytes, 2, "[n, C*H*W/4]");
  checkRank("byteImages", "index", index, 1, "[B]");
  if (!Array.isArray(shape) || shape.length !== 3)
    fail("byteImages", `shape is ${describeValue(shape)}; [C,H,W] is due`);
  const [pixels, stored] = [sizeOf(shape), 4 * bytes.shape[1]!];
  if (pixels !== stored)
    fail("byteImages", `an image of shape [${shape}] has ${pixels} pixels, ${stored} are stored`, { bytes });
}

/**
 * A batch of images [B,C,H,W] in [0,1] from images stored as bytes: bytes u32 [n, C*H*W/4], four pixels to a number,
 * the first in its lowest byte; index i32 [B] with values from 0 to n - 1 (the GPU cannot throw: an index outside gives
 * NaN). With `crop` or `flip` each image of the batch is augmented by itself, cropped first.
 * No gradient.
 */
export function byteImages(bytes: Tensor, index: Tensor, shape: readonly [number, number, number],
  options: ByteImagesOptions = {}): Tensor {
  checkStored(bytes, index, shape);
  checkOptions("byteImages", options, ["crop", "flip", "generator"]);
  const { crop = 0, flip = false, generator } = options;
  checkWhole("byteImages", "crop", crop, 0);
  checkFlag("byteImages", "flip", flip);
  const gpu = bytes.gpu;
  const [[n, P4], [, H, W], B] = [bytes.shape as [number, number], shape, index.size];
  return gpu.scope(() => {
    const y = gpu.empty([B, ...shape]);
    const params = { n, P4, B, H, W, crop, flip: Number(flip) };
    const grid = linearGrid(B * P4);
    if (crop || flip) gpu.run(augmented, { bytes, index, y, draw: (generator ?? gpu.random).draw() }, params, grid);
    else gpu.run(plain, { bytes, index, y }, params, grid);
    return noGradient("byteImages", y, [bytes]);
  });
}
