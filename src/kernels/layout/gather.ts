import source from "../../../shaders/layout/gather.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDim, checkDType, fail } from "../check.ts";
import { slice } from "./slice.ts";

const forward = kernel("shaders/layout/gather.wgsl", source, { entry: "gather" });
const backward = kernel("shaders/layout/gather.wgsl", source, { entry: "gather_backward" });

/** x cut to index's sizes in every dimension but `axis`. */
function cut(x: Tensor, axis: number, index: Tensor): Tensor {
  return index.shape.reduce((t, n, d) => (d === axis || n === t.shape[d] ? t : slice(t, d, 0, n)), x);
}

/**
 * As torch.gather: y has index's shape, y[i][j][k] = x[i][index[i][j][k]][k] for dim 1. index is i32 with values from 0 to
 * x.shape[dim] - 1 (others are limited to that), of x's rank and in no other dimension larger than x.
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = checkDim("gather", dim, x);
  checkDType("gather", "index", index, "i32");
  if (index.shape.length !== x.shape.length || index.shape.some((n, d) => d !== axis && n > x.shape[d]!))
    fail("gather", `index must have x's rank and may exceed x in dimension ${axis} only`, { x, index });
  const from = cut(x, axis, index);
  const params = { A: sizeOf(from.shape.slice(0, axis)), R: from.shape[axis]!, B: sizeOf(from.shape.slice(axis + 1)), K: index.shape[axis]! };
  const y = x.gpu.empty(index.shape, x.dtype);
  x.gpu.run(forward, { x: from, index, y }, params, linearGrid(y.size), { T: x.dtype });
  return record("gather", y, [from], (dy) => {
    const dx = x.gpu.empty(from.shape);
    x.gpu.run(backward, { index, dy, dx }, params, linearGrid(dx.size));
    return [dx];
  });
}
