// `npm run bench [-- --filter TEXT] [--json FILE] [--adapter KIND]`: every op at the shapes of the MNIST networks, and
// whole steps, each captured and replayed.

import { parseArgs } from "node:util";
import type { AdapterWish } from "../src/engine/adapter.ts";
import { createEngine, type Engine } from "../src/index.ts";
import { writeFileAtomic } from "../src/data/files.ts";
import { commit } from "../src/lab/results.ts";
import { measure, type BenchRow, type Measured } from "./row.ts";
import { rows } from "./rows.ts";
import { steps } from "./steps.ts";

const HEAD = ["case", "ms", "spread", "GFLOP/s", "GB/s", "kernel ms", "overhead"];
const WIDTH = [46, 10, 7, 8, 7, 10, 9];
const line = (cells: string[]) => cells.map((c, i) => (i === 0 ? c.padEnd(WIDTH[i]!) : c.padStart(WIDTH[i]!))).join(" ");
const number = (v: number | null, digits: number) => (v === null ? "-" : v.toFixed(digits));

function printed(m: Measured): string {
  const share = m.overhead === null ? "-" : `${(100 * m.overhead).toFixed(0)} %`;
  return line([m.case, number(m.ms, 3), `${(100 * m.spread).toFixed(0)} %`, m.gflops ? number(m.gflops, 2) : "-", m.gbps ? number(m.gbps, 2) : "-", number(m.kernel_ms, 3), share]);
}

async function run(gpu: Engine, chosen: BenchRow[]): Promise<Measured[]> {
  process.stdout.write(`${gpu.adapter.line}\n${chosen.length} rows; median of up to 15 samples; overhead is the share of wall time outside kernels\n\n${line(HEAD)}\n`);
  const results: Measured[] = [];
  for (const row of chosen) {
    results.push(await measure(gpu, row));
    process.stdout.write(printed(results.at(-1)!) + "\n");
  }
  return results;
}

function readFlags() {
  try {
    return parseArgs({ options: { filter: { type: "string" }, json: { type: "string" }, adapter: { type: "string" } }, strict: true }).values;
  } catch (error) {
    throw new Error(`bench: ${(error as Error).message.split(/[.\n]/)[0]}; its flags are --filter, --json, --adapter`);
  }
}

async function main(): Promise<void> {
  const values = readFlags();
  const all = [...rows, ...steps];
  const chosen = all.filter((r) => `${r.op} ${r.name}`.includes(values.filter ?? ""));
  if (chosen.length === 0) throw new Error(`bench: no row contains "${values.filter}"; rows begin with ${[...new Set(all.map((r) => r.op))].join(", ")}`);
  const gpu = await createEngine({ adapter: (values.adapter ?? "auto") as AdapterWish });
  try {
    const results = await run(gpu, chosen);
    if (values.json) writeFileAtomic(values.json, JSON.stringify({ adapter: gpu.adapter.name, commit: commit(), rows: results }, null, 2) + "\n");
  } finally {
    gpu.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
