import { join } from "node:path";
import type { Command } from "./command.ts";
import { writeFileAtomic } from "../data/files.ts";
import { TITLES } from "../lab/names.ts";
import { ATTACKS } from "../lab/paper.ts";
import { duration } from "../lab/progress.ts";
import { COLUMNS, commit, type MeasuredRow, type MnistResults } from "../lab/results.ts";
import { table1Text } from "../lab/table.ts";
import { table1 } from "../lab/table1.ts";
import { namesOf, openClassifier, openDefences, testImages, WEIGHT_FLAGS, weightsOf } from "./weights.ts";

function printedTable(rows: readonly MeasuredRow[]): string {
  return table1Text(
    rows.map((row) => ({ defence: row.defence,
      accuracy: Object.fromEntries(ATTACKS.map((a) => [a, row[COLUMNS[a]]])) })
    ),
  );
}

export const evaluate: Command = {
  summary: "Table 1 from weights that are there: attack the classifier, purify, count",
  flags: {
    ...WEIGHT_FLAGS,
    images: { type: "string", help: "so many test images from the first on (default 10000)" },
    defence: { type: "string", help: "one or several rows, as in cvae,cvae+g-signed (default all that are there)" },
    out: { type: "string", help: "folder to write results.json into (default: none is written)" },
  },
  async run({ gpu, flags, seed, signal, say }) {
    const begun = performance.now();
    const named = flags.defence === undefined ? undefined : namesOf(flags.defence as string);
    const weights = weightsOf("evaluate", flags);
    const test = testImages(flags, 10_000);
    const defences = openDefences(gpu, weights, named);
    const images = test.size * test.images.length;
    const { attack } = weights.settings;
    say(`${images.toLocaleString("en")} test images; ${defences.map(({ name }) => TITLES[name]).join(", ")}; ` +
      `weights: ${weights.name}`);
    const { rows, mcnemar } = await table1(gpu, defences, openClassifier(gpu, weights), test, attack, { signal });
    const total = (performance.now() - begun) / 1000;
    const settings = { weights: weights.name, images, batch: test.size, attack };
    const results: MnistResults = { command: "evaluate", settings, seed, adapter: gpu.adapter.name, commit: commit(),
      durations: { total }, table1: rows, mcnemar };
    say(`\nAccuracy in percent (in brackets: the paper's)\n${printedTable(rows)}`);
    if (flags.out) writeFileAtomic(join(flags.out as string, "results.json"), JSON.stringify(results, null, 2) + "\n");
    say(`${duration(1000 * total)}${flags.out ? `; wrote ${join(flags.out as string, "results.json")}` : ""}`);
    return { result: results, ok: true };
  },
};
