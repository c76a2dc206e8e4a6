import source from "../../../shaders/random/random_shift.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { philox, type Generator } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkDType, checkRank, fail } from "../check.ts";

const shiftKernel = kernel("shaders/random/random_shift.wgsl", source, { parts: [philox] });

/**
 * Moves every image of x [N,C,H,W] by its own random whole number of pixels, from -most to most along each axis; zeros
 * come in at the edges. An augmentation for training (torchvision's RandomCrop with padding `most`).
 */
export function randomShift(x: Tensor, most: number, generator?: Generator): Tensor {
  checkDType("randomShift", "x", x, "f32");
  checkRank("randomShift", "x", x, 4, "[N,C,H,W]");
  if (!Number.isInteger(most) || most < 0) fail("randomShift", `most is ${most}; a whole number >= 0 is due`);
  const gpu = x.gpu;
  const draw = (generator ?? gpu.random).draw();
  const [, C, H, W] = x.shape as [number, number, number, number];
  const shifted = (from: Tensor, direction: number) => {
    const y = gpu.empty(x.shape);
    gpu.run(shiftKernel, { draw, x: from, y }, { size: x.size, C, H, W, most, direction }, linearGrid(x.size));
    return y;
  };
  return record("randomShift", shifted(x, 1), [x], (dy) => [shifted(dy, -1)]);
}
