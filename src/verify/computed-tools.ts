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

/** What `draws` will give when they are next drawn in this order, on the host; the generator stays where it is. */
export async function drawn(gpu: Engine, draws: readonly (() => Tensor)[]): Promise<number[][]> {
  const saved = await gpu.random.save();
  const made = draws.map((draw) => draw());
  const values = await Promise.all(made.map(async (t) => [...(await t.data())]));
  made.forEach((t) => t.dispose());
  gpu.random.restore(saved);
  return values;
}

export const check = async (what: string, got: Tensor, due: ArrayLike<number>, limit = LIMIT): Promise<Check> =>
  ({ what, error: relativeError(await got.data(), due), limit });

export const computedCase = (op: string, name: string, run: (gpu: Engine) => Promise<Check[]>): Case =>
  ({ id: `computed/${op} ${name}`, op, run });
