// Cases whose results are computed here, in float64: rows of the op table, a few for each op. They cover what no stored
// case does: every public op, its gradients by differences, the exact draws of the random ops, captured runs.

import type { Case } from "./case.ts";
import { checkRow } from "./table/check.ts";
import { rows } from "./table/index.ts";
import { idOf, type OpRow } from "./table/table.ts";

/** Rows of an op that are taken, the smaller ones first. */
const ROWS = 4;
/** Inputs of a row have so many elements at most, unless the op has no smaller row. */
const SMALL = 1200;

const sizeOf = (row: OpRow): number =>
  Object.values(row.inputs).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);

/** The rows of one op: in their order the first small ones, and those of special values. */
function chosen(own: readonly OpRow[]): OpRow[] {
  const small = own.filter((row) => sizeOf(row) <= SMALL);
  const special = small.filter((row) => /special|NaN/.test(row.name)).slice(0, 2);
  const plain = small.filter((row) => !special.includes(row)).slice(0, ROWS);
  const taken = [...plain, ...special];
  return taken.length ? taken : [own.reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a))];
}

export function computedCases(): Case[] {
  return [...grouped().values()].flatMap(chosen).map((row) => ({
    id: `computed/${idOf(row)}`,
    op: row.op,
    async run(gpu) {
      const problems = await checkRow(gpu, row);
      if (problems.length) throw new Error(problems.join("; "));
      return "values, gradients, captured and eager agree with float64";
    },
  }));
}

function grouped(): Map<string, OpRow[]> {
  const byOp = new Map<string, OpRow[]>();
  for (const row of rows) byOp.set(row.op, [...(byOp.get(row.op) ?? []), row]);
  return byOp;
}
