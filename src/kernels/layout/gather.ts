import source from "../../../shaders/layout/gather.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, checkTensor, fail } from "../check.ts";
import { slice } from "./slice.ts";

const forward = kernel("shaders/layout/gather.wgsl", source, { entry: "gather" });
const backward = kernel("shaders/layout/gather.wgsl", source, { entry: "gather_backward" });

/** Bits of what stands for an index outside: NaN, the smallest i32, the largest u32. */
export const BAD = { f32: 0x7fc00000, i32: 0x80000000, u32: 0xffffffff } as const;

/** x cut to index's sizes in every dimension but `axis`. */
function cut(x: Tensor, axis: number, index: Tensor): Tensor {
  return index.shape.reduce((t, n, d) => (d === axis || n === t.shape[d] ? t : slice(t, d, 0, n)), x);
}

/**
 * As torch.gather: y has index's shape, y[i][j][k] = x[i][index[i][j][k]][k] for dim 1. index is i32 with values from 0
 * to x.shape[dim] - 1, of x's rank and in no other dimension larger than x. The GPU cannot throw: an index outside
 * gives NaN (the extreme number of an integer type) and no gradient.
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  checkAnyTensor("gather", "x", x);
  const axis = checkDim("gather", dim, x);
  checkTensor("gather", "index", index, "i32");
  if (index.shape.length !== x.shape.length || index.shape.some((n, d) => d !== axis && n > x.shape[d]!))
    fail("gather", `index must have x's rank and may exceed x in dimension ${axis} only`, { x, index });
  if (x.shape[axis] === 0 && index.size > 0) fail("gather", `x has no elements along dimension ${axis}`, { x, index });
  return x.gpu.scope(() => pick(x, axis, index));
}

function pick(x: Tensor, axis: number, index: Tensor): Tensor {
  const from = cut(x, axis, index);
  const params = { A: sizeOf(from.shape.slice(0, axis)), R: from.shape[axis]!, B: sizeOf(from.shape.slice(axis + 1)),
    K: index.shape[axis]!, bad: BAD[x.dtype] };
  const y = x.gpu.empty(index.shape, x.dtype);
  x.gpu.run(forward, { x: from, index, y }, params, linearGrid(y.size), { T: x.dtype, E: x.dtype });
  return record("gather", y, [from], (dy) => {
    const dx = x.gpu.empty(from.shape);
    x.gpu.run(backward, { index, dy, dx }, params, linearGrid(dx.size));
    return [dx];
  });
}
