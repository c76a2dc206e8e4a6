// Half precision: every variant of the ops whose operands it may round, what overflows and underflows, a training, and
// the sentence for an adapter that has no f16.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findAdapter } from "#adapter";
import { accuracy, adam, cnn, createEngine, crossEntropy, matmul, mul, valueAndGrad, type Engine,
  type Tensor } from "../src/index.ts";
import { fit, trainingStep } from "../src/model/train.ts";
import { checkRow } from "../src/verify/table/check.ts";
import { idOf } from "../src/verify/table/table.ts";
import { differingIn, differingInSpecial, guardedRows, variedRows } from "../src/verify/variants.ts";
import { messageOf } from "./engine-tools.ts";
import { stripes } from "./stripes.ts";

const half = suite("half precision");
const choice = await findAdapter();
const has = choice.adapter.features.has("shader-f16");
const withHalf = has ? half : half.skip; // an adapter without shader-f16, as SwiftShader

/** The kernels that round their operands: a software adapter prefers others, of float32. */
const ROUNDING = { matmul: "tiled 32", conv2d: "tiled", "conv2d dx": "tiled", "conv2d dw": "tiled" };
function force(gpu: Engine): void {
  if (!gpu.matrixUnit) Object.entries(ROUNDING).forEach(([op, name]) => gpu.tuner.force(op, name));
}

let open: Engine | null = null;
const engine = async (): Promise<Engine> => (open ??= await createEngine({ precision: "f16" }));
half.after(() => open?.close());

half("an adapter without f16, and a precision that there is not, are one sentence", async () => {
  assert.match(await messageOf(() => createEngine({ precision: "f8" as "f16" })),
    /^createEngine: precision is f8; "f32" or "f16" is due$/);
  if (!has) assert.match(await messageOf(() => createEngine({ precision: "f16" })),
    /^createEngine: precision "f16" needs the WebGPU feature shader-f16, which .* does not have; leave precision out$/);
});

/** Every third row of variants.both.ts; a browser takes five times as long. */
const rows = variedRows().filter((_, i) => i % (typeof process === "undefined" ? 16 : 3) === 0);
for (const row of rows)
  withHalf(`${idOf(row)}, all variants`, async () => assert.equal(await differingIn(await engine(), row), []));
for (const row of guardedRows().slice(0, typeof process === "undefined" ? 1 : undefined))
  withHalf(`${idOf(row)} where numbers are not finite`, async () =>
    assert.equal(await differingInSpecial(await engine(), row), []));

withHalf("the forced kernels agree with float64 to half precision, and not to float32", async () => {
  const gpu = await createEngine({ precision: "f16" });
  force(gpu);
  const row = variedRows().find((r) => idOf(r).startsWith("conv2d 3x3"))!;
  assert.equal(await checkRow(gpu, row), []);
  const [a, b] = [gpu.full([4, 32], 1 + 2 ** -12), gpu.full([32, 4], 1)];
  assert.equal(new Set(await matmul(a, b).data()), new Set([32]), "2^-12 is rounded away");
  gpu.close();
});

withHalf("what overflows is infinite, what underflows is zero, sums do neither", async () => {
  const gpu = await createEngine({ precision: "f16" });
  force(gpu);
  const product = async (x: number, y: number, K = 4) =>
    (await matmul(gpu.full([4, K], x), gpu.full([K, 4], y)).data())[0]!;
  assert.equal(await Promise.all([65504, 70000, -70000, 1e30].map((x) => product(x, 1))),
    [4 * 65504, Infinity, -Infinity, Infinity]);
  assert.ok(Number.isNaN(await product(NaN, 1)));
  assert.is(await product(1e-9, 1), 0);
  assert.is(await product(60000, 60000), 4 * Math.fround(60000) ** 2);
  assert.is(await product(1, 1, 4096), 4096, "2049 has no f16: the sum is of float32");
  gpu.close();
});

withHalf("a gradient that would be zero comes through where the loss is multiplied", async () => {
  const gpu = await createEngine({ precision: "f16" });
  force(gpu);
  const [x, w] = [gpu.full([8, 8], 1), gpu.full([8, 8], 1)];
  const gradient = async (scale: number) =>
    (await mul(valueAndGrad(() => matmul(x, w), [w], gpu.full([8, 8], 1e-8 * scale)).grads[0]!, 1 / scale).data())[0]!;
  assert.is(await gradient(1), 0);
  assert.ok(Math.abs(await gradient(2 ** 16) - 8e-8) < 1e-10);
  gpu.close();
});

/** Share of the test stripes that a small network has right after a short training. */
async function learned(precision: "f32" | "f16"): Promise<{ right: number; rounded: boolean }> {
  const gpu = await createEngine({ seed: 1, precision });
  force(gpu);
  const [train, test] = [stripes(512, 1), stripes(256, 2)];
  const upload = (set: typeof train) => ({ images: gpu.tensor(Float32Array.from(set.bytes, (v) => v / 255),
    [set.n, ...set.shape]), labels: gpu.tensor(set.labels, [set.n], "i32") });
  const net = cnn(gpu, 1, { channels: [8, 16], hidden: 32, shape: train.shape, classes: 4 });
  const optimizer = adam([net.params], { lr: 0.01 });
  const step = trainingStep(gpu, upload(train), [net.params], optimizer, (x: Tensor, y: Tensor) =>
    crossEntropy(net.forward(x, true), y));
  const options = { name: "stripes", n: train.n, batch: 64, epochs: 4, seed: 1, schedule: () => 0.01 };
  await fit(step, optimizer, options);
  const { images, labels } = upload(test);
  const right = await accuracy(net.forward(images), labels).item();
  const [a, b] = [gpu.full([4, 32], 1 + 2 ** -12), gpu.full([32, 4], 1)];
  const rounded = (await matmul(a, b).data())[0] === 32;
  gpu.close();
  return { right, rounded };
}

withHalf("a network learns as well as in float32", async () => {
  const [whole, rounded] = [await learned("f32"), await learned("f16")];
  assert.equal([whole.rounded, rounded.rounded], [false, true]);
  assert.ok(whole.right > 0.9 && Math.abs(whole.right - rounded.right) < 0.05, `${whole.right}, ${rounded.right}`);
});

half.run();
