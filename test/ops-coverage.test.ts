// Nothing is left out: every op has a row, a wrong call and a bench row; every row names an op; every shader is loaded.

import { readFileSync, readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rows as bench } from "../bench/rows.ts";
import * as kernels from "../src/kernels/index.ts";
import { rows, wrong } from "../src/verify/table/index.ts";
import { idOf } from "../src/verify/table/table.ts";

const coverage = suite("coverage of the ops");
const ops = Object.entries(kernels).filter(([, value]) => typeof value === "function").map(([name]) => name);
const without = (covered: Iterable<string>) => {
  const set = new Set(covered);
  return ops.filter((op) => !set.has(op));
};
const files = (folder: string, end: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(end)).map((name) =>
    `${folder}/${name}`
  );

coverage("every op of src/kernels/index.ts has a row in the table",
  () => assert.equal(without(rows.map((r) => r.op)), []));

coverage("every op has a wrong call in the table", () => assert.equal(without(wrong.map((r) => r.op)), []));

coverage("every row names an op, and no two rows have one id", () => {
  const ids = rows.map(idOf);
  assert.equal([...rows, ...wrong].map((r) => r.op).filter((op) => !ops.includes(op)), []);
  assert.equal(ids.filter((id, i) => ids.indexOf(id) !== i), []);
});

coverage("every shader is imported by a source file", () => {
  const imported = new Set(
    files("src", ".ts").flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/from ".*?(shaders\/[^"]+\.wgsl)"/g)].map((m) => m[1]!)
    ),
  );
  assert.equal(files("shaders", ".wgsl").filter((file) => !imported.has(file)), []);
});

coverage("every op has a row in bench/rows.ts", () => assert.equal(without(bench.map((r) => r.op)), []));

coverage.run();
