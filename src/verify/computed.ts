// Cases whose results are computed here, in float64: rows of the op table, many for each op. They cover what no stored
// case does: every public op, its gradients by differences, the exact draws of the random ops, captured runs.

import type { Engine } from "../engine/engine.ts";
import type { Case } from "./case.ts";
import { checkRow } from "./table/check.ts";
import { rows } from "./table/index.ts";
import { idOf, type OpRow } from "./table/table.ts";
import { differingIn, differingInChunks, differingInLarge, differingInSpecial, guardedRows, variedRows } from
  "./variants.ts";

/** Rows of an op that are taken, spread over the table. */
const ROWS = 12;
/** Inputs of a row have so many elements at most, unless the op has no smaller row. */
const SMALL = 4000;

const sizeOf = (row: OpRow): number =>
  Object.values(row.inputs).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);

/** `count` of a list, evenly spread, the first and the last among them. */
const spread = <T>(list: readonly T[], count: number): T[] =>
  list.length <= count ? [...list]
    : Array.from({ length: count }, (_, k) => list[Math.round((k * (list.length - 1)) / (count - 1))]!);

/** The rows of one op: some small ones, and all of special values. */
function chosen(own: readonly OpRow[]): OpRow[] {
  const small = own.filter((row) => sizeOf(row) <= SMALL);
  const special = small.filter((row) => /special|NaN|gradient at/.test(row.name));
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

/** What has every variant of every heavy op in it, forward and backward. */
async function runVaried(find: Promise<string[]>): Promise<string> {
  const wrong = await find;
  if (wrong.length) throw new Error(`variants give other results than the preferred ones: ${wrong.join(", ")}`);
  return "every variant gives the result and gradients of the preferred one";
}

/** Ops whose sums a GPU shares among more lanes than a CPU does. */
const SHARED = ["sum", "mean", "batchNorm"];

/** As on a GPU, whatever adapter there is: the engine believes that it has one. */
async function runAsOnGpu(gpu: Engine, row: OpRow): Promise<string> {
  const { kind } = gpu.adapter;
  gpu.adapter.kind = "hardware";
  try {
    return await runRow(gpu, row);
  } finally {
    gpu.adapter.kind = kind;
  }
}

export function computedCases(): Case[] {
  return [...grouped().values()].flatMap(chosen).map((row) => ({
    id: `computed/${idOf(row)}`,
    op: row.op,
    run: (gpu: Engine) => runRow(gpu, row),
  })).concat(
    variedRows().map((row) => ({
      id: `computed/${idOf(row)}, all variants`,
      op: row.op,
      run: (gpu: Engine) => runVaried(differingIn(gpu, row)),
    })),
    guardedRows().map((row) => ({
      id: `computed/${idOf(row)} of special values, all variants`,
      op: row.op,
      run: (gpu: Engine) => runVaried(differingInSpecial(gpu, row)),
    })),
    { id: "computed/matmul of packed operands, all variants", op: "matmul",
      run: (gpu: Engine) => runVaried(differingInLarge(gpu)) },
    SHARED.flatMap((op) => chosen(grouped().get(op)!)).map((row) => ({ id: `computed/${idOf(row)}, as on a GPU`,
      op: row.op, run: (gpu: Engine) => runAsOnGpu(gpu, row) })),
    { id: "computed/conv2d of images in chunks, two variants", op: "conv2d",
      run: (gpu: Engine) => runVaried(differingInChunks(gpu)) },
  );
}

function grouped(): Map<string, OpRow[]> {
  const byOp = new Map<string, OpRow[]>();
  for (const row of rows) byOp.set(row.op, [...(byOp.get(row.op) ?? []), row]);
  return byOp;
}
