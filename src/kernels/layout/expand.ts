import { record } from "../../engine/grad/tape.ts";
import { describeValue, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, fail } from "../check.ts";
import { rowStrides, stridedCopy } from "./strided.ts";
import { reduceAxes } from "../reduce/reduceAxes.ts";

/** scale * x broadcast to `shape`, as a copy. Dimensions of size 1, and missing leading ones, are repeated. */
export function expand(x: Tensor, shape: Shape, scale = 1): Tensor {
  checkAnyTensor("expand", "x", x);
  if (!Array.isArray(shape)) fail("expand", `shape is ${describeValue(shape)}; an array of sizes is due`, { x });
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[i + lead]))
    fail("expand", `x cannot be broadcast to [${shape}]`, { x });
  const from = rowStrides(x.shape);
  const strides = shape.map((_, i) => (i < lead || x.shape[i - lead] === 1 ? 0 : from[i - lead]!));
  const y = stridedCopy("expand", x, shape, strides, 0, scale);
  return record("expand", y, [x], (dy) => {
    const dx = sumTo(dy, x.shape);
    return [scale === 1 ? dx : expand(dx, x.shape, scale)];
  });
}

/** Sums a gradient over the dimensions in which an operand of `shape` was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const lead = x.shape.length - shape.length;
  const summed = (n: number, i: number) => i < lead || (shape[i - lead] === 1 && n !== 1);
  const axes = x.shape.flatMap((n, i) => (summed(n, i) ? [i] : []));
  if (axes.length === 0) return x.view(shape);
  return record("sum", reduceAxes(x, axes, 1).view(shape), [x], (dy) => [expand(dy, x.shape)]);
}
