// What a user of the npm packages gets: packed by npm, unpacked into a project of its own, with the run-time
// dependencies and, by turns, without the optional peers.

import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packAssets, packPurigrad, Project, type Tarball } from "./packed.ts";

interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  version: string;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
const manifest = read<Manifest>("package.json");

const project = new Project();
const installed = project.module("purigrad");
let [main, assets] = [{} as Tarball, {} as Tarball];

const pack = suite("npm package");
pack.before(async () => {
  [main, assets] = [await packPurigrad(project.folder), await packAssets(project.folder)];
  project.install("purigrad", main);
  // Chromium's SwiftShader for a machine without any driver: purigrad finds it where the user has it
  for (const name of [...Object.keys(manifest.dependencies), "webgpu", "@sparticuz/chromium"]) project.link(name);
});
pack.after(() => project.remove());

/** The message of what a script throws, run in the project. */
const thrown = (script: string): Promise<string> =>
  project.node("--input-type=module", "-e", `try { ${script}; console.log("nothing thrown"); }
    catch (error) { console.log(error.message); }`);

pack("every file that package.json names is there, and nothing that only development needs", () => {
  const exported = Object.values(manifest.exports).flatMap((to) => (typeof to === "string" ? [to] : Object.values(to)));
  for (const path of [...Object.values(manifest.bin), ...exported, "README.md", "LICENSE"])
    assert.ok(existsSync(join(installed, path)), `${path} is missing`);
  accessSync(join(installed, manifest.bin.purigrad!), constants.X_OK);
  assert.match(readFileSync(join(installed, manifest.bin.purigrad!), "utf8"), /^#!\/usr\/bin\/env node\n/);
  const due = /^(package\.json|README\.md|LICENSE|dist\/(types\/\w+\.d\.ts|\w+\.js|(?!cli\.)\w+\.js\.map))$/;
  assert.equal(main.files.filter((file) => !due.test(file)), []);
  assert.equal(main.files.filter((file) => /bench|test|readme\.js/.test(file)), []);
});

pack("the tarball stays under 2 MB", () => {
  assert.ok(main.size < 2e6, `${main.size} bytes`);
  assert.ok(main.size > 1e5, `${main.size} bytes are too few to be all of it`);
});

pack("publint has nothing to say", async () => {
  for (const [name, { path }] of Object.entries({ purigrad: main, "purigrad-assets": assets })) {
    const { messages, pkg } = await publint({ pack: { tarball: readFileSync(path).buffer as ArrayBuffer } });
    assert.is(pkg!.name, name);
    assert.equal(messages.map((message) => formatMessage(message, pkg!)), []);
  }
});

pack("what is imported is Node, dependencies and peers; browser.js and safetensors.js import nothing", () => {
  const known = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  const IMPORT = /^import\b.*?from "([^"]+)"|\bimport\("([^"]+)"\)/gm;
  const imports = (bundle: string) =>
    [...readFileSync(join(installed, "dist", bundle), "utf8").matchAll(IMPORT)].map(([, a, b]) => (a ?? b)!);
  assert.ok(imports("index.js").includes("webgpu"));
  for (const bundle of ["index.js", "cli.js", "data.js"])
    assert.equal(imports(bundle).filter((path) => !path.startsWith("node:") && !known.includes(path)), [], bundle);
  for (const bundle of ["browser.js", "safetensors.js"]) assert.equal(imports(bundle), [], bundle);
});

pack("Node takes index.js, browsers take browser.js", async () => {
  const where = "console.log(import.meta.resolve('purigrad'))";
  const nodes = await project.node("--input-type=module", "-e", where);
  const browsers = await project.node("--conditions=browser", "--input-type=module", "-e", where);
  assert.match(nodes, /\/purigrad\/dist\/index\.js$/);
  assert.match(browsers, /\/purigrad\/dist\/browser\.js$/);
  assert.match(
    await project.node("--conditions=browser", "--input-type=module", "-e",
      "import { conv2d } from 'purigrad'; console.log(typeof conv2d)"),
    "function",
  );
});

pack("purigrad/safetensors writes and reads a file", async () => {
  const script = `import { loadSafetensors, saveSafetensors } from "purigrad/safetensors";
    const bytes = saveSafetensors({ w: { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) } });
    console.log(...loadSafetensors(bytes).w.data);`;
  assert.is(await project.node("--input-type=module", "-e", script), "1 2");
});

const SCRIPT = `
import { createEngine, mul, valueAndGrad } from "purigrad";
const gpu = await createEngine();
const x = gpu.tensor([1, 2, 3]);
const { value, grads } = valueAndGrad(() => mul(x, x), [x]);
console.log(...(await value.data()), ...(await grads[0].data()));
gpu.close();`;

pack("a script that imports purigrad computes", async () => {
  project.write("use.mjs", SCRIPT);
  assert.is(await project.node("use.mjs"), "1 4 9 2 4 6");
});

pack("the command runs", async () => {
  assert.match(await project.node(join(installed, manifest.bin.purigrad!), "help"), "Usage: purigrad");
});

pack("without the package webgpu, Node says what to install", async () => {
  project.hide("webgpu");
  try {
    assert.is(
      await thrown(`const { createEngine } = await import("purigrad"); await createEngine()`),
      "no auto adapter: Node has no WebGPU of its own and the npm package webgpu is not installed; npm install " +
        "webgpu@0.6.2 beside purigrad",
    );
  } finally {
    project.unlink("webgpu");
    project.link("webgpu");
  }
});

const PRETRAINED = `const { createEngine, loadPretrained } = await import("purigrad");
  const gpu = await createEngine();
  const { params } = await loadPretrained(gpu, "cnn").finally(() => gpu.close());
  console.log(params.count)`;
const SLICE = `const { readCifar10Slice } = await import("purigrad/data"); console.log(readCifar10Slice("test").n)`;
const cli = (...args: string[]) => project.node(join(installed, manifest.bin.purigrad!), ...args);
const verify = () => cli("verify", "--only", "/relu");

pack("without purigrad-assets, one sentence says what to install", async () => {
  const how = (path: string) => `${path} comes with the npm package purigrad-assets; npm install ` +
    `purigrad-assets@${manifest.version} beside purigrad`;
  const cnn = "results/mnist/weights/cnn.safetensors";
  assert.is(await thrown(PRETRAINED), `there is no ${cnn} in this installation; ${how(cnn)}`);
  assert.is(await thrown(SLICE), `there is no cases/cifar10 in this installation; ${how("cases/cifar10")}`);
  assert.match(await verify(), `there are none of PyTorch here: ${how("cases")}`);
  const evaluate = await cli("evaluate", "--pretrained").catch((error: Error) => error.message);
  assert.match(evaluate, how("results/mnist/weights"));
  // goes on without them, up to the images that it has not
  const start = await cli("start", "--data", "nowhere").catch((error: Error) => error.message);
  assert.match(start, `1 of 2: left out; it shows trained networks, and ${how("results/mnist/weights")}`);
  assert.match(start, "2 of 2");
});

pack("with purigrad-assets, weights, cases and images are found", async () => {
  project.install("purigrad-assets", assets);
  assert.match(await thrown(PRETRAINED), /^\d+\nnothing thrown$/);
  assert.is(await thrown(SLICE), "200\nnothing thrown");
  const lines = await verify();
  assert.not.match(lines, "purigrad-assets");
  assert.match(lines, /^pass +activation +ops\/activation\/relu /m);
  assert.ok(existsSync(join(project.module("purigrad-assets"), "results/cifar10/weights/cnn.safetensors")));
});

pack("purigrad and purigrad-assets have one version", () => {
  assert.is(read<Manifest>("assets/package.json").version, manifest.version);
  assert.is(manifest.peerDependencies["purigrad-assets"], manifest.version);
});

pack.run();
