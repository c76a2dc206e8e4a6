/**
 * Bundles into dist/ with esbuild: `node build.mjs [--types] [--part cli|node] [--out DIR]`.
 *
 *   index.js data.js safetensors.js cli.js
 *                                  Node, npm packages left as imports; safetensors.js also for browsers
 *   readme.js bench.js bench-*.js  the same, for `npm run readme`, `bench`, `bench:pytorch` and `bench:peers`; not in
 *                                  the npm package
 *   browser.js                     the same library for browsers, all in one file
 *   web/                           the lab: the page of web/, its script, and the weights, digits and cases it fetches
 *   test/*.js  test/browser/*.js   tests for Node (*.test.ts, *.both.ts) and Chromium (*.browser.ts, *.both.ts)
 *   meta.json                      esbuild's metafile over all of them: who imports whom
 *   types/                         with --types, the build for the npm package: dist/ is emptied, no tests, and each
 *                                  entry has its .d.ts file here
 *
 * --part cli makes cli.js alone, --part node all that runs in Node: sooner done, for test/mutants.
 * --out DIR takes another folder in the place of dist/, and never empties it.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { writeLab } from "./web/assets.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

/**
 * A .wgsl file is text that ends with its own name, so that a shader error names the file also where files are joined.
 */
const wgsl = {
  name: "wgsl",
  setup: ({ onLoad }) => onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
    contents: `${readFileSync(path, "utf8").trimEnd()}\n//# sourceURL=${relative(root, path)}\n`, loader: "text",
  })),
};

/** What can be imported: the entries of package.json's "exports", with a declaration file each. */
const PUBLIC = { index: "src/index.ts", data: "src/data/index.ts", safetensors: "src/safetensors.ts" };

const shared = {
  absWorkingDir: root, bundle: true, format: "esm", target: "es2022", plugins: [wgsl],
  sourcemap: true, metafile: true, logLevel: "error",
};
/** Tests run the examples on the sources. */
const alias = { purigrad: "./src/index.ts" };
/** test/assert.ts in the place of uvu's assertions, which it is made of. */
const assertions = {
  name: "assertions",
  setup: ({ onResolve }) => onResolve({ filter: /^uvu\/assert$/ }, ({ importer }) =>
    importer.endsWith("test/assert.ts") ? undefined : { path: join(root, "test/assert.ts") }),
};
const tests = { splitting: true, alias, plugins: [wgsl, assertions] };
const node = { ...shared, platform: "node", packages: "external" };
const browser = { ...shared, platform: "browser" };

/**
 * Builds everything that exists. Returns the paths of the test bundles and how many of the five parts failed (esbuild
 * has printed why); the tests of a failed part are left out, since their files in dist/ would be old ones.
 */
export async function build({ types = false, part = "all", out = dist } = {}) {
  const start = performance.now();
  if (types && out === dist) rmSync(out, { recursive: true, force: true });
  const nodeTests = types ? [] : files("test", /\.(test|both)\.ts$/);
  const browserTests = types ? [] : files("test", /\.(browser|both)\.ts$/);
  const testEntries = types ? {} : { ...byName(nodeTests), unpack: "src/engine/device/unpack.node.ts",
    packed: "test/packed.ts" };
  const [all, inNode] = [part === "all", part !== "cli"];
  const commands = { cli: "src/cli.ts", ...(inNode && PUBLIC),
    ...(!types && inNode &&
      { readme: "src/cli/readme.ts", bench: "bench/main.ts", "bench-pytorch": "bench/pytorch/main.ts",
        "bench-peers": "bench/peers/main.ts", "bench-worker": "bench/peers/purigrad.ts" }) };
  const settled = await Promise.allSettled([
    bundle(node, commands, out),
    bundle(browser, all ? { browser: "src/index.ts" } : {}, out),
    all && !types ? bundleLab(join(out, "web")) : bundle(browser, {}, out),
    bundle({ ...node, ...tests }, inNode ? testEntries : {}, join(out, "test")),
    bundle({ ...browser, ...tests }, all ? byName(browserTests) : {}, join(out, "test/browser")),
  ]);
  const parts = settled.map((part) => part.value ?? { inputs: {}, outputs: {} });
  const failed = settled.filter((part) => part.status === "rejected").length;
  mkdirSync(out, { recursive: true });
  if (all && !types && out === dist && !failed) await writeLab(root, out);
  if (existsSync(join(out, "cli.js"))) chmodSync(join(out, "cli.js"), 0o755);
  if (types && !failed) await (await import("./build.types.mjs")).emitTypes(root, PUBLIC, join(out, "types"));
  writeFileSync(join(out, "meta.json"), JSON.stringify(mergeMeta(parts), null, 1));
  const count = parts.flatMap((part) => Object.keys(part.outputs)).filter((name) => name.endsWith(".js")).length;
  console.log(`build: ${count} bundles in ${relative(root, out) || "."}/, ` +
    `${((performance.now() - start) / 1000).toFixed(1)} s`);
  const output = (folder) => (path) => join(out, folder, `${stem(path)}.js`);
  const made = (part, paths) => (settled[part].status === "fulfilled" ? paths : []);
  return { nodeTests: made(3, nodeTests).map(output("test")),
    browserTests: made(4, browserTests).map(output("test/browser")), failed };
}

/** The page and the worker that it trains in share one library; the service worker is a script by itself. */
async function bundleLab(out) {
  for (const old of files(relative(root, out), /^shared-.*\.js$/)) rmSync(join(root, old));
  const options = { ...browser, minify: true, sourcemap: false };
  const pages = await bundle({ ...options, splitting: true, chunkNames: "shared-[hash]" },
    { main: "web/main.ts", "train-worker": "web/train-worker.ts" }, out);
  const worker = await bundle({ ...options, format: "iife" }, { sw: "web/sw.ts" }, out);
  return mergeMeta([pages, worker]);
}

async function bundle(options, entries, outdir) {
  const entryPoints = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path))));
  if (Object.keys(entryPoints).length === 0) return { inputs: {}, outputs: {} };
  return (await esbuild.build({ ...options, entryPoints, outdir })).metafile;
}

function files(folder, pattern) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder)).filter((name) => pattern.test(name) && !name.endsWith(".d.ts")).sort().map((
    name,
  ) => `${folder}/${name}`);
}

const stem = (path) => path.replace(/^.*\//, "").replace(/\.ts$/, "");
const byName = (paths) => Object.fromEntries(paths.map((path) => [stem(path), path]));

function mergeMeta(parts) {
  return { inputs: Object.assign({}, ...parts.map((p) => p.inputs)),
    outputs: Object.assign({}, ...parts.map((p) => p.outputs)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { types, part, out } = parseArgs({ options: { types: { type: "boolean" }, part: { type: "string" },
    out: { type: "string" } } }).values;
  const built = await build({ types, part, out: out && resolve(out) }).catch((error) =>
    console.error(`build: ${error.message}`)
  );
  process.exitCode = built?.failed === 0 ? 0 : 1;
}
