// `npm run readme`: fills the tables of README.md from results/mnist/results.json. With --check it writes nothing and
// exits with 1 where they differ. `--results FILE` and `--readme FILE` take other files.

import { parseArgs } from "node:util";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { fillReadme } from "../lab/readme.ts";
import type { MnistResults } from "../lab/results.ts";

const OPTIONS = {
  check: { type: "boolean", default: false },
  results: { type: "string", default: "results/mnist/results.json" },
  readme: { type: "string", default: "README.md" },
} as const;

function readFlags() {
  try {
    return parseArgs({ options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Error(`readme: ${(error as Error).message.split(/[.\n]/)[0]}; its flags are --check, --results, --readme`);
  }
}

function main(): void {
  const { check, results, readme } = readFlags();
  const old = new TextDecoder().decode(readFileOr(readme, "the README"));
  const filled = fillReadme(old, readJsonOr(results, "the results") as MnistResults);
  if (filled === old) process.stdout.write(`${readme} has the tables of ${results}\n`);
  else if (check) throw new Error(`readme: ${readme} differs from the tables of ${results}; run npm run readme`);
  else {
    writeFileAtomic(readme, filled);
    process.stdout.write(`wrote the tables of ${results} into ${readme}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
