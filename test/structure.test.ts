// The architecture as a test. Imports point one way and go in no circle, types counted; what touches Node stays in its
// rooms; lines and files keep their size.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.includes("node_modules")); // bench/peers has packages of its own, once it has run

const sources = ["src", "bench", "test"].flatMap((folder) => filesIn(folder, /\.ts$/));
const IMPORT = /(?:^|\n)(?:import|export)\b[^;"]*?from\s*"([^"]+)"|(?:^|\n)import\s*"([^"]+)"|\bimport\("([^"]+)"\)/g;

/** What a file imports, types included: paths of files, or names of packages. */
const importsOf = (file: string): string[] => importsIn(readFileSync(file, "utf8"), file);

function importsIn(text: string, file: string): string[] {
  const found = [...text.matchAll(IMPORT)].map(([, a, b, c]) => (a ?? b ?? c)!);
  return found.map((
    name,
  ) => (name.startsWith(".") ? normalize(join(dirname(file), name))
    : name === "#adapter" ? "src/engine/device/adapter.node.ts" : name)
  );
}
const graph = new Map(sources.map((file) => [file, importsOf(file)]));

/** Which rooms a room may import from, besides itself. */
const LIBRARY = ["shaders", "engine", "kernels", "model", "attacks", "data", "index"];
const MAY: Record<string, string[]> = {
  shaders: [],
  engine: ["shaders"],
  kernels: ["shaders", "engine"],
  data: ["engine"],
  report: [],
  model: ["shaders", "engine", "kernels", "data"],
  attacks: ["shaders", "engine", "kernels"],
  index: ["engine", "kernels", "model", "attacks", "evaluate", "report", "types"],
  types: ["engine", "kernels", "model", "attacks", "data", "evaluate", "report"],
  safetensors: ["data", "model"],
  train: [...LIBRARY, "report"],
  defences: [...LIBRARY, "train"],
  evaluate: [...LIBRARY, "report", "defences"],
  paper: [...LIBRARY, "report", "train", "defences", "evaluate"],
  verify: [...LIBRARY, "train", "defences", "evaluate"],
  readme: [...LIBRARY, "report", "defences", "evaluate", "paper"],
  cli: [...LIBRARY, "report", "train", "defences", "evaluate", "paper", "verify", "readme"],
  bench: [...LIBRARY, "report", "train", "defences", "paper", "verify", "readme", "cli"],
  test: [...LIBRARY, "report", "train", "defences", "evaluate", "paper", "verify", "readme", "cli", "bench"],
};
const room = (path: string): string | undefined =>
  new RegExp(`^(?:src/)?(${Object.keys(MAY).join("|")})\\b`).exec(path)?.[1];

/**
 * Within the engine: what each of its rooms may see of the others. host.ts and tensor.ts are there for all but the
 * first two.
 */
const ENGINE: Record<string, RegExp> = {
  device: /^src\/engine\/device\//,
  memory: /^src\/engine\/(device|memory)\//,
  run: /^src\/engine\/((device|memory|run)\/|host|print|tensor)/,
  grad: /^src\/engine\/((memory|run|grad)\/|host|tensor)/,
};

/** Circles of files: the strongly connected components of more than one (Tarjan 1972). */
function circles(): string[][] {
  const [index, low, stack, found] = [new Map<string, number>(), new Map<string, number>(), [] as string[],
    [] as string[][]];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const to of graph.get(file) ?? []) {
      if (!graph.has(to)) continue;
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of sources) if (!index.has(file)) visit(file);
  return found;
}

const structure = suite("structure");

structure("the graph is read: files, packages and shaders", () => {
  assert.ok(sources.length > 150 && graph.get("src/engine/engine.ts")!.includes("src/engine/tensor.ts"));
  assert.ok(graph.get("src/engine/random.ts")!.includes("shaders/random/philox.wgsl"));
  assert.ok(graph.get("src/engine/tensor.ts")!.includes("src/engine/run/shader.ts"), "types count");
});

structure("no circle of imports, types counted", () => assert.equal(circles(), []));

structure("arrows between rooms never point back", () => {
  const edges = [...graph].flatMap(([from, all]) => all.map((to) => ({ from, to })));
  const wrong = edges.filter(({ from, to }) =>
    room(to) && room(from) !== room(to) && !MAY[room(from)!]!.includes(room(to)!)
  );
  assert.equal(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});

structure("nor do arrows between the engine's rooms", () => {
  const wrong = [...graph].flatMap(([from, all]) => {
    const allowed = ENGINE[/^src\/engine\/(\w+)\//.exec(from)?.[1] ?? ""];
    return allowed
      ? all.filter((to) => to.startsWith("src/engine/") && !allowed.test(to)).map((to) => `${from} -> ${to}`) : [];
  });
  assert.equal(wrong, []);
});

const external = (to: string): boolean => !to.startsWith("src/") && !to.startsWith("shaders/");

structure("only *.node.ts, src/data, what writes files and the command use Node's modules or npm packages", () => {
  const library = [...graph].filter(([from]) =>
    from.startsWith("src/") && !/^src\/(data|report|train|paper|readme|cli)|\.node\.ts$/.test(from)
  );
  assert.equal(library.flatMap(([from, all]) => all.filter(external).map((to) => `${from} -> ${to}`)), []);
});

structure("what a browser runs reaches no file that uses them, types aside", () => {
  const values = (file: string) => importsIn(readFileSync(file, "utf8").replace(/import type [^;]*;/g, ""), file);
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file) || file === "src/engine/device/adapter.node.ts") return; // #adapter: another in a browser
    reached.add(file);
    if (file.startsWith("src/")) values(file).forEach(visit);
  };
  const start = sources.filter((file) => /^src\/(attacks|defences|evaluate|model)\b/.test(file));
  [...start, "src/train/trainer.ts", "src/train/store.ts"].forEach(visit);
  assert.equal([...reached].filter((to) => external(to)), []);
});

/** How many may be longer: these numbers only go down. */
const LONG_LINES = 0;
const LONG_FILES = 0;

structure("lines have 120 columns at most", () => {
  const files = [...sources, ...filesIn("shaders", /\.wgsl$/), ...filesIn("test", /\.mjs$/),
    ...filesIn("web", /\.m?[tj]s$/), ...filesIn("bench/isa", /\.mjs$/), "build.mjs"];
  const long = files.flatMap((file) =>
    readFileSync(file, "utf8").split("\n").flatMap((line, i) => (line.length > 120 ? [`${file}:${i + 1}`] : []))
  );
  assert.ok(long.length <= LONG_LINES, `${long.length} lines are longer, ${LONG_LINES} were: ` +
    `${long.slice(0, 10).join(", ")}`);
});

structure("files of src have 250 lines at most, tables of rows aside", () => {
  const code = sources.filter((file) => file.startsWith("src/") && !file.startsWith("src/verify/table/"));
  const long = code.filter((file) => readFileSync(file, "utf8").split("\n").length > 251);
  assert.ok(long.length <= LONG_FILES, `${long.length} files are longer, ${LONG_FILES} were: ${long.join(", ")}`);
});

structure("no code asks for a dataset, a defence or a network by its name", () => {
  const asks = /(startsWith|endsWith|includes)\("(c?vae|signed|\+g|mnist|cifar)|[!=]== "(dae|c?vae|cnn|mnist|cifar10)"/;
  const rooms = sources.filter((file) => /^src\/(train|defences|evaluate|paper|report|attacks|cli)\b/.test(file));
  assert.equal(rooms.filter((file) => asks.test(readFileSync(file, "utf8"))), []);
});

structure.run();
