// The peers' own packages: installed when they are first asked for, and tfjs bundled.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../src/data/files.ts";

/** esbuild's output is an ES module; what it bundles calls Node's require and looks for its folder. */
const BANNER = `import { createRequire as makeRequire } from "node:module"; const require = ` +
  `makeRequire(import.meta.url); const __dirname = import.meta.dirname;`;

/** Makes bench/peers ready for the JavaScript engines. `say` prints a line. */
export async function setUp(folder: string, say: (line: string) => void): Promise<void> {
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) install(folder, say); // npm writes it at the end
  const bundled = join(folder, "node_modules/.cache/tfjs.mjs");
  if (!existsSync(bundled)) await bundle(join(folder, "tfjs-entry.mjs"), bundled);
}

function install(folder: string, say: (line: string) => void): void {
  say("bench/peers/node_modules is missing: npm ci --ignore-scripts (about 360 MB on disk, once)");
  try {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder,
      stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  } catch (error) {
    const lines = ((error as { stderr?: string }).stderr ?? "").split("\n");
    const told = lines.find((line) => /^npm (error|ERR!) (?!code)/.test(line))?.replace(/^npm (error|ERR!) /, "");
    throw new Error(
      `bench:peers: npm ci in bench/peers failed (${
        told ?? (error as Error).message.split("\n")[0]
      }); check the network, or run it there by hand`,
      { cause: error },
    );
  }
}

async function bundle(entry: string, target: string): Promise<void> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    banner: { js: BANNER },
    logLevel: "error",
  });
  writeFileAtomic(target, outputFiles[0]!.contents);
}
