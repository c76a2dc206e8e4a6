import source from "../../../shaders/random/dropout.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { philox, type Generator } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, type Tensor } from "../../engine/tensor.ts";
import { checkDType, fail } from "../check.ts";

const dropoutKernel = kernel("shaders/random/dropout.wgsl", source, { parts: [philox] });

/** Sets each element to 0 with probability `rate` (0 to below 1) and divides the others by 1 - rate. For training only. */
export function dropout(x: Tensor, rate = 0.5, generator?: Generator): Tensor {
  checkDType("dropout", "x", x, "f32");
  if (!(rate >= 0 && rate < 1)) fail("dropout", `rate is ${rate}; 0 to below 1 is due`);
  const gpu = x.gpu;
  const draw = (generator ?? gpu.random).draw();
  const masked = (from: Tensor) => {
    const y = gpu.empty(x.shape);
    const n4 = quadsOf(x.shape);
    gpu.run(dropoutKernel, { draw, x: from, y }, { n4, rate, scale: 1 / (1 - rate) }, linearGrid(n4));
    return y;
  };
  return record("dropout", masked(x), [x], (dy) => [masked(dy)]);
}
