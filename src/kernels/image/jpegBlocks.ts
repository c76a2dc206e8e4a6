import source from "../../../shaders/image/jpeg_blocks.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient, record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkChoice, checkOptions, checkRank, checkShape, checkTensor } from "../check.ts";

const entry = (name: string) => kernel("shaders/image/jpeg_blocks.wgsl", source, { entry: name });
const [forward, backward] = [entry("forward"), entry("backward")];

/** How jpegBlocks rounds the coefficients. */
export interface JpegBlocksOptions {
  /**
   * "nearest" (default): to whole numbers, halves away from zero; no gradient. "cubic": n + (v - n)^3 of the nearest n,
   * which has one (Shin and Song, "JPEG-resistant adversarial images", 2017).
   */
  rounding?: "nearest" | "cubic";
}

/**
 * What JPEG loses in the planes of x [N,C,H,W], pixels from 0 to 255: the cosine transform of each 8 x 8 block, every
 * coefficient as a rounded multiple of its number in `table` [8,8] (all > 0; the GPU cannot throw), and back. Sides
 * that are no multiple of 8 are padded by repeating the last row and column. The result is neither rounded nor clamped.
 */
export function jpegBlocks(x: Tensor, table: Tensor, options: JpegBlocksOptions = {}): Tensor {
  checkTensor("jpegBlocks", "x", x);
  checkRank("jpegBlocks", "x", x, 4, "[N,C,H,W]");
  checkTensor("jpegBlocks", "table", table);
  checkShape("jpegBlocks", "table", table, [8, 8]);
  checkOptions("jpegBlocks", options, ["rounding"]);
  const { rounding = "nearest" } = options;
  const cubic = Number(checkChoice("jpegBlocks", "rounding", rounding, ["nearest", "cubic"]) === "cubic");
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const params = { P: N * C, H, W, cubic };
  const grid = linearGrid(N * C * Math.ceil(H / 8) * Math.ceil(W / 8), 1);
  const gpu = x.gpu;
  const y = gpu.empty(x.shape);
  if (x.size > 0) gpu.run(forward, { x, table, y }, params, grid);
  if (!cubic) return noGradient("jpegBlocks", y, [x, table]);
  return record("jpegBlocks", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    if (x.size > 0) gpu.run(backward, { x, table, dy, dx }, params, grid);
    return [dx];
  });
}
