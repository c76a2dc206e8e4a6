import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkSize, fail } from "../check.ts";

/** The same elements under another shape, without a copy. One size may be -1: it is worked out from the others. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (shape.filter((n) => n === -1).length > 1) fail("reshape", `[${shape}] has more than one -1; one size can be worked out`, { x });
  const known = sizeOf(shape.filter((n) => n !== -1));
  const full = shape.map((n) => (n === -1 ? x.size / known : n));
  checkSize("reshape", x, full);
  return record("reshape", x.view(full), [x], (dy) => [dy.view(x.shape)]);
}

/** [N, ...] -> [N, C*H*W], as torch.flatten(x, 1). */
export function flatten(x: Tensor): Tensor {
  if (x.shape.length === 0) fail("flatten", "x has 0 dimensions, 1 or more are due: [N, ...]", { x });
  return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
}
