// The code of docs/*.md holds. The blocks of a page that begin with "// runs in a test" are one program: it type-checks
// and prints what stands behind "// ->". With a path before these words a block stands in that file, and its imports
// count from there. A block that begins with a path alone is a quotation; ".." in it leaves lines out.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as esbuild from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const docs = suite("docs");
const folder = mkdtempSync(resolve("dist/docs-")); // in the project, for its packages
docs.after(() => rmSync(folder, { recursive: true }));

/** A page's fenced blocks that begin with a mark. */
const blocksOf = (page: string) =>
  [...readFileSync(`docs/${page}`, "utf8").matchAll(/^```\w+\n\/\/ (.+)\n([^]*?)^```$/gm)].map(([, mark, text]) => ({
    text: text!, path: /^(\S+\/\S+?)(,|$)/.exec(mark!)?.[1], runs: mark!.endsWith("runs in a test") }));
const programOf = (page: string) => blocksOf(page).filter(({ runs }) => runs);
const pages = readdirSync("docs").filter((name) => name.endsWith(".md"));
const programs = pages.filter((page) => programOf(page).length > 0);

const located = (code: string, path = ""): string =>
  code.replace(/ from "(\..+?)"/g, (_, name: string) => ` from ${JSON.stringify(resolve(dirname(path), name))}`);

function run(...args: string[]): string {
  const env = { ...process.env, FORCE_COLOR: "0" };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  assert.is(status, 0, stdout + stderr);
  return stdout;
}

docs("programs type-check", () => {
  assert.ok(programs.length > 0);
  for (const page of programs)
    writeFileSync(join(folder, `${page}.ts`), programOf(page).map(({ text, path }) => located(text, path)).join("\n"));
  const paths = { purigrad: [resolve("src/index.ts")], "purigrad/data": [resolve("src/data/index.ts")] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: resolve("tsconfig.json"),
    compilerOptions: { paths }, include: [join(folder, "*.ts"), resolve("src/engine")] }));
  run("node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false");
});

for (const page of programs)
  docs(`${page} prints what it says`, () => {
    const outfile = join(folder, `${page}.mjs`);
    esbuild.buildSync({ entryPoints: [join(folder, `${page}.ts`)], outfile, bundle: true, format: "esm",
      platform: "node", packages: "external", loader: { ".wgsl": "text" } });
    const due = programOf(page).flatMap(({ text }) => [...text.matchAll(/\/\/ -> (.*)$/gm)].map(([, line]) => line));
    assert.is(run(outfile).trim(), due.join("\n"));
  });

docs("what is quoted stands in its file", () => {
  for (const page of pages) for (const { path, text } of blocksOf(page).filter(({ path, runs }) => path && !runs))
    for (const part of text.split(/^ *\.\.\n/m))
      assert.ok(readFileSync(path!, "utf8").includes(part), `docs/${page}: ${path} reads otherwise now:\n${part}`);
});

docs.run();
