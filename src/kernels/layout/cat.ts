import { record } from "../../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, checkTensor, fail, sameShape } from "../check.ts";
import { block, placeBlock } from "./slice.ts";

/**
 * Tensors of one type behind each other along the axis `dim`: [2,3] and [2,5] along 1 are [2,8]; their other sizes
 * are equal. As torch.cat.
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  if (!Array.isArray(tensors)) fail("cat", `${describeValue(tensors)} given; an array of tensors is due`);
  tensors.forEach((t: unknown, i) => checkAnyTensor("cat", `tensor ${i}`, t));
  const [head, ...rest] = tensors as readonly Tensor[];
  if (!head) return fail("cat", "no tensors given; at least one is due");
  const axis = checkDim("cat", dim, head);
  for (const [i, t] of rest.entries()) {
    checkTensor("cat", `tensor ${i + 1}`, t, head.dtype);
    if (!sameShape(t.shape.with(axis, 0), head.shape.with(axis, 0)))
      fail("cat", `tensor ${i + 1} has shape [${t.shape}], tensor 0 [${head.shape}]; they may differ in dimension ` +
        `${axis} only`);
  }
  const starts = tensors.map((_, i) => tensors.slice(0, i).reduce((sum, t) => sum + t.shape[axis]!, 0));
  const corner = (i: number) => head.shape.map((_, d) => (d === axis ? starts[i]! : 0));
  const y = head.gpu.empty(head.shape.with(axis, starts.at(-1)! + tensors.at(-1)!.shape[axis]!), head.dtype);
  tensors.forEach((t, i) => placeBlock("cat", t, y, corner(i)));
  return record("cat", y, tensors,
    (dy, needs) => tensors.map((t, i) => (needs[i] ? block("cat", dy, t.shape, corner(i)) : null)));
}
