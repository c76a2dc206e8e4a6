/** Before `npm pack`: brings in what the package holds from the repository; `--clean` takes it out again. */
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const clean = process.argv.includes("--clean");

for (const folder of ["results", "cases"]) rmSync(join(here, folder), { recursive: true, force: true });
for (const path of ["results/mnist/weights", "results/cifar10/weights", "cases"])
  if (!clean) cpSync(join(here, "..", path), join(here, path), { recursive: true });
