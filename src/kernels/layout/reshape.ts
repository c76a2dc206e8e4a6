import { describeValue, sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, checkSize, checkWhole, fail } from "../check.ts";

/** The same elements under another shape, without a copy. One size may be -1: it is worked out from the others. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkAnyTensor("reshape", "x", x);
  if (!Array.isArray(shape))
    fail("reshape", `shape is ${describeValue(shape)}; an array of sizes is due, such as [2, -1]`, { x });
  const sizes = shape as Shape;
  for (const n of sizes) if (n !== -1) checkWhole("reshape", "a size", n, 0);
  const open = sizes.filter((n) => n === -1).length;
  if (open > 1) fail("reshape", `[${sizes}] has more than one -1; one size can be worked out`, { x });
  const known = sizeOf(sizes.filter((n) => n !== -1));
  if (open && (known === 0 || x.size % known !== 0))
    fail("reshape", `[${sizes}] leaves no whole size for -1: x has ${x.size} elements`, { x });
  const full = sizes.map((n) => (n === -1 ? x.size / known : n));
  checkSize("reshape", x, full);
  return x.view(full);
}

/** As torch.flatten: the dimensions startDim to endDim become one, [N, C, H, W] -> [N, C*H*W] by default. */
export function flatten(x: Tensor, startDim = 1, endDim = -1): Tensor {
  checkAnyTensor("flatten", "x", x);
  if (x.shape.length === 0) fail("flatten", "x has 0 dimensions, 1 or more are due: [N, ...]", { x });
  if (x.shape.length === 1 && startDim === 1) return reshape(x, [x.size, 1]);
  const [first, last] = [checkDim("flatten", startDim, x), checkDim("flatten", endDim, x)];
  if (first > last) fail("flatten", `startDim ${startDim} lies behind endDim ${endDim}`, { x });
  const middle = sizeOf(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), middle, ...x.shape.slice(last + 1)]);
}
