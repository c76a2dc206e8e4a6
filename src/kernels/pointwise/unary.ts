// Pointwise ops of one tensor: functions.ts gives a .wgsl text with f and df, this joins it to the skeleton
// shaders/pointwise/unary.wgsl.

import special from "../../../shaders/pointwise/special.wgsl";
import skeleton from "../../../shaders/pointwise/unary.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { sweep } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkTensor } from "../check.ts";

/** The gradient as ops of its own, for derivatives of higher order. y is the op's result. */
export type Composed = (dy: Tensor, x: Tensor, y: Tensor, a: number, b: number) => Tensor;

/** `a` and `b` are what the .wgsl text reads as params.a and params.b. */
// @__NO_SIDE_EFFECTS__
export function unary(name: string, parts: string[],
  composed?: Composed): (x: Tensor, a?: number, b?: number) => Tensor {
  const file = `shaders/pointwise/${name}.wgsl`;
  const op = name.replace(/Scalar$|Tanh$/, "");
  const forward = kernel(file, skeleton, { entry: "forward", parts: [...parts, special] });
  const backward = kernel(file, skeleton, { entry: "backward", parts: [...parts, special] });
  return (x, a = 0, b = 0) => {
    checkTensor(op, "x", x);
    const params = { n4: x.bytes / 16, a, b };
    const { grid, WG } = sweep(params.n4);
    const y = x.gpu.empty(x.shape);
    x.gpu.run(forward, { x, y }, params, grid, { WG });
    return record(op, y, [x], (dy) => {
      if (composed && x.gpu.tape) return [composed(dy, x, y, a, b)];
      const dx = x.gpu.empty(x.shape);
      x.gpu.run(backward, { x, dy, dx }, params, grid, { WG });
      return [dx];
    });
  };
}
