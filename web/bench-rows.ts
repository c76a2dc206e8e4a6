// What the bench page measures: rows of `npm run bench`, with the timing code of `npm run bench`.

import { createEngine, type Engine } from "../src/index.ts";
import { measureRoofline, rooflineShare } from "../bench/roofline.ts";
import { caseOf, measure, type BenchRow } from "../bench/row.ts";
import { rows } from "../bench/rows.ts";
import { cases, steps } from "../bench/steps.ts";
import type { BenchRecord, Roofline } from "../src/readme/bench-results.ts";

const SHORT = ["matmul 256", "matmul 512", "matmul 1024", "conv 32->64 28 k3 s1", "conv dInput 32->64 28 k3 s1",
  "conv dFilter 32->64 28 k3 s1", "batch norm 64 32 b32", "softmax cross-entropy b128", "cluster loss b128",
  "adam 1 M", "1000 tiny adds", "pgd-10 mnist-cnn b128", "train mnist-cnn b128"];

/** By name: what it is called, and its rows. */
export const CHOICES: Record<string, { title: string; rows: readonly BenchRow[] }> = {
  short: { title: "a dozen rows, kernels and steps", rows: cases.filter((row) => SHORT.includes(caseOf(row))) },
  cases: { title: "all that other engines are measured on", rows: cases },
  all: { title: "everything: each op, forward and backward", rows: [...rows, ...steps] },
};

/** A measured row; `forced` is the variant that was asked for, "" where the tuner chose. */
export interface Measured {
  record: BenchRecord;
  forced: string;
}

/** What the tuner could take for the row's op. */
function variantsOf(gpu: Engine, row: BenchRow): readonly string[] {
  return gpu.tuner.heavy(row.make(gpu)).find(({ op }) => op === row.op)?.variants ?? [];
}

/** Every row on an engine of its own, as in Node: first calls compile, and nothing is left over from the row before. */
async function one(row: BenchRow, roofline: Roofline, forced: string): Promise<Measured> {
  const gpu = await createEngine();
  try {
    if (forced) gpu.tuner.force(row.op, forced);
    const { record } = await measure(gpu, row);
    return { record: { ...record, roofline: rooflineShare(record, roofline) }, forced };
  } finally {
    gpu.close();
  }
}

/** Rows whose case contains `part`, as they are done; with `sideBySide` each heavy kernel by each of its variants. */
export async function* measureAll(gpu: Engine, roofline: Roofline, chosen: readonly BenchRow[],
  sideBySide: boolean): AsyncGenerator<Measured> {
  for (const row of chosen) {
    yield await one(row, roofline, "");
    if (sideBySide) for (const variant of variantsOf(gpu, row)) yield await one(row, roofline, variant);
  }
}

export { measureRoofline };
