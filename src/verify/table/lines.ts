// What the rows of the tensor ops share: rows by coordinates and by lines along a dimension, and their references.

import type * as ops from "../../index.ts";
import { generate, indexOf } from "./reference.ts";
import type { Host, InputSpec, OpRow } from "./table.ts";

export type Shape = readonly number[];

/** A row of one input whose result has at c the number f(x, c). */
export const each = (op: string, name: string, x: InputSpec, run: (t: ops.Tensor) => ops.Tensor, shape: Shape,
  f: (x: Host, c: readonly number[]) => number, gradient: OpRow["gradient"] = ["x"]): OpRow => ({
    op, name, inputs: { x }, run: (t) => run(t.x!), shape, gradient,
    reference: (t) => generate(shape, (c) => f(t.x!, c)),
  });

/** The elements of x along `dim` at the other coordinates of c. */
export const line = (x: Host, dim: number, c: readonly number[]): number[] =>
  Array.from({ length: x.shape[dim]! }, (_, r) => x[indexOf(c.with(dim, r), x.shape)]!);

export const CUBE: InputSpec = { shape: [3, 5, 7] };
export const DISTINCT: InputSpec = { shape: [3, 5, 7], distinct: true };

/** A row whose result along `dim` is f of x's elements there, one line after the other. */
export const along = (op: string, name: string, x: InputSpec, dim: number, run: (t: ops.Tensor) => ops.Tensor,
  f: (line: number[]) => readonly number[], gradient: OpRow["gradient"] = ["x"]): OpRow => ({
    op, name, inputs: { x }, run: (t) => run(t.x!), gradient,
    reference: (t) => {
      const { shape } = t.x!;
      const behind = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
      const lines = new Map<number, readonly number[]>();
      t.x!.forEach((_, i) => {
        const start = i - (Math.floor(i / behind) % shape[dim]!) * behind;
        if (!lines.has(start))
          lines.set(start, f(Array.from({ length: shape[dim]! }, (_, r) => t.x![start + r * behind]!)));
      });
      const length = lines.values().next().value!.length;
      return generate(shape.with(dim, length), (c) => lines.get(indexOf(c.with(dim, 0), shape))![c[dim]!]!);
    },
  });

/** Whole numbers, two of which f32 cannot tell apart. */
export const WHOLE: InputSpec = { shape: [20], values: [3, -1, 16777217, 16777216, -2147483648, 0, 7], dtype: "i32" };

/** The element at c. */
export const at = (x: Host, c: readonly number[]): number => x[indexOf(c, x.shape)]!;

export const sumOf = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
export const varianceOf = (v: readonly number[], correction: number) => {
  const mean = sumOf(v) / v.length;
  return sumOf(v.map((a) => (a - mean) ** 2)) / (v.length - correction);
};
