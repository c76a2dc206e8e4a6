// Every variant that the tuner may choose computes the same: forward and gradients of rows around the edges of the
// tiles, once with each variant of each heavy op.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d, createEngine, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { withWinograd } from "../src/kernels/conv/winograd.ts";
import { rows } from "../src/verify/table/index.ts";
import { filled, idOf, seeded } from "../src/verify/table/table.ts";
import { differing, differingIn, differingInLarge, VARIED, variedRows } from "../src/verify/variants.ts";

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

for (const [variant, stride] of inNode ? [["winograd", 1], ["columns", 2]] as const : [])
  variants(`${variant} takes many images in chunks`, async () => {
    const [N, C, H] = [6, 32, 101]; // 4 MiB hold 910 of Winograd's tiles, 6 x 26 x 26, and 3,640 of 6 x 51 x 51 columns
    const random = seeded("chunks");
    const make = (shape: number[]) =>
      gpu.tensor(new Float32Array(filled(shape.reduce((a, b) => a * b, 1), () => 2 * random() - 1)), shape);
    const OH = Math.ceil(H / stride);
    const made = [make([N, C, H, H]), make([C, C, 3, 3]), make([N, C, OH, OH])];
    const [x, w, dy] = made as [Tensor, Tensor, Tensor];
    const grads = () => valueAndGrad(() => conv2d(x, w, undefined, { padding: 1, stride }), [x, w], dy).grads;
    assert.equal(await differing(gpu, grads, { only: [variant, "subgroup", "plain"] }), []);
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
  for (const start of VARIED) assert.ok(rows.some((r) => idOf(r).startsWith(start)), `there is no row ${start}`);
});

variants.run();
