import source from "../../../shaders/random/random_shift.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { philox } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Draws, Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor, checkWhole } from "../check.ts";

const shiftKernel = kernel("shaders/random/random_shift.wgsl", source, { parts: [philox] });

/**
 * Moves every image of x [N,C,H,W] by its own random whole number of pixels, from -most to most along each axis; zeros
 * come in at the edges. An augmentation for training (torchvision's RandomCrop with padding `most`).
 */
export function randomShift(x: Tensor, most: number, generator?: Draws): Tensor {
  checkTensor("randomShift", "x", x, "f32");
  checkRank("randomShift", "x", x, 4, "[N,C,H,W]");
  checkWhole("randomShift", "most", most, 0);
  return x.gpu.scope(() => shift(x, most, generator));
}

function shift(x: Tensor, most: number, generator?: Draws): Tensor {
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
