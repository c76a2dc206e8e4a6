// What the cases that are computed here share: seeded numbers and the comparison with float64.

import type { Tensor } from "../engine/tensor.ts";
import { relativeError, type Case, type Check } from "./case.ts";
import type { Engine } from "../engine/engine.ts";
import { seeded } from "./table/table.ts";

export const LIMIT = 2e-5;

/** Numbers from -1 to 1 by a text seed, rounded to float32. */
export function numbers(seed: string, n: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: n }, () => Math.fround(2 * random() - 1));
}

export const check = async (what: string, got: Tensor, due: ArrayLike<number>, limit = LIMIT): Promise<Check> =>
  ({ what, error: relativeError(await got.data(), due), limit });

export const computedCase = (op: string, name: string, run: (gpu: Engine) => Promise<Check[]>): Case =>
  ({ id: `computed/${op} ${name}`, op, run });
