import { record } from "../engine/tape.ts";
import { sizeOf, type Shape, type Tensor } from "../engine/tensor.ts";
import { checkSize } from "./check.ts";

/** The same elements under another shape, without a copy. One size may be -1: it is worked out from the others. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = sizeOf(shape.filter((n) => n !== -1));
  const full = shape.map((n) => (n === -1 ? x.size / known : n));
  checkSize("reshape", x, full);
  return record("reshape", x.view(full), [x], (dy) => [dy.view(x.shape)]);
}

/** [N, ...] -> [N, C*H*W], as torch.flatten(x, 1). */
export const flatten = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, -1]);
