// Every row of the op table, one test a row, in Node; some of each op in a browser. OP="conv2d stride 2" runs the rows
// whose id begins like that.

import { suite } from "uvu";
import { createEngine, type Engine } from "../src/index.ts";
import { checkRow, checkWrong } from "../src/verify/table/check.ts";
import { rows, wrong } from "../src/verify/table/index.ts";
import { idOf } from "../src/verify/table/table.ts";

const only = globalThis.process?.env?.OP ?? "";
const again = (id: string, problems: readonly string[]) => `${id}: ${problems.join("; ")}\n    again: OP="${id}" npm ` +
  `test -- --node ops`;

/** One engine for all rows; a row that breaks it gets the next one a fresh engine. */
let open: Engine | null = null;
async function withEngine(fn: (gpu: Engine) => Promise<string[]> | string[]): Promise<string[]> {
  open ??= await createEngine();
  try {
    const problems = await fn(open);
    await open.synchronize();
    return problems;
  } catch (error) {
    open.close();
    open = null;
    return [(error as Error).message];
  }
}

function must(id: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw Object.assign(new Error(again(id, problems)), { stack: "" });
}

/** "2/4": every fourth op, from the second on; see PARTS in run.mjs. Rows of one op share their kernels. */
const [part, parts] = (globalThis.process?.env?.PURIGRAD_TEST_PART ?? "1/1").split("/").map(Number) as [number, number];
const names = [...new Set([...rows, ...wrong].map(({ op }) => op))];
const mine = ({ op }: { op: string }) => names.indexOf(op) % parts === part - 1;

/** In a browser, where a row takes five times as long, the first of each op and every third one of the rest. */
const first = new Set([...new Map([...rows].reverse().map((row) => [row.op, row])).values()]);
const taken = rows.filter((row, i) => typeof process !== "undefined" || i % 3 === 0 || first.has(row));

const ops = suite("ops");
for (const row of taken.filter(mine).filter((r) => idOf(r).startsWith(only)))
  ops(idOf(row), async () => must(idOf(row), await withEngine((gpu) => checkRow(gpu, row))));
for (const [i, row] of wrong.entries())
  if (mine(row) && row.op.startsWith(only))
    ops(`${row.op}, wrong call ${i}`, async () => must(row.op, await withEngine((gpu) => checkWrong(gpu, row))));
ops.after(() => open?.close());
ops.run();
