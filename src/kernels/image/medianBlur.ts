import source from "../../../shaders/image/median_blur.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor } from "../check.ts";

const entry = (name: string) => kernel("shaders/image/median_blur.wgsl", source, { entry: name, parts: [special] });
const [forward, backward] = [entry("forward"), entry("backward")];

/**
 * Median of the 3 x 3 pixels around each pixel of x [N,C,H,W], each channel by itself: kornia's median_blur, except
 * that places outside the image take the nearest pixel inside and not zero. The gradient goes to the first of the nine
 * that has the median.
 */
export function medianBlur(x: Tensor): Tensor {
  checkTensor("medianBlur", "x", x);
  checkRank("medianBlur", "x", x, 4, "[N,C,H,W]");
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [gpu, params, grid] = [x.gpu, { P: N * C, H, W }, linearGrid(x.size)];
  const y = gpu.empty(x.shape);
  const at = gpu.empty(x.shape, "u32");
  if (x.size > 0) gpu.run(forward, { x, y, at }, params, grid);
  if (!gpu.tape) at.dispose();
  return record("medianBlur", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    if (x.size > 0) gpu.run(backward, { chosen: at, dy, dx }, params, grid);
    return [dx];
  });
}
