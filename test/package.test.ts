// What a user of the npm package gets: it is built into a folder of its own and installed there with its run-time
// dependencies alone.

import { execFile } from "node:child_process";
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";

interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, Record<string, string>>;
  files: string[];
  dependencies: Record<string, string>;
}
interface Meta {
  outputs: Record<string, { imports: { path: string; external?: boolean }[] }>;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
const manifest = read<Manifest>("package.json");

const folder = mkdtempSync(join(tmpdir(), "purigrad-package-")); // the user's project
const installed = join(folder, "node_modules/purigrad");

/** Runs Node in the user's project and returns what it prints; an error shows both streams. */
async function node(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
    (error: Error & { stdout: string; stderr: string; }) => {
      throw new Error(`${error.message}\n${error.stdout}${error.stderr}`);
    },
  );
  return stdout.trim();
}

function link(name: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(resolve("node_modules", name), path);
}

/** npm's rule: what "files" names, and always the manifest, the readme and the license. */
async function install(): Promise<void> {
  await node(resolve("build.mjs"), "--types", "--out", join(installed, "dist"));
  const folders = manifest.files.filter((name) => !/^!|^dist$/.test(name));
  for (const name of [...folders, "package.json", "README.md", "LICENSE"])
    cpSync(name, join(installed, name), { recursive: true });
  Object.keys(manifest.dependencies).forEach(link);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}

/** npm packages that the bundle imports when it is loaded or used. */
function imported(bundle: string): string[] {
  const [, output] = Object.entries(read<Meta>(join(installed, "dist/meta.json")).outputs).find(([path]) =>
    path.endsWith(`/dist/${bundle}`)
  )!;
  return [...new Set(output.imports.filter((i) => i.external).map((i) => i.path))];
}

const pack = suite("npm package");
pack.before(install);
pack.after(() => rmSync(folder, { recursive: true }));

pack("every file that package.json names is there, and no test", () => {
  for (const path of [...Object.values(manifest.bin), ...Object.values(manifest.exports["."]!),
    ...Object.values(manifest.exports["./data"]!), "cases/ops/manifest.json", "README.md", "LICENSE"])
    assert.ok(existsSync(join(installed, path)), `${path} is missing`);
  accessSync(join(installed, manifest.bin.purigrad!), constants.X_OK);
  assert.match(readFileSync(join(installed, manifest.bin.purigrad!), "utf8"), /^#!\/usr\/bin\/env node\n/);
  assert.equal(
    readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" }).filter((f) =>
      /(^|\/)test\b|\.wgsl$/.test(f)
    ),
    [],
  );
});

pack("the bundles import Node and the run-time dependencies alone, browser.js nothing", () => {
  const known = Object.keys(manifest.dependencies);
  for (const bundle of ["index.js", "cli.js"])
    assert.equal(imported(bundle).filter((path) => !path.startsWith("node:") && !known.includes(path)), [], bundle);
  assert.equal(imported("browser.js"), []);
});

pack("Node takes index.js, browsers take browser.js", async () => {
  const where = "console.log(import.meta.resolve('purigrad'))";
  const nodes = await node("--input-type=module", "-e", where);
  const browsers = await node("--conditions=browser", "--input-type=module", "-e", where);
  assert.match(nodes, /\/purigrad\/dist\/index\.js$/);
  assert.match(browsers, /\/purigrad\/dist\/browser\.js$/);
  assert.match(
    await node("--conditions=browser", "--input-type=module", "-e",
      "import { conv2d } from 'purigrad'; console.log(typeof conv2d)"),
    "function",
  );
});

const SCRIPT = `
import { createEngine, mul, valueAndGrad } from "purigrad";
const gpu = await createEngine();
const x = gpu.tensor([1, 2, 3]);
const { value, grads } = valueAndGrad(() => mul(x, x), [x]);
console.log(...(await value.data()), ...(await grads[0].data()));
gpu.close();`;

pack("a script that imports purigrad computes", async () => {
  link("@sparticuz/chromium"); // for a machine without any driver: purigrad finds it where the user has it
  writeFileSync(join(folder, "use.mjs"), SCRIPT);
  assert.is(await node("use.mjs"), "1 4 9 2 4 6");
});

pack("the command runs", async () => {
  assert.match(await node(join(installed, manifest.bin.purigrad!), "help"), "Usage: purigrad");
});

const TYPED = `
import { conv2d, createEngine, crossEntropy, valueAndGrad, type Engine, type Shape, type Tensor } from "purigrad";

const shape: Shape = [2, 3, 8, 8];
const gpu: Engine = await createEngine({ adapter: "software", seed: 1 });
const w: Tensor = gpu.zeros([4, 3, 3, 3]);
const conv = (x: Tensor) => conv2d(x, w, undefined, { stride: 2, padding: [1, 0] });
const step = gpu.capture((x: Tensor) => valueAndGrad(() => conv(x), [w]).grads[0]!);
const data: Float32Array = await step({ data: new Float32Array(384), shape }).data();
// @ts-expect-error: labels are not optional
crossEntropy(w);
// @ts-expect-error: there is no such adapter
await createEngine({ adapter: "quantum" });
gpu.close();
console.log(data.length, gpu.device.lost);
`;

pack("a TypeScript file that uses it type-checks, with its declarations", async () => {
  writeFileSync(join(folder, "use.ts"), TYPED);
  for (const how of [["--module", "nodenext"], ["--module", "esnext", "--moduleResolution", "bundler"]])
    assert.is(
      await node(resolve("node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--target", "es2023", ...how,
        "use.ts"),
      "",
    );
});

pack.run();
