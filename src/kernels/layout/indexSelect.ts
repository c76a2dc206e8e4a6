import source from "../../../shaders/layout/gather.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { BAD } from "./gather.ts";
import { checkAnyTensor, checkDim, checkRank, checkTensor, fail } from "../check.ts";

const forward = kernel("shaders/layout/gather.wgsl", source, { entry: "index_select" });
const backward = kernel("shaders/layout/gather.wgsl", source, { entry: "index_select_backward" });

/**
 * As torch.index_select: the slices index[0], index[1], .. of x along `dim`, e.g. the rows of a batch. index is i32 [K]
 * with values from 0 to x.shape[dim] - 1; x may have any type. The GPU cannot throw: an index outside gives NaN (the
 * extreme number of an integer type) and no gradient. The gradient sums the slices that were picked more than once,
 * always in the same order.
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkAnyTensor("indexSelect", "x", x);
  const axis = checkDim("indexSelect", dim, x);
  checkTensor("indexSelect", "index", index, "i32");
  checkRank("indexSelect", "index", index, 1, "[K]");
  if (x.shape[axis] === 0 && index.size > 0)
    fail("indexSelect", `x has no elements along dimension ${axis}`, { x, index });
  const behind = sizeOf(x.shape.slice(axis + 1));
  const wide = behind % 4 === 0;
  const params = { A: sizeOf(x.shape.slice(0, axis)), R: x.shape[axis]!, B: wide ? behind / 4 : behind, K: index.size,
    bad: BAD[x.dtype] };
  const E = x.dtype;
  const T = wide ? `vec4<${x.dtype}>` : x.dtype;
  const y = x.gpu.empty(x.shape.with(axis, index.size), x.dtype);
  x.gpu.run(forward, { x, index, y }, params, linearGrid(params.A * params.K * params.B), { T, E });
  return record("indexSelect", y, [x], (dy) => {
    const dx = x.gpu.empty(x.shape);
    x.gpu.run(backward, { index, dy, dx }, params, linearGrid(params.A * params.R * params.B), { T });
    return [dx];
  });
}
