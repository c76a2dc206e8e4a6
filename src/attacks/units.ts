// Attacks in other units than pixels in [0, 1]: images in another range, and a radius in units of each channel's
// standard deviation, as on images that are normalised.

import type { Engine } from "../engine/engine.ts";
import { describeValue, type Draws, type Tensor } from "../engine/tensor.ts";
import { fail } from "../kernels/check.ts";
import { add, maximum, minimum, mul, rand, sub } from "../kernels/index.ts";

export interface Units {
  /** Least and largest value of a pixel; [0, 1] by default. */
  bounds?: readonly [number, number];
  /** Factor of eps and alpha for each channel [C], as the data's standard deviations: then both are in its units. */
  std?: readonly number[];
}

export const UNIT: readonly [number, number] = [0, 1];

export function checkUnits(op: string, { bounds, std }: Units): void {
  const numbers = (v: unknown, n?: number) =>
    Array.isArray(v) && (n === undefined || v.length === n) && v.length > 0 && v.every((x) => Number.isFinite(x));
  if (bounds !== undefined && !(numbers(bounds, 2) && bounds[0] < bounds[1]))
    fail(op, `bounds is ${describeValue(bounds)}; [least, largest] is due`);
  if (std !== undefined && !(numbers(std) && std.every((s) => s > 0)))
    fail(op, `std is ${describeValue(std)}; a positive number for each channel is due`);
}

const within = (x: Tensor, [low, high]: readonly [number, number]): Tensor => minimum(maximum(x, low), high);

/** The factor of each channel, [1,C,1,1], or 1. */
export function factorOf(op: string, x: Tensor, std: readonly number[] | undefined): Tensor | number {
  if (!std) return 1;
  if (x.shape.length !== 4 || x.shape[1] !== std.length)
    fail(op, `std has ${std.length} channels; images [N,${std.length},H,W] are due`, { x });
  return (x.gpu as Engine).tensor([...std], [1, std.length, 1, 1]);
}

/** A uniform random point of the L-infinity ball around each image, within the bounds. */
export const startLinf = (op: string, x: Tensor, eps: number, { bounds = UNIT, std }: Units,
  generator?: Draws): Tensor =>
  within(add(x, mul(rand(x.gpu, x.shape, -eps, eps, generator), factorOf(op, x, std))), bounds);

/** The images moved back into the L-infinity ball around x, and within the bounds. */
export function projectLinf(op: string, moved: Tensor, x: Tensor, eps: number, { bounds = UNIT, std }: Units): Tensor {
  const far = mul(x.gpu.full([1], eps), factorOf(op, x, std));
  return within(add(x, minimum(maximum(sub(moved, x), mul(far, -1)), far)), bounds);
}
