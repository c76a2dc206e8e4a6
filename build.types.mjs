/**
 * The declarations of the npm package, one file an entry: tsc writes a file a module, without what is marked
 * @internal; rollup-plugin-dts joins those that an entry reaches, and leaves out what it does not.
 *
 * They compile with no library but the language's: types of WebGPU and of the DOM are taken from the consumer's own
 * program where it has them (@webgpu/types, or the DOM library from TypeScript 6 on), and are `unknown` where it has
 * not. See docs/package.md.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** The compiler of an npm package: typescript, or one of another version under another name. */
export function tscPath(name = "typescript") {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/tsc");
}

/** Writes `out`/NAME.d.ts for entries {NAME: path under `root`}. */
export async function emitTypes(root, entries, out) {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-types-"));
  try {
    emitModules(root, folder);
    mkdirSync(out, { recursive: true });
    for (const [name, path] of Object.entries(entries))
      writeFileSync(join(out, `${name}.d.ts`), await rolled(join(folder, path.replace(/\.ts$/, ".d.ts"))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function emitModules(root, folder) {
  const args = ["-p", ".", "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--stripInternal",
    "--rootDir", ".", "--outDir", folder];
  execFileSync(process.execPath, [tscPath(), ...args], { cwd: root, stdio: "inherit" });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".d.ts")) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    writeFileSync(path, portable(readFileSync(path, "utf8"), dirname(path), folder));
  }
}

/**
 * tsc keeps `./name.ts` and `#adapter`, which a user has not; and `implements`, which tells a user nothing and would
 * bring in what is @internal.
 */
function portable(text, here, folder) {
  const adapter = relative(here, join(folder, "src/engine/device/adapter.node.js")).replace(/^(?!\.)/, "./");
  return text.replaceAll('"#adapter"', `"${adapter}"`).replace(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, "$1$2.js$1")
    .replace(/^((?:export )?declare class [^{\n]*?) implements [^{\n]+\{/gm, "$1 {");
}

async function rolled(entry) {
  const onwarn = ({ message }) => { throw new Error(`types: ${message}`); };
  const bundle = await rollup({ input: entry, plugins: [dts()], onwarn });
  const { output: [{ code }] } = await bundle.generate({ format: "es" });
  await bundle.close();
  return withPlatform(code);
}

/** Types of the platform: those that the declarations name are looked up among the consumer's globals. */
const PLATFORM = /\b(?:GPU[A-Z]\w*|AbortSignal)\b/g;

function withPlatform(code) {
  const names = [...new Set(code.replace(/\/\*[\s\S]*?\*\//g, "").match(PLATFORM))].sort();
  if (!names.length) return code;
  const aliases = names.map((name) => `type ${name} = Platform<"${name}">;\n`).join("");
  return `/** A type of the platform, where the program that imports this file knows it. */
type Platform<Name extends string> = typeof globalThis extends Record<Name, { prototype: infer T }> ? T : unknown;
${aliases}\n${code}`;
}
