// Shapes and order: squeeze, unsqueeze, flip, tile, and the ops that part or join tensors by what is there.

import { record } from "../../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkDim, checkDims, checkWhole, fail, type Dims } from "../check.ts";
import { cat } from "./cat.ts";
import { expand } from "./expand.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { rowStrides, stridedCopy } from "./strided.ts";

/**
 * x without its dimensions of size 1, [1,A,1,B] to [A,B]; with `dim` without those of them that have size 1. Not a
 * copy.
 */
export function squeeze(x: Tensor, dim?: Dims): Tensor {
  checkAnyTensor("squeeze", "x", x);
  const axes = checkDims("squeeze", dim, x);
  return reshape(x, x.shape.filter((n, d) => n !== 1 || !axes.includes(d)));
}

/**
 * x with a dimension of size 1 before its dimension `dim`, [A,B] by 0 to [1,A,B]; -1 puts it behind the last. Not a
 * copy.
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const rank = checkAnyTensor("unsqueeze", "x", x).shape.length;
  if (!Number.isInteger(dim) || dim < -rank - 1 || dim > rank)
    fail("unsqueeze", `dim ${describeValue(dim)} is out of range; a whole number from ${-rank - 1} to ${rank} is due`, {
      x,
    });
  return reshape(x, x.shape.toSpliced(dim < 0 ? dim + rank + 1 : dim, 0, 1));
}

/** x with the order of its elements reversed along `dims`, of x's shape. */
export function flip(x: Tensor, dims: Dims): Tensor {
  checkAnyTensor("flip", "x", x);
  if (dims === undefined || dims === null)
    fail("flip", "dims is missing; a dimension or an array of them is due", { x });
  const axes = Array.isArray(dims) && dims.length === 0 ? [] : checkDims("flip", dims, x);
  const from = rowStrides(x.shape);
  const start = axes.reduce((sum, d) => sum + Math.max(0, x.shape[d]! - 1) * from[d]!, 0);
  const y = stridedCopy("flip", x, x.shape, from.map((s, d) => (axes.includes(d) ? -s : s)), start);
  return record("flip", y, [x], (dy) => [flip(dy, axes)]);
}

/** x repeated dims[d] times along each dimension, as torch.tile: fewer dims than x has mean the last ones. */
export function tile(x: Tensor, dims: readonly number[]): Tensor {
  checkAnyTensor("tile", "x", x);
  if (!Array.isArray(dims)) fail("tile", "dims is no array; how often along each dimension is due", { x });
  const times = (dims as readonly number[]).map((n) => checkWhole("tile", "a number of times", n, 0));
  const rank = Math.max(times.length, x.shape.length);
  const padded = <T>(list: readonly T[], by: T) => [...new Array<T>(rank - list.length).fill(by), ...list];
  const [counts, sizes] = [padded(times, 1), padded(x.shape, 1)];
  const apart = reshape(x, sizes.flatMap((n) => [1, n]));
  return reshape(expand(apart, sizes.flatMap((n, d) => [counts[d]!, n])), sizes.map((n, d) => n * counts[d]!));
}

/** Tensors of one shape behind each other along a new dimension `dim`. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) fail("stack", "no tensors given; an array of tensors is due");
  const [head] = tensors as readonly Tensor[];
  for (const [i, t] of (tensors as readonly Tensor[]).entries()) {
    checkAnyTensor("stack", `tensor ${i}`, t);
    if (t.shape.join() !== head!.shape.join())
      fail("stack", `tensor ${i} has shape [${t.shape}], tensor 0 [${head!.shape}]; one shape is due`);
  }
  const rank = head!.shape.length;
  if (!Number.isInteger(dim) || dim < -rank - 1 || dim > rank)
    fail("stack", `dim ${describeValue(dim)} is out of range; a whole number from ${-rank - 1} to ${rank} is due`);
  return cat((tensors as readonly Tensor[]).map((t) => unsqueeze(t, dim)), dim < 0 ? dim + rank + 1 : dim);
}

/**
 * x in pieces of `size` along `dim`, the last one smaller where it does not go into it; or of the sizes given. [5,C]
 * by 2 is [2,C], [2,C] and [1,C].
 */
export function split(x: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  const axis = checkDim("split", dim, x);
  const total = x.shape[axis]!;
  const sizes = Array.isArray(size) ? (size as readonly number[]) : pieces(total, checkWhole("split", "size", size, 1));
  sizes.forEach((n) => checkWhole("split", "a size", n, 0));
  if (sizes.reduce((a, b) => a + b, 0) !== total)
    fail("split", `sizes [${sizes}] do not add up to the ${total} of dimension ${axis}`, { x });
  let at = 0;
  return sizes.map((n) => slice(x, axis, at, (at += n)));
}

const pieces = (total: number, size: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(total / size)) }, (_, i) => Math.min(size, total - i * size));

/**
 * x in `chunks` pieces of equal size along `dim`, the last ones smaller or fewer, as torch.chunk: [5,C] in 2 is
 * [3,C] and [2,C].
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  const axis = checkDim("chunk", dim, x);
  checkWhole("chunk", "chunks", chunks, 1);
  return split(x, Math.max(1, Math.ceil(x.shape[axis]! / chunks)), axis);
}
