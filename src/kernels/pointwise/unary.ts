// Pointwise ops of one tensor: an op file gives a .wgsl text with f and df, this joins it to shaders/pointwise/unary.wgsl.

import skeleton from "../../../shaders/pointwise/unary.wgsl";
import { sweep } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkDType } from "../check.ts";

/** `a` and `b` are what the .wgsl text reads as params.a and params.b. */
export function unary(name: string, part: string): (x: Tensor, a?: number, b?: number) => Tensor {
  const file = `shaders/pointwise/${name}.wgsl`;
  const forward = kernel(file, skeleton, { entry: "forward", parts: [part] });
  const backward = kernel(file, skeleton, { entry: "backward", parts: [part] });
  return (x, a = 0, b = 0) => {
    checkDType(name, "x", x, "f32");
    const params = { n4: x.bytes / 16, a, b };
    const { grid, WG } = sweep(params.n4);
    const y = x.gpu.empty(x.shape);
    x.gpu.run(forward, { x, y }, params, grid, { WG });
    return record(name, y, [x], (dy) => {
      const dx = x.gpu.empty(x.shape);
      x.gpu.run(backward, { x, dy, dx }, params, grid, { WG });
      return [dx];
    });
  };
}
