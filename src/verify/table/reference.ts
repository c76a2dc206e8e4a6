// Float64 building blocks of the references in the op table: plain loops over row-major arrays.

import type { Shape } from "../../index.ts";
import { host, type Host } from "./table.ts";

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export const map = (x: Host, f: (v: number, i: number) => number): Float64Array => x.map(f);

/** The coordinates of element i of a row-major array. */
export function coordinates(i: number, shape: Shape): number[] {
  const c = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    c[d] = i % shape[d]!;
    i = Math.floor(i / shape[d]!);
  }
  return c;
}

/**
 * The row-major index of coordinates; those of a dimension of size 1 count as 0, leading ones too many are left out.
 */
export function indexOf(c: readonly number[], shape: Shape): number {
  const lead = c.length - shape.length;
  return shape.reduce((index, n, d) => index * n + (n === 1 ? 0 : c[d + lead]!), 0);
}

/** f(a, b) with broadcasting. */
export function broadcast(a: Host, b: Host, f: (a: number, b: number) => number): Host {
  const rank = Math.max(a.shape.length, b.shape.length);
  const size = (shape: Shape, d: number) => shape[d - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, d) => (size(a.shape, d) === 1 ? size(b.shape, d) : size(a.shape, d)));
  return generate(shape, (c) => f(a[indexOf(c, a.shape)]!, b[indexOf(c, b.shape)]!));
}

/** An array of `shape` with the value f(coordinates) at each element. */
export function generate(shape: Shape, f: (c: readonly number[]) => number): Host {
  return host(Array.from({ length: sizeOf(shape) }, (_, i) => f(coordinates(i, shape))), shape);
}

/** f over the elements along the axes `dim`, in row-major order, for each place of the other axes. */
export function reduce(x: Host, dim: readonly number[], f: (values: number[]) => number): Float64Array {
  const axes = dim.map((d) => (d < 0 ? d + x.shape.length : d));
  const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
  x.forEach((v, i) => groups[indexOf(coordinates(i, x.shape), kept)]!.push(v));
  return Float64Array.from(groups, f);
}

/** 1 - erf(z), to a few bits of float64 in relative terms. */
export function erfc(z: number): number {
  if (z < 0) return 2 - erfc(-z);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 120; n++) sum += term *= (2 * z * z) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
}
