import { join } from "node:path";
import { outOf, type Command, type Context } from "./command.ts";
import { datasetOf } from "../data/datasets.ts";
import { writeFileAtomic } from "../data/files.ts";
import { duration } from "../report/progress.ts";
import { titleOf } from "../defences/index.ts";
import type { AttackBudget } from "../evaluate/eps-curves.ts";
import { readAs } from "../paper/parts/readings.ts";
import { table1 } from "../paper/parts/table1.ts";
import type { Results } from "../paper/results.ts";
import type { Settings } from "../paper/settings.ts";
import { imagesOf, labOn, rowsOf, rowsThere, WEIGHT_FLAGS, weightsOf } from "./experiment.ts";
import { listed } from "../report/words.ts";

/** One of two words of a flag, the first by default. */
function wordOf<T extends string>(flags: Context["flags"], flag: string, words: readonly [T, T]): T {
  const word = (flags[flag] as T | undefined) ?? words[0];
  if (!words.includes(word)) throw new Error(`--${flag}: "${word}" came, ${listed(words, "or")} was due`);
  return word;
}

/** The preset's attack, in the reading that --labels and --units choose. */
function attackOf(flags: Context["flags"], { attack, dataset }: Settings): AttackBudget {
  const labels = wordOf(flags, "labels", ["true", "own"]);
  const units = wordOf(flags, "units", ["pixel", "normalised"]);
  return readAs(attack, { labels, units }, datasetOf(dataset));
}

export const evaluate: Command = {
  summary: "Table 1 from weights that are there: attack the classifier, purify, count",
  flags: {
    ...WEIGHT_FLAGS,
    images: { type: "string", help: "so many test images from the first on (default 10000)" },
    defence: { type: "string", help: "one or several, as in cvae,cvae+g-signed (default: rows of the tables)" },
    labels: { type: "string", help: "true, or own: attacks take the classifier's predictions (default true)" },
    units: { type: "string", help: "pixel, or normalised: eps and step by the channels' deviations (default pixel)" },
    out: { type: "string", help: "folder to write results.json into (default: none is written)" },
  },
  async run(context) {
    const { flags, say } = context;
    const begun = performance.now();
    const found = weightsOf("evaluate", flags);
    const weights = { ...found, settings: { ...found.settings, attack: attackOf(flags, found.settings) } };
    const named = flags.defence === undefined ? undefined : rowsOf(flags.defence as string);
    const images = imagesOf(flags, 10_000);
    const out = flags.out === undefined ? undefined : outOf(flags, "");
    const opened = { ...context, gpu: await context.open() };
    const rows = rowsThere(weights, opened, named);
    const lab = labOn(weights, opened, rows, images);
    say(`${images.toLocaleString("en")} test images; ${rows.map(titleOf).join(", ")}; weights: ${weights.name}`);
    await table1.run(lab);
    const total = (performance.now() - begun) / 1000;
    const { dataset, attack, evaluationBatch: batch } = lab.settings;
    const results: Results = { ...lab.results, command: "evaluate", seed: context.seed,
      settings: { dataset, weights: weights.name, images, batch, attack }, durations: { total } };
    say(`\n${table1.text!(results)}`);
    if (out !== undefined) writeFileAtomic(join(out, "results.json"), JSON.stringify(results, null, 2) + "\n");
    say(`${duration(1000 * total)}${out !== undefined ? `; wrote ${join(out, "results.json")}` : ""}`);
    return { result: results, ok: true };
  },
};
