// `npm run readme`: fills the tables of README.md and of results/README.md from results/mnist/results.json and
// results/bench. With --check it writes nothing and exits with 1 where they differ. `--results FILE`, `--bench FOLDER`,
// `--readme FILE` and `--tables FILE` take others.

import { parseArgs } from "node:util";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { benchSections, readBenchFolder } from "../readme/bench-tables.ts";
import { fillReadme, fillSections } from "../readme/readme.ts";
import { readingsSection } from "../readme/readings.ts";
import { resultsTable, speedTable } from "../readme/short.ts";
import type { Results } from "../paper/results.ts";

const OPTIONS = {
  check: { type: "boolean", default: false },
  results: { type: "string", default: "results/mnist/results.json" },
  bench: { type: "string", default: "results/bench" },
  readme: { type: "string", default: "README.md" },
  tables: { type: "string", default: "results/README.md" },
} as const;

function readFlags() {
  try {
    return parseArgs({ options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Error(`readme: ${(error as Error).message.split(/[.\n]/)[0]}; its flags are --check, --results, ` +
      `--bench, --readme, --tables`);
  }
}

/** The page with its tables filled; writes it, or with `check` throws where it differs. */
function fillPage(page: string, check: boolean, from: string, fill: (text: string) => string): void {
  const old = new TextDecoder().decode(readFileOr(page, "the page"));
  const filled = fill(old);
  if (filled === old) process.stdout.write(`${page} has the tables of ${from}\n`);
  else if (check) throw new Error(`readme: ${page} differs from the tables of ${from}; run npm run readme`);
  else {
    writeFileAtomic(page, filled);
    process.stdout.write(`wrote the tables of ${from} into ${page}\n`);
  }
}

/** Runs on CIFAR-10 that a page shows, by the folder of results/ that is their marker as well. */
const CIFAR10 = ["cifar10", "cifar10-sharp"];

const cifarSections = (text: string): Record<string, string> =>
  Object.fromEntries(CIFAR10.filter((name) => text.includes(`<!-- ${name} -->`)).map((name) =>
    [name, readingsSection(readJsonOr(`results/${name}/results.json`, "the results") as Results)]));

function main(): void {
  const { check, results, bench, readme, tables } = readFlags();
  const measured = readJsonOr(results, "the results") as Results;
  const from = `${results} and ${bench}`;
  fillPage(readme, check, from, (text) => fillSections(text, { results: resultsTable(measured),
    speed: speedTable(readBenchFolder(bench, readme)) }));
  fillPage(tables, check, from, (text) =>
    fillSections(fillReadme(text, measured), { ...cifarSections(text),
      ...benchSections(readBenchFolder(bench, tables)) }));
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
