// Every variant that the tuner may choose computes the same: forward and gradients of rows around the edges of the
// tiles, once with each variant of each heavy op.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d, createEngine, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { withWinograd } from "../src/kernels/conv/winograd.ts";
import { rows } from "../src/verify/table/index.ts";
import { idOf } from "../src/verify/table/table.ts";
import { differingIn, differingInChunks, differingInLarge, VARIED, variedRows } from "../src/verify/variants.ts";

const variants = suite("variants");
let gpu: Engine;
variants.before(async () => void (gpu = await createEngine()));
variants.after(() => gpu.close());

/** A browser runs the same kernels and takes five times as long: every eighth row, and none of the large ones. */
const inNode = typeof process !== "undefined";
const taken = variedRows().filter((_, i) => inNode || i % 8 === 0);
const tried = new Set<string>();
for (const row of taken)
  variants(idOf(row), async () => assert.equal(await differingIn(gpu, row, { tried }), []));

if (inNode) variants("matmul of operands that are packed", async () => assert.equal(await differingInLarge(gpu), []));

if (inNode) variants("images that are taken in chunks", async () => assert.equal(await differingInChunks(gpu), []));

if (inNode) variants("columns of more pixels than one row of workgroups has threads", async () => {
  const [x, w, dy] = [gpu.full([1, 4, 2064, 2064], -1), gpu.full([4, 4, 1, 1], 2), gpu.full([1, 4, 258, 258], 3)];
  gpu.full(x.shape, -1).dispose(); // what the pool gives next is not 0
  gpu.tuner.force("conv2d dx", "columns");
  const [dx] = valueAndGrad(() => conv2d(x, w, undefined, { stride: 8 }), [x], dy).grads as [Tensor];
  gpu.tuner.force("conv2d dx", null);
  const seen = (v: number, i: number) => v === (i % 8 || Math.floor(i / 2064) % 8 ? 0 : 24);
  assert.ok((await dx.data()).every(seen));
  [x, w, dy, dx].forEach((t) => t.dispose());
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
  for (const start of VARIED) assert.ok(rows.some((r) => idOf(r).startsWith(start)), `there is no row ${start}`);
});

variants.run();
