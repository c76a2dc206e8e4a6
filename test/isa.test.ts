// `bench --isa`: which pipelines a GPU would run, and the table of what its compiler says. The compilers themselves are
// not here.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isaTable } from "../bench/isa/main.ts";
import { heavyPipelines } from "../bench/isa/pipelines.ts";
import { createEngine } from "../src/index.ts";

const isa = suite("isa");

isa("pipelines of a GPU: each once, its constants put in, with tiles in workgroup memory", async () => {
  const gpu = await createEngine();
  const found = heavyPipelines(gpu, "conv 256->256 2");
  gpu.close();
  assert.is(new Set(found.map(({ code, entry }) => code + entry)).size, found.length);
  const tiled = found.filter(({ kernel }) => kernel === "matmul/matmul_tiled.wgsl");
  assert.ok(tiled.length > 0 && tiled.every(({ case: name }) => name === "conv 256->256 2 k3 s1 b128"));
  for (const { settings, code } of tiled) {
    const [, side] = /SIDE (\d+)/.exec(settings)!;
    assert.match(code, new RegExp(`const SIDE = ${side}u;`));
  }
  assert.not.ok(found.some(({ kernel }) => kernel.includes("subgroup")), "32 lanes are too many to broadcast from");
});

isa("the table: one chip's rows, work a load, a dash where nothing is loaded", () => {
  const row = { case: "matmul 512", kernel: "matmul/a.wgsl", settings: "SIDE 8", chip: "navi31", workgroup: 64,
    vgprs: 96, spilled: 0, lds: 9216, waves: 8, instructions: 933, valu: 100, vmem: 8, latency: 15887,
    inverse_throughput: 3981 };
  const text = isaTable([row, { ...row, chip: "navi21" }, { ...row, kernel: "b.wgsl", vmem: 0 }], "navi31");
  const lines = text.trim().split("\n");
  assert.is(lines.length, 4);
  assert.match(lines[2]!, "| matmul/a.wgsl | SIDE 8 | matmul 512 | 64 | 96 | 0 | 9216 | 8 | 933 | 12.5 | 15887 |");
  assert.match(lines[3]!, "| 933 | - |");
});

isa.run();
