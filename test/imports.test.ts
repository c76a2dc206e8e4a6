// The architecture as a test: imports point one way, and no file outside src/data, src/lab and src/cli touches Node.

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";

interface Meta {
  inputs: Record<string, { imports: { path: string; external?: boolean }[] }>;
}
const meta = JSON.parse(readFileSync("dist/meta.json", "utf8")) as Meta;

/** Which rooms a room may import from, besides itself. */
const MAY: Record<string, string[]> = {
  shaders: [],
  engine: ["shaders"],
  kernels: ["shaders", "engine"],
  model: ["shaders", "engine", "kernels"],
  attacks: ["shaders", "engine", "kernels"],
  data: [],
  lab: ["engine", "kernels", "model", "attacks", "data", "index"],
  index: ["engine", "kernels", "model", "attacks"],
  cli: ["engine", "data", "lab", "index"],
};
const room = (path: string): string | undefined => /^(?:src\/)?(shaders|engine|kernels|model|attacks|data|lab|cli|index)\b/.exec(path)?.[1];
const edges = Object.entries(meta.inputs).flatMap(([from, { imports }]) => imports.map(({ path, external }) => ({ from, path, external })));

const imports = suite("imports");

imports("arrows between rooms never point back", () => {
  const own = edges.filter((e) => !e.external && room(e.from) && room(e.path) && room(e.from) !== room(e.path));
  assert.ok(own.length > 20, "the metafile lists the project's files");
  const wrong = own.filter((e) => !MAY[room(e.from)!]!.includes(room(e.path)!)).map((e) => `${e.from} -> ${e.path}`);
  assert.equal(wrong, []);
});

imports("only files named *.node.ts, src/data, src/lab and the command use Node's modules or npm packages", () => {
  const wrong = edges
    .filter((e) => e.external && e.from.startsWith("src/") && !/^src\/(data|lab|cli)|\.node\.ts$/.test(e.from))
    .map((e) => `${e.from} -> ${e.path}`);
  assert.equal(wrong, []);
});

imports.run();
