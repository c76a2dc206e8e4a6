// The declarations compile for whoever installs the package: TypeScript 5.9 and 7, with and without the DOM library and
// @webgpu/types, both ways of resolution, libraries checked too.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createRequire } from "node:module";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packPurigrad, Project } from "./packed.ts";

const COMPILERS = { "5.9": "typescript-5.9", "7.0": "typescript" };
const MODULES = { node16: { module: "node16", moduleResolution: "node16" },
  bundler: { module: "esnext", moduleResolution: "bundler" } };

interface Cell {
  version: keyof typeof COMPILERS;
  modules: keyof typeof MODULES;
  dom: boolean;
  webgpu: boolean;
}
const either = [false, true];
/** All of them in 7; in 5.9, which takes ten times as long, each pair of libraries with one way of resolution. */
const CELLS: Cell[] = (Object.keys(COMPILERS) as Cell["version"][]).flatMap((version) =>
  (Object.keys(MODULES) as Cell["modules"][]).flatMap((modules) =>
    either.flatMap((dom) => either.map((webgpu) => ({ version, modules, dom, webgpu })))
  )
).filter(({ version, modules, dom, webgpu }) => version !== "5.9" || (modules === "node16") === (dom === webgpu));

const COMMON = `
import { conv2d, createEngine, crossEntropy, fit, pgd, relu, valueAndGrad, type AuditOptions, type Engine, type Runtime,
  type Shape, type Tensor } from "purigrad";
import { mnist, type ByteSet } from "purigrad/data";
import { parseSafetensors, saveSafetensors } from "purigrad/safetensors";

const shape: Shape = [2, 3, 8, 8];
const gpu: Engine = await createEngine({ adapter: "software", seed: 1 });
const runtime: Runtime = gpu;
const w: Tensor = runtime.zeros([4, 3, 3, 3]);
const conv = (x: Tensor) => relu(conv2d(x, w, undefined, { stride: 2, padding: [1, 0] }));
const step = gpu.capture((x: Tensor) => valueAndGrad(() => conv(x), [w]).grads[0]!);
const data: Float32Array = await step({ data: new Float32Array(384), shape }).data();
const ms: number = (await step.profile()).ms;
const set: ByteSet = mnist.read("test");
const bytes: Uint8Array = saveSafetensors({ w: { dtype: "F32", shape: [data.length], data } });
const options: AuditOptions = { eps: ms, seed: set.n };
export const all = [parseSafetensors(bytes), options, fit, pgd(conv, { eps: 0.1 }), gpu.adapter.name];
// @ts-expect-error: labels are not optional
crossEntropy(w);
// @ts-expect-error: there is no such adapter
await createEngine({ adapter: "quantum" });
// @ts-expect-error: whose memory it is concerns the engine alone
w.storage;
`;
/** Where the program knows WebGPU, so does the package. */
const KNOWN = "export const queue: GPUQueue = gpu.device.queue;\n";
const UNKNOWN = "// @ts-expect-error: unknown\ngpu.device.queue;\n";

const project = new Project();
const types = suite("types for consumers");
types.before(async () => {
  project.install("purigrad", await packPurigrad(project.folder));
  project.link("@webgpu/types");
});
types.after(() => project.remove());

const tsc = (name: string) => join(dirname(createRequire(resolve("package.json")).resolve(`${name}/package.json`)),
  "bin/tsc");

/** Whether TypeScript's own DOM library has WebGPU. */
const hasWebgpu = ({ version, dom, webgpu }: Cell): boolean => webgpu || (dom && version !== "5.9");

/**
 * @webgpu/types does not compile without the DOM library, nor beside one that has WebGPU: errors between these two are
 * there without purigrad as well, and do not count where there are any.
 */
const CONFLICT = /^\S*(@webgpu\/types\/|lib\.dom\.)[^:]*: error TS/;
const conflicts = ({ version, dom, webgpu }: Cell): boolean => webgpu && !(dom && version === "5.9");

/** Errors as lines, a line each; what goes on below is indented. */
const errorsOf = (output: string): string[] => output.split("\n").filter((line) => /^\S/.test(line));

for (const cell of CELLS) {
  const { version, modules, dom, webgpu } = cell;
  types(`TypeScript ${version}, ${modules}, DOM ${dom}, @webgpu/types ${webgpu}`, async () => {
    project.write("use.ts", COMMON + (hasWebgpu(cell) ? KNOWN : UNKNOWN));
    project.write("tsconfig.json", JSON.stringify({ files: ["use.ts"], compilerOptions: { strict: true, noEmit: true,
      target: "es2022", lib: ["es2022", ...(dom ? ["dom"] : [])], types: webgpu ? ["@webgpu/types"] : [],
      skipLibCheck: false, ...MODULES[modules] } }));
    const output = await project.node(tsc(COMPILERS[version]), "-p", ".", "--pretty", "false")
      .catch(({ stdout, message }: { stdout?: string; message: string }) => stdout || message);
    assert.equal(errorsOf(output).filter((line) => !(conflicts(cell) && CONFLICT.test(line))), []);
  });
}

types("every entry has one declaration file, which imports nothing and names no class of the engine's inside", () => {
  const folder = join(project.module("purigrad"), "dist/types");
  assert.equal(readdirSync(folder).sort(), ["data.d.ts", "index.d.ts", "safetensors.d.ts"]);
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    assert.not.match(text, /^import |\bimport\(|@internal|#adapter|\.ts["']/m);
    assert.not.match(text, /\b(class (Pool|Faults|Stream|Recording|Recorder|Pipelines?|Storages?)|GPUBuffer)\b/);
  }
});

types.run();
