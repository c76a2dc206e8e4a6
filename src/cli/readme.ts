// `npm run readme`: fills the tables of README.md and of results/README.md from the files of results/: Table 1 of
// MNIST from mnist, its Table 2 on more images and its other readings from a GPU's run in h200. With --check it writes
// nothing and exits with 1 where they differ. `--results FILE`, which then has Table 2 as well, `--bench FOLDER`,
// `--readme FILE` and `--tables FILE` take others.

import { parseArgs } from "node:util";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { benchSections, readBenchFolder } from "../readme/bench-tables.ts";
import { fillReadme, fillSections } from "../readme/readme.ts";
import { readingTables, runSection } from "../readme/run-section.ts";
import { resultsTable, speedTable } from "../readme/short.ts";
import type { Results } from "../paper/results.ts";

const OPTIONS = {
  check: { type: "boolean", default: false },
  results: { type: "string" },
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

const MNIST = "results/mnist/results.json";
const readResults = (file: string): Results => readJsonOr(file, "the results") as Results;

function mnistResults(given?: string): Results {
  if (given !== undefined) return readResults(given);
  return { ...readResults(MNIST), table2: readResults("results/h200/mnist-table2.json").table2 };
}

/** What a page shows of runs beside the main one, by the marker. */
const RUNS: Readonly<Record<string, () => string>> = {
  "mnist-readings": () => readingTables(readResults("results/h200/mnist.json")).join("\n"),
  "cifar10-gpu": () => runSection(readResults("results/cifar10-gpu/results.json")),
  "cifar10-gpu-sharp": () => runSection(readResults("results/cifar10-gpu-sharp/results.json")),
};

const runSections = (text: string): Record<string, string> =>
  Object.fromEntries(Object.entries(RUNS).filter(([name]) => text.includes(`<!-- ${name} -->`)).map(([name, section]) =>
    [name, section()]));

function main(): void {
  const { check, results, bench, readme, tables } = readFlags();
  const measured = mnistResults(results);
  const from = `${results ?? MNIST} and ${bench}`;
  fillPage(readme, check, from, (text) => fillSections(text, { results: resultsTable(measured),
    speed: speedTable(readBenchFolder(bench, readme)) }));
  fillPage(tables, check, from, (text) =>
    fillSections(fillReadme(text, measured), { ...runSections(text),
      ...benchSections(readBenchFolder(bench, tables)) }));
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
