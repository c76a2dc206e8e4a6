// `npm run readme`: fills the tables of README.md from results/mnist/results.json and results/bench. With --check it
// writes nothing and exits with 1 where they differ. `--results FILE`, `--bench FOLDER` and `--readme FILE` take
// others.

import { parseArgs } from "node:util";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { benchSections, readBenchFolder } from "../lab/bench-tables.ts";
import { fillReadme, fillSections } from "../lab/readme.ts";
import type { MnistResults } from "../lab/results.ts";

const OPTIONS = {
  check: { type: "boolean", default: false },
  results: { type: "string", default: "results/mnist/results.json" },
  bench: { type: "string", default: "results/bench" },
  readme: { type: "string", default: "README.md" },
} as const;

function readFlags() {
  try {
    return parseArgs({ options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Error(`readme: ${(error as Error).message.split(/[.\n]/)[0]}; its flags are --check, --results, ` +
      `--bench, --readme`);
  }
}

function main(): void {
  const { check, results, bench, readme } = readFlags();
  const old = new TextDecoder().decode(readFileOr(readme, "the README"));
  const tables = fillReadme(old, readJsonOr(results, "the results") as MnistResults);
  const filled = fillSections(tables, benchSections(readBenchFolder(bench)));
  if (filled === old) process.stdout.write(`${readme} has the tables of ${results} and ${bench}\n`);
  else if (check) throw new Error(`readme: ${readme} differs from the tables of ${results} and ${bench}; run npm run ` +
    `readme`);
  else {
    writeFileAtomic(readme, filled);
    process.stdout.write(`wrote the tables of ${results} and ${bench} into ${readme}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
