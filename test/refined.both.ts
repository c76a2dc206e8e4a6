// Latent refinement: what it does to the reconstruction, and that a gradient goes through all of its steps.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cvaeGRefined } from "../src/defences/refined.ts";
import { createEngine, grad, mlpAutoencoder, mul, purify, sum, type Engine, type Tensor } from "../src/index.ts";

const test = suite("latent refinement");
const SHAPE = [1, 4, 4] as const;
const PIXELS = 16;
let gpu: Engine;
test.before(async () => {
  gpu = await createEngine({ seed: 0 });
});
test.after(() => gpu.close());

/** A network of random weights, before it and behind the refinement. */
function both(): { plain: (x: Tensor) => Tensor; refined: (x: Tensor) => Tensor } {
  const net = mlpAutoencoder(gpu, 3, { hidden: 12, latent: 4, shape: SHAPE });
  const { purify: refined } = cvaeGRefined.open({ network: { net, parts: {} } } as never) as { purify: (x: Tensor) =>
    Tensor };
  return { plain: (x) => purify(net, x), refined };
}
const pattern = (n: number) => Float32Array.from({ length: n * PIXELS }, (_, i) => 0.5 + 0.5 * Math.sin(i * i));
const images = (data: Float32Array) => gpu.tensor(data, [data.length / PIXELS, ...SHAPE]);

test("reconstructions come closer to the images, beyond what is allowed to differ", async () => {
  const [{ plain, refined }, x] = [both(), pattern(3)];
  const beyond = async (model: (x: Tensor) => Tensor) =>
    (await gpu.scope(() => model(images(x))).data()).reduce((error, v, i) =>
      error + Math.max(0, Math.abs(v - x[i]!) - 0.2) ** 2, 0);
  const [before, after] = [await beyond(plain), await beyond(refined)];
  assert.ok(after < before - 0.01, `${before} before, ${after} after`);
});

test("a reconstruction that is near enough stays as it is", async () => {
  const { plain, refined } = both();
  const near = pattern(3).map((v) => 0.5 + 0.1 * (v - 0.5)); // random weights make grey images
  const [before, after] = await Promise.all([plain, refined].map((model) =>
    gpu.scope(() => model(images(near))).data()));
  assert.equal(after, before);
});

test("the gradient is that of all steps, as differences of the output have it", async () => {
  const [{ plain, refined }, at] = [both(), pattern(1)];
  const weights = images(pattern(1).map((v) => v - 0.3));
  const weighed = (model: (x: Tensor) => Tensor) => (x: Tensor) => sum(mul(model(x), weights));
  const gradient = (model: (x: Tensor) => Tensor) => gpu.scope(() => {
    const x = images(at);
    return grad(() => weighed(model)(x), [x])[0]!;
  }).data();
  const value = async (x: Float32Array) => gpu.scope(() => weighed(refined)(images(x))).item();
  const [whole, encoder] = [await gradient(refined), await gradient(plain)];
  const step = 0.02;
  const moved = (by: number) => at.map((v, i) => v + by * Math.sign(whole[i]!));
  const due = whole.reduce((total, v) => total + Math.abs(v), 0);
  const measured = (await value(moved(step)) - await value(moved(-step))) / (2 * step);
  assert.ok(Math.abs(measured - due) < 0.05 * due, `${measured} by differences, ${due} by the gradient`);
  const without = encoder.reduce((total, v, i) => total + v * Math.sign(whole[i]!), 0);
  assert.ok(Math.abs(without - due) > 0.1 * due, "the steps have a part in it");
});

test.run();
