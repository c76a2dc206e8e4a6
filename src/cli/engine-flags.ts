// The flags of an engine, for the command and for the benches: where and how it computes, and from which seed.

import type { AdapterWish } from "../engine/device/adapter.ts";
import type { Precision } from "../engine/tensor.ts";

/** A wrong flag. */
export class UsageError extends Error {}

/** The seed that `--seed` names; 0 without it. */
export function readSeed(text: unknown): number {
  const seed = Number(text ?? 0);
  if (!Number.isSafeInteger(seed) || seed < 0 || text === "") throw new UsageError(`--seed: "${String(text)}" came, ` +
    `a whole number from 0 to 2^53 - 1 was due`);
  return seed;
}

const WISHES: readonly AdapterWish[] = ["auto", "hardware", "software", "embedded"];

/** The adapter that `--adapter` asks for; "auto" without it. */
export function readAdapter(text: unknown): AdapterWish {
  const wish = WISHES.find((w) => w === (text ?? "auto"));
  if (!wish) throw new UsageError(`--adapter: "${String(text)}" came, one of ${WISHES.join(", ")} was due`);
  return wish;
}

/** The precision that `--precision` asks for; f32 without it. */
export function readPrecision(text: unknown): Precision {
  const precision = (["f32", "f16"] as const).find((p) => p === (text ?? "f32"));
  if (!precision) throw new UsageError(`--precision: "${String(text)}" came, f32 or f16 was due`);
  return precision;
}
