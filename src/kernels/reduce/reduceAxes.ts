// Sums over axes by shaders/reduce/reduce.wgsl: what sum, mean and the gradients of broadcast operands are made of.

import source from "../../../shaders/reduce/reduce.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { sizeOf, type Runtime, type Tensor } from "../../engine/tensor.ts";
import { onHardware } from "../matmul/families.ts";

const reduce = kernel("shaders/reduce/reduce.wgsl", source);

/** Terms that a pass adds: one thread's 256 on a CPU, 64 of each of sixteen on a GPU. */
const termsOf = (gpu: Runtime): number => (onHardware(gpu) ? 1024 : 256);

/** How many invocations share each of `sums` sums of `terms`. */
const lanesOf = (gpu: Runtime, terms: number, B: number, sums: number): number =>
  onHardware(gpu) && terms >= 32 && (B === 1 || sums < 65536) ? 16 : 1;

/** [A, R, B] -> [A, B], in passes of at most 256 terms a thread. The sum of no terms is 0. */
export function reduceMiddle(x: Tensor, A: number, R: number, B: number, scale = 1): Tensor {
  if (R === 0) return x.gpu.zeros([A, B]);
  let from = x;
  for (let left = R; ; ) {
    const C = Math.ceil(left / termsOf(x.gpu));
    const y = x.gpu.empty([A, C, B]);
    const LANES = lanesOf(x.gpu, left / C, B, y.size);
    const constants = { LANES, ALONG: B === 1, WG: LANES > 1 ? 256 : 64 };
    x.gpu.run(reduce, { x: from, y }, { A, R: left, B, C, scale: C === 1 ? scale : 1 },
      linearGrid(y.size * LANES, constants.WG), constants);
    if (C === 1) return y.view([A, B]);
    from = y;
    left = C;
  }
}

/** scale * the sum of all elements, as a scalar; nobody else needs x. */
export function totalOf(x: Tensor, scale: number): Tensor {
  const total = x.gpu.scope(() => reduceMiddle(x, 1, x.size, 1, scale).view([]));
  if (!x.gpu.tape) x.dispose();
  return total;
}

/** scale * the sum over `axes`, which stay as dimensions of size 1. */
export const reduceAxes = (x: Tensor, axes: readonly number[], scale: number): Tensor =>
  x.gpu.scope(() => reduceInTurn(x, axes, scale));

/** Neighbouring axes are reduced together: [0,2,3] of an image batch takes two passes. */
function reduceInTurn(x: Tensor, axes: readonly number[], scale: number): Tensor {
  const sorted = [...axes].sort((a, b) => b - a);
  const shape = [...x.shape];
  let y = x;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j]! - 1) j++;
    const [first, last] = [sorted[j]!, sorted[i]!];
    const group = shape.slice(first, last + 1);
    y = reduceMiddle(y, sizeOf(shape.slice(0, first)), sizeOf(group), sizeOf(shape.slice(last + 1)),
      j + 1 === sorted.length ? scale : 1);
    group.forEach((_, k) => (shape[first + k] = 1));
    i = j + 1;
  }
  return y.view(shape);
}
