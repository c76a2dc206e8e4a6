/**
 * `npm run docs`: the API reference by typedoc, into dist/docs. typedoc needs the compiler API that TypeScript 7 has not,
 * so this folder has packages of its own; the first run fetches them (46 MB on disk).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** The command says itself what is wrong. */
function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(here, "node_modules/.package-lock.json"))) {
  console.log("docs/reference/node_modules is missing: npm ci");
  run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
}
run(process.execPath, "node_modules/typedoc/bin/typedoc");
