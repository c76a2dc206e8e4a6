// What the bench page measures: rows of `npm run bench`, with the timing code of `npm run bench`.

import { adam, createEngine, rand, valueAndGrad, type Engine } from "../src/index.ts";
import { measureRoofline, rooflineShare } from "../bench/roofline.ts";
import { caseOf, measure, type BenchRow } from "../bench/row.ts";
import { rows } from "../bench/rows.ts";
import { cases, steps } from "../bench/steps.ts";
import type { BenchRecord, Roofline } from "../src/readme/bench-results.ts";
import { FIRST, KINDS, type Kind } from "./train-settings.ts";
import { BATCH } from "./training.ts";
import { taskOf } from "./training-tasks.ts";

const SHORT = ["matmul 256", "matmul 512", "matmul 1024", "conv 32->64 28 k3 s1", "conv dInput 32->64 28 k3 s1",
  "conv dFilter 32->64 28 k3 s1", "batch norm 64 32 b32", "softmax cross-entropy b128", "cluster loss b128",
  "adam 1 M", "1000 tiny adds", "pgd-10 mnist-cnn b128", "train mnist-cnn b128"];

const unused = (): never => {
  throw new Error("a training step asks for no victim");
};

/** A step of the page "Train" at its first settings. */
const trainRow = (kind: Kind): BenchRow => ({ op: "step", name: `train lab ${kind} b${BATCH}`,
  case: `train lab ${kind} b${BATCH}`, group: "step", flops: 0, bytes: 0, make(gpu) {
    const task = taskOf(gpu, { ...FIRST, kind }, unused);
    const optimizer = adam(Object.values(task.parts), { lr: 1e-3 });
    const list = Object.values(task.parts).flatMap((part) => part.list());
    const x = gpu.keep(rand(gpu, [BATCH, 1, 28, 28]));
    const y = gpu.keep(gpu.tensor(new Int32Array(BATCH), [BATCH], "i32"));
    return () => {
      const { value, grads } = valueAndGrad(() => task.loss(x, y), list);
      optimizer.step(grads);
      return value;
    };
  } });

/** By name: what it is called, and its rows. */
export const CHOICES: Record<string, { title: string; rows: readonly BenchRow[] }> = {
  short: { title: "a dozen rows, kernels and steps", rows: cases.filter((row) => SHORT.includes(caseOf(row))) },
  cases: { title: "all that other engines are measured on", rows: cases },
  lab: { title: "the training steps of this lab", rows: (Object.keys(KINDS) as Kind[]).map(trainRow) },
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

/** Times every variant of a row's heavy kernels and keeps the fastest, in this browser; how many choices there are. */
export async function tuneRow(row: BenchRow): Promise<number> {
  const gpu = await createEngine();
  try {
    return Object.keys(await gpu.tuner.tune(row.make(gpu))).length;
  } finally {
    gpu.close();
  }
}

/** Each row as it is done; with `sideBySide` each heavy kernel by each of its variants. */
export async function* measureAll(gpu: Engine, roofline: Roofline, chosen: readonly BenchRow[],
  sideBySide: boolean): AsyncGenerator<Measured> {
  for (const row of chosen) {
    yield await one(row, roofline, "");
    if (sideBySide) for (const variant of variantsOf(gpu, row)) yield await one(row, roofline, variant);
  }
}

export { measureRoofline };
