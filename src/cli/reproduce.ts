import type { Command } from "./command.ts";
import { ATTACKS } from "../lab/paper.ts";
import { duration } from "../lab/progress.ts";
import { PARTS, reproduce as runReproduce, type Part } from "../lab/reproduce.ts";
import { COLUMNS, type MnistResults } from "../lab/results.ts";
import { table1Text } from "../lab/table.ts";
import { table2Text } from "../lab/table2.ts";
import { MNIST_FLAGS, presetOf } from "./mnist-flags.ts";

function partsOf(names: readonly string[]): readonly Part[] {
  if (names.length === 0 || names.includes("all")) return PARTS;
  return names.map((name) => {
    const part = PARTS.find((p) => p === name);
    if (!part) throw new Error(`reproduce: there is no "${name}"; there are ${PARTS.join(", ")} and all`);
    return part;
  });
}

/** What was measured in this run, as text. */
function shown({ table1 = [], table2, clustering = [] }: MnistResults, parts: readonly Part[]): string[] {
  const texts: Partial<Record<Part, () => string>> = {
    table1: () =>
      "Table 1, accuracy in percent (in brackets: the paper's)\n" +
      table1Text(
        table1.map((r) => ({ defence: r.defence,
          accuracy: Object.fromEntries(ATTACKS.map((a) => [a, r[COLUMNS[a]]])) })
        ),
      ),
    table2: () => "Table 2\n" + table2Text(table2!),
    clustering: () =>
      clustering.map((c) =>
        `clustering, seed ${c.seed}: accuracy ${c.accuracy.toFixed(2)} %, NMI ${c.nmi.toFixed(3)}, sizes ${
          c.sizes.join(" ")
        }`
      ).join("\n"),
  };
  return parts.flatMap((part) => texts[part]?.() ?? []);
}

export const reproduce: Command = {
  summary: `the paper's results: ${PARTS.join(", ")} or all`,
  positionals: "PART..",
  flags: { ...MNIST_FLAGS, resume: { type: "boolean", help: "go on from the checkpoint of a run that was stopped, to " +
    "the same bits" } },
  stopped: "what was finished is kept, and --resume goes on from where it stopped",
  async run({ gpu, flags, positionals, signal, say }) {
    const { settings, out, data } = presetOf(flags);
    const parts = partsOf(positionals);
    const begun = performance.now();
    const results = await runReproduce({ gpu, settings, out, data, resume: flags.resume === true, signal, say }, parts);
    shown(results, parts).forEach((text) => say(`\n${text}`));
    say(`${duration(performance.now() - begun)}; report, figures, weights and results.json are in ${out}`);
    return { result: results, ok: true };
  },
};
