import source from "../../../shaders/reduce/softmax.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDim, checkTensor, dimOptions } from "../check.ts";

const forward = kernel("shaders/reduce/softmax.wgsl", source, { entry: "forward", parts: [special] });
const backward = kernel("shaders/reduce/softmax.wgsl", source, { entry: "backward", parts: [special] });

/** softmax or logSoftmax: x of any shape, seen as [A, R, B] around the dimension `dim`. */
export function softmaxOp(name: string, LOG: boolean): (x: Tensor, options?: { dim?: number } | number) => Tensor {
  return (x, options = {}) => {
    checkTensor(name, "x", x);
    const { dim = -1 } = dimOptions(name, options, ["dim"]);
    const axis = checkDim(name, dim, x);
    const params = { A: sizeOf(x.shape.slice(0, axis)), R: x.shape[axis]!, B: sizeOf(x.shape.slice(axis + 1)) };
    const grid = linearGrid(params.A * params.B);
    const y = x.gpu.empty(x.shape);
    if (x.size > 0) x.gpu.run(forward, { x, out: y }, params, grid, { LOG });
    return record(name, y, [x], (dy) => {
      const dx = x.gpu.empty(x.shape);
      if (x.size > 0) x.gpu.run(backward, { y, dy, out: dx }, params, grid, { LOG });
      return [dx];
    });
  };
}

/** exp(x) / sum exp(x) over the dimension `dim`, the last one by default; of x's shape. */
export const softmax = softmaxOp("softmax", false);
