// Every variant that the tuner may choose computes the same, not only the preferred one: forward and gradients of rows
// around the edges of the tiles, once with each variant of each heavy op.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d, createEngine, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { agrees } from "../src/engine/tuner.ts";
import { withWinograd } from "../src/kernels/conv/winograd.ts";
import { rows } from "../src/lab/verify/table/index.ts";
import { filled, idOf, makeInputs, seeded, type OpRow } from "../src/lab/verify/table/table.ts";

/** Beginnings of ids; each is one row or a few that differ in a transpose or a stride. */
const CHOSEN = [
  "conv2d 3x3",
  "conv2d 2x2",
  "conv2d 1x2,",
  "conv2d 7x7,",
  "conv2d 65 output channels",
  "conv2d 33 input channels",
  "conv2d 130 channels",
  "conv2d 65 segments",
  "conv2d many parts",
  "conv2d dilation [3,2]",
  "conv2d 3 groups",
  "conv2d depthwise",
  "conv2d Winograd",
  "conv2d 2x3, stride 4",
  "conv2d relu",
  "convTranspose2d 3x3",
  "convTranspose2d 4x4, stride 2, padding 1",
  "convTranspose2d 8x6",
  "convTranspose2d 33 channels",
  "convTranspose2d 2 groups",
  "convTranspose2d relu",
  "linear around",
  "linear whole vec4s",
  "linear a long sum",
  "linear many rows",
  "matmul odd, NN",
  "matmul around",
  "matmul beyond a tile, TT",
  "matmul beyond a tile, whole vec4s, TN",
  "matmul beyond a tile of 128",
  "matmul batched, NT",
  "matmul batched, whole vec4s, TT",
  "matmul a for all of b, NN",
  "matmul b for all of a, TN",
  "matmul a long sum",
];

const variants = suite("variants");
let gpu: Engine;
variants.before(async () => void (gpu = await createEngine()));
variants.after(() => gpu.close());

/** The result and all gradients of a row, read back. */
async function computed(run: () => Tensor[]): Promise<Float32Array[]> {
  const made = gpu.scope(run);
  const data: Float32Array[] = [];
  for (const t of made) data.push(await t.data());
  made.forEach((t) => t.dispose());
  return data;
}

/** The row's call and gradients as a function of nothing. */
function calls(row: OpRow, made: Tensor[]): () => Tensor[] {
  const keep = (t: Tensor) => (made.push(t), t);
  const t = Object.fromEntries(
    Object.entries(makeInputs(row, "variants")).map((
      [name, { host }],
    ) => [name, keep(gpu.tensor(new Float32Array(host), host.shape))]),
  );
  const random = seeded(`${idOf(row)} dy`);
  const dy = keep(
    gpu.tensor(new Float32Array(filled(row.shape!.reduce((a, b) => a * b, 1), () => 2 * random() - 1)), row.shape),
  );
  return () => {
    const { value, grads } = valueAndGrad(() => row.run(t), Object.values(t), dy);
    return [value, ...grads];
  };
}

/**
 * Forces each variant in turn, or those of `only`, and returns "op variant: output" for those that differ from the
 * preferred one.
 */
async function differing(run: () => Tensor[], tried: Set<string>, only?: string[]): Promise<string[]> {
  // shape classes of one op share their names
  const heavy = new Map(gpu.tuner.heavy(run).map(({ op, variants }) => [op, variants]));
  for (const [op, [first]] of heavy) gpu.tuner.force(op, first!);
  const due = await computed(run);
  const wrong: string[] = [];
  for (const [op, [first, ...others]] of heavy) {
    for (const name of others.filter((n) => only?.includes(n) ?? true)) {
      gpu.tuner.force(op, name);
      tried.add(`${op} ${name}`);
      (await computed(run)).forEach((data, i) => agrees(data, due[i]!) || wrong.push(`${op} ${name}: output ${i}`));
    }
    gpu.tuner.force(op, first!);
  }
  for (const op of heavy.keys()) gpu.tuner.force(op, null);
  return wrong;
}

const tried = new Set<string>();
for (const row of rows.filter((r) => CHOSEN.some((start) => idOf(r).startsWith(start))))
  variants(idOf(row), async () => {
    const made: Tensor[] = [];
    assert.equal(await differing(calls(row, made), tried), []);
    made.forEach((t) => t.dispose());
  });

variants("Winograd takes many images in chunks", async () => {
  const [N, C, H] = [6, 32, 101]; // 6 x 26 x 26 tiles, 4 MiB hold 910 tiles of 32 channels
  const random = seeded("chunks");
  const make = (shape: number[]) =>
    gpu.tensor(new Float32Array(filled(shape.reduce((a, b) => a * b, 1), () => 2 * random() - 1)), shape);
  const made = [make([N, C, H, H]), make([C, C, 3, 3]), make([N, C, H, H])];
  const [x, w, dy] = made as [Tensor, Tensor, Tensor];
  assert.equal(
    await differing(() => valueAndGrad(() => conv2d(x, w, undefined, { padding: 1 }), [x, w], dy).grads, new Set(), [
      "winograd",
      "subgroup",
      "plain",
    ]),
    [],
  );
  made.forEach((t) => t.dispose());
});

variants("Winograd leaves images to the others whose transform no buffer holds", () => {
  const size = { N: 1, C: 64, O: 64, KH: 3, KW: 3, SH: 1, SW: 1, PH: 1, PW: 1, DH: 1, DW: 1, groups: 1 };
  const runs = (H: number) =>
    withWinograd(gpu, { ...size, H, W: H, OH: H, OW: H }, [], () => gpu.zeros([1])).map((v) => v.runs(gpu));
  assert.equal(runs(32), [true]);
  assert.equal(runs(2 ** 15), [false]);
});

variants("every heavy op has more than one variant here, and all of them were run", () => {
  assert.equal(
    ["conv2d", "conv2d dx", "conv2d dw", "matmul"].filter((op) => ![...tried].some((id) => id.startsWith(`${op} `))),
    [],
  );
  for (const start of CHOSEN) assert.ok(rows.some((r) => idOf(r).startsWith(start)), `there is no row ${start}`);
});

variants.run();
