// Cases whose results are computed here, in float64: rows of the op table, a few for each op. They cover what no stored
// case does: every public op, its gradients by differences, the exact draws of the random ops, captured runs.

import type { Engine } from "../../engine/engine.ts";
import { valueAndGrad } from "../../engine/grad/tape.ts";
import { sum } from "../../kernels/index.ts";
import type { Case } from "./case.ts";
import { checkRow } from "./table/check.ts";
import { rows } from "./table/index.ts";
import { idOf, makeInputs, type OpRow } from "./table/table.ts";

/** Rows of an op that are taken, spread over the table. */
const ROWS = 6;
/** Inputs of a row have so many elements at most, unless the op has no smaller row. */
const SMALL = 4000;
/** Rows of the heavy ops that are run with every variant: sums so long that some variants split them. */
const VARIED = ["linear a long sum", "matmul a long sum", "matmul beyond a tile of 128, NN", "conv2d many parts"];

const sizeOf = (row: OpRow): number =>
  Object.values(row.inputs).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);

/** `count` of a list, evenly spread, the first and the last among them. */
const spread = <T>(list: readonly T[], count: number): T[] =>
  list.length <= count ? [...list]
    : Array.from({ length: count }, (_, k) => list[Math.round((k * (list.length - 1)) / (count - 1))]!);

/** The rows of one op: some small ones, and two of special values. */
function chosen(own: readonly OpRow[]): OpRow[] {
  const small = own.filter((row) => sizeOf(row) <= SMALL);
  const special = small.filter((row) => /special|NaN|gradient at/.test(row.name)).slice(0, 2);
  const plain = spread(small.filter((row) => !special.includes(row)), ROWS);
  const taken = [...plain, ...special];
  return taken.length ? taken : [own.reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a))];
}

const agree = "values, gradients, captured and eager agree with float64";

async function runRow(gpu: Engine, row: OpRow): Promise<string> {
  const problems = await checkRow(gpu, row);
  if (problems.length) throw new Error(problems.join("; "));
  return agree;
}

/** The row with every variant of every heavy op that it calls, forward and backward. */
async function runVaried(gpu: Engine, row: OpRow): Promise<string> {
  for (const op of ["matmul", "conv2d", "conv2d dx", "conv2d dw"]) {
    for (const variant of variantsOf(gpu, row, op)) {
      gpu.tuner.force(op, variant);
      await runRow(gpu, row).catch((error: Error) => {
        throw new Error(`${op}'s variant ${variant}: ${error.message}`);
      }).finally(() => gpu.tuner.force(op, null));
    }
  }
  return agree;
}

function variantsOf(gpu: Engine, row: OpRow, op: string): string[] {
  const inputs = Object.entries(makeInputs(row, "variants")).map(([name, { host }]) =>
    [name, gpu.tensor(new Float32Array(host), host.shape)] as const
  );
  const t = Object.fromEntries(inputs);
  const jobs = gpu.tuner.heavy(() => valueAndGrad(() => sum(row.run(t)), Object.values(t)));
  inputs.forEach(([, tensor]) => tensor.dispose());
  return [...new Set(jobs.filter((job) => job.op === op).flatMap((job) => job.variants))];
}

export function computedCases(): Case[] {
  return [...grouped().values()].flatMap(chosen).map((row) => ({
    id: `computed/${idOf(row)}`,
    op: row.op,
    run: (gpu: Engine) => runRow(gpu, row),
  })).concat(
    rows.filter((row) => VARIED.some((start) => idOf(row).startsWith(start))).map((row) => ({
      id: `computed/${idOf(row)}, all variants`,
      op: row.op,
      run: (gpu: Engine) => runVaried(gpu, row),
    })),
  );
}

function grouped(): Map<string, OpRow[]> {
  const byOp = new Map<string, OpRow[]>();
  for (const row of rows) byOp.set(row.op, [...(byOp.get(row.op) ?? []), row]);
  return byOp;
}
