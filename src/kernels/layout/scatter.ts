// scatterAdd and scatter: the transposes of gather.

import source from "../../../shaders/layout/gather.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDim, checkShape, checkTensor, fail } from "../check.ts";
import { add } from "../pointwise/arithmetic.ts";
import { gather } from "./gather.ts";
import { embed } from "./slice.ts";

const sums = kernel("shaders/layout/gather.wgsl", source, { entry: "gather_backward" });

/**
 * A tensor of `shape` with src summed where index says; index and src have one shape, in other axes that of `shape`.
 */
function summed(src: Tensor, axis: number, index: Tensor, shape: readonly number[]): Tensor {
  const dx = src.gpu.empty(shape);
  const params = { A: sizeOf(shape.slice(0, axis)), R: shape[axis]!, B: sizeOf(shape.slice(axis + 1)),
    K: index.shape[axis]!, bad: 0 };
  if (dx.size) src.gpu.run(sums, { index, dy: src, dx }, params, linearGrid(dx.size));
  return record("scatterAdd", dx, [src], (dy) => [gather(dy, axis, index)]);
}

/**
 * As torch.scatter_add: x plus src, each element of which is added where index [i][j] says along `dim`: at
 * [index[i][j]][j] for dim 0. src has index's shape; in other dimensions neither is larger than x. The sums are taken
 * in the order of src, so the bits are the same at every run. An index outside takes part in no sum.
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  checkTensor("scatterAdd", "x", x);
  const axis = checkDim("scatterAdd", dim, x);
  checkTensor("scatterAdd", "index", index, "i32");
  checkTensor("scatterAdd", "src", src);
  checkShape("scatterAdd", "src", src, index.shape);
  if (index.shape.length !== x.shape.length || index.shape.some((n, d) => d !== axis && n > x.shape[d]!))
    fail("scatterAdd", `index must have x's rank and may exceed x in dimension ${axis} only`, { x, index });
  return x.gpu.scope(() => {
    const part = x.shape.with(axis, x.shape[axis]!).map((n, d) => (d === axis ? n : index.shape[d]!));
    const there = summed(src, axis, index, part);
    const whole = part.every((n, d) => n === x.shape[d]) ? there
      : embed("scatterAdd", there, x.shape, x.shape.map(() => 0));
    return add(x, whole);
  });
}
