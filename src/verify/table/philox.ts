// Philox 4x32-10 and what the kernels make of it, for the references of random ops.

import { filled } from "./table.ts";

const high = (a: number, b: number): number => Number((BigInt(a) * BigInt(b)) >> 32n);

/** Four words from a counter of four and a key of two (Salmon et al. 2011). */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [a, b, c, d] = counter.map((v) => v >>> 0) as [number, number, number, number];
  let [k0, k1] = key.map((v) => v >>> 0) as [number, number];
  for (let round = 0; round < 10; round++) {
    [a, b, c, d] = [
      (high(0xcd9e8d57, c) ^ b ^ k0) >>> 0, Math.imul(0xcd9e8d57, c) >>> 0,
      (high(0xd2511f53, a) ^ d ^ k1) >>> 0, Math.imul(0xd2511f53, a) >>> 0,
    ];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/** The four uniform numbers of elements 4q .. 4q+3; `draw` is [key low, key high, counter low, counter high]. */
const uniform4 = (q: number, draw: readonly number[]): number[] =>
  philox([q, 0, draw[2]!, draw[3]!], [draw[0]!, draw[1]!]).map((bits) => ((bits >>> 9) + 0.5) / 2 ** 23);

/** n numbers, four from each quad. */
function quads(n: number, make: (q: number) => number[]): Float64Array {
  let four: number[] = [];
  return filled(n, (i) => {
    if (i % 4 === 0) four = make(i / 4);
    return four[i % 4]!;
  });
}

export const uniforms = (n: number, draw: readonly number[]): Float64Array => quads(n, (q) => uniform4(q, draw));

/** Standard normal numbers (Box and Muller). */
export const normals = (n: number, draw: readonly number[]): Float64Array =>
  quads(n, (q) => {
    const u = uniform4(q, draw);
    const pair = (a: number, b: number) =>
      [Math.cos, Math.sin].map((f) => Math.sqrt(-2 * Math.log(a)) * f(2 * Math.PI * b));
    return [...pair(u[0]!, u[1]!), ...pair(u[2]!, u[3]!)];
  });
