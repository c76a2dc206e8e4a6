// Sum, mean and maximum over any axes, by shaders/reduce/reduce.wgsl.

import source from "../../../shaders/reduce/reduce.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGrad, record } from "../../engine/grad/tape.ts";
import { sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkDim } from "../check.ts";
import { expand } from "../layout/expand.ts";

const reduce = kernel("shaders/reduce/reduce.wgsl", source);
const TERMS = 256;

/** [A, R, B] -> [A, B], in passes of at most 256 terms a thread. The sum of no terms is 0, the maximum -Infinity. */
export function reduceMiddle(x: Tensor, A: number, R: number, B: number, scale = 1, MAXIMUM = false): Tensor {
  if (R === 0) return x.gpu.full([A, B], scale * (MAXIMUM ? -Infinity : 0));
  let from = x;
  for (let left = R; ; ) {
    const C = left <= TERMS ? 1 : Math.ceil(left / TERMS);
    const y = x.gpu.empty([A, C, B]);
    x.gpu.run(reduce, { x: from, y }, { A, R: left, B, C, scale: C === 1 ? scale : 1 }, linearGrid(y.size), { MAXIMUM });
    if (C === 1) return y.view([A, B]);
    from = y;
    left = C;
  }
}

/** scale * the sum of all elements, as a scalar. */
export const sumAll = (x: Tensor, scale: number): Tensor => reduceMiddle(x, 1, x.size, 1, scale).view([]);

/** Neighbouring axes are reduced together: [0,2,3] of an image batch takes two passes. */
export function reduceAxes(x: Tensor, axes: readonly number[], scale: number, maximum: boolean): Tensor {
  const sorted = [...axes].sort((a, b) => b - a);
  const shape = [...x.shape];
  let y = x;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j]! - 1) j++;
    const [first, last] = [sorted[j]!, sorted[i]!];
    const group = shape.slice(first, last + 1);
    y = reduceMiddle(y, sizeOf(shape.slice(0, first)), sizeOf(group), sizeOf(shape.slice(last + 1)), j + 1 === sorted.length ? scale : 1, maximum);
    group.forEach((_, k) => (shape[first + k] = 1));
    i = j + 1;
  }
  return y.view(shape);
}

/** Sums a gradient over the dimensions in which an operand of `shape` was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.map((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? i : -1)).filter((i) => i >= 0);
  return axes.length ? reduceAxes(x, axes, 1, false).view(shape) : x.view(shape);
}

export interface ReduceOptions {
  /** Axes to reduce; all of them if left out. Negative ones count from the end. */
  dim?: number | readonly number[];
  /** Keep the reduced axes as size 1. */
  keepdim?: boolean;
}

/** The axes that an op reduces and the shapes with and without them. */
export function reduction(op: string, x: Tensor, { dim, keepdim = false }: ReduceOptions) {
  const given = dim === undefined ? x.shape.map((_, i) => i) : typeof dim === "number" ? [dim] : dim;
  const axes = [...new Set(given.map((d) => checkDim(op, d, x)))];
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return { axes, kept, shape: keepdim ? kept : x.shape.filter((_, i) => !axes.includes(i)), count: sizeOf(axes.map((i) => x.shape[i]!)) };
}

function sumScaled(name: string, x: Tensor, options: ReduceOptions, scaleOf: (count: number) => number): Tensor {
  const { axes, kept, shape, count } = reduction(name, x, options);
  const scale = scaleOf(count);
  const y = axes.length ? reduceAxes(x, axes, scale, false).view(shape) : x.view(shape);
  return record(name, y, [x], (dy) => [noGrad(x.gpu, () => expand(dy.view(kept), x.shape, scale))]);
}

/** Sum over the axes `dim` (all of them by default). */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => sumScaled("sum", x, options, () => 1);

/** Mean over the axes `dim` (all of them by default). */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor => sumScaled("mean", x, options, (n) => 1 / n);
