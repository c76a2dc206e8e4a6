import { record } from "../../engine/grad/tape.ts";
import type { Shape, Tensor } from "../../engine/tensor.ts";
import { fail } from "../check.ts";
import { rowStrides, stridedCopy } from "./strided.ts";
import { sumTo } from "../reduce/sum.ts";

/** scale * x broadcast to `shape`, as a copy. Dimensions of size 1, and missing leading ones, are repeated. */
export function expand(x: Tensor, shape: Shape, scale = 1): Tensor {
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[i + lead])) fail("expand", `x cannot be broadcast to [${shape}]`, { x });
  const from = rowStrides(x.shape);
  const strides = shape.map((_, i) => (i < lead || x.shape[i - lead] === 1 ? 0 : from[i - lead]!));
  const y = stridedCopy("expand", x, shape, strides, 0, scale);
  return record("expand", y, [x], (dy) => {
    const dx = sumTo(dy, x.shape);
    return [scale === 1 ? dx : expand(dx, x.shape, scale)];
  });
}
