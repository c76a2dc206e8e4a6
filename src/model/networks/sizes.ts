// What networks are told of their sizes, checked.

import type { ImageShape } from "../../data/images.ts";
import { describeValue } from "../../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../../kernels/check.ts";

export type { ImageShape } from "../../data/images.ts";

/** The images that networks are for unless told otherwise: MNIST's. */
export const DIGITS: ImageShape = [1, 28, 28];

export interface SizeRules {
  /** Options that are one whole number >= 1. */
  numbers?: readonly string[];
  /** Options that are several, and how many; 0 for any number of them. */
  lists?: Record<string, number>;
  /** Height and width of the option `shape` [C,H,W] are multiples of this. */
  sides?: number;
  /** Options that are checked elsewhere. */
  others?: readonly string[];
}

const isSizes = (values: unknown, count: number): values is number[] =>
  Array.isArray(values) && (count ? values.length === count : values.length > 0) &&
  values.every((v) => Number.isSafeInteger(v) && v >= 1);

/** The options of a network that are given; those that are not have defaults. Throws for any other option. */
export function checkSizes(op: string, options: object, { numbers = [], lists = {}, sides = 1, others = [] }:
  SizeRules): void {
  const all = { ...lists, shape: 3 };
  checkOptions(op, options, [...numbers, ...Object.keys(all), ...others]);
  const given = options as Record<string, unknown>;
  for (const name of numbers) if (given[name] !== undefined) checkWhole(op, name, given[name], 1);
  for (const [name, count] of Object.entries(all))
    if (given[name] !== undefined && !isSizes(given[name], count))
      fail(op, `${name} is ${describeValue(given[name])}; ${count || "some"} whole numbers >= 1 are due`);
  const [, h, w] = (given.shape ?? [1, sides, sides]) as ImageShape;
  if (h % sides || w % sides)
    fail(op, `images are ${h}x${w}; sides that are multiples of ${sides} are due, pad the images`);
}
