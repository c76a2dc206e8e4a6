// Attacks: closed forms on a linear model, the ball and the box, restarts, targets, dead gradients.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fgsm, ifgsm, mifgsm, pgd, type Attack } from "../src/index.ts";
import { createEngine, crossEntropy, flatten, linear, mul, type Engine, type Tensor } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";

const attacks = suite("attacks");
let gpu: Engine;
attacks.before(async () => void (gpu = await createEngine({ seed: 3 })));
attacks.after(() => gpu.close());

const N = 6;
const SHAPE = [N, 1, 5, 5];
const EPS = 0.2;
const random = hostRandom(11);
const numbers = (n: number, lo: number, hi: number) =>
  Float32Array.from({ length: n }, () => lo + (hi - lo) * random());

/** Two classes: FGSM moves every pixel by eps along +-sign(w1 - w0). */
const weights = numbers(50, -1, 1);
const images = numbers(N * 25, 0.3, 0.7);
const labels = Int32Array.from({ length: N }, (_, i) => i % 2);
const setUp = () => {
  const w = gpu.tensor(weights, [2, 25]);
  const b = gpu.tensor([0, 0]);
  return { model: (x: Tensor) => linear(flatten(x), w, b), x: gpu.tensor(images, SHAPE),
    y: gpu.tensor(labels, [N], "i32") };
};
const closedForm = (sign: number) =>
  images.map((v, i) =>
    v + sign * EPS * Math.sign(weights[25 + (i % 25)]! - weights[i % 25]!) * (labels[Math.floor(i / 25)] === 0 ? 1 : -1)
  );
const far = (a: Float32Array, b: Float32Array) => a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0);

attacks("fgsm and ifgsm reach the closed form on a linear model; targeted ones its mirror image", async () => {
  const { model, x, y } = setUp();
  assert.ok(far(await fgsm(model, { eps: EPS })(x, y).data(), closedForm(1)) < 1e-6);
  assert.ok(far(await ifgsm(model, { eps: EPS })(x, y).data(), closedForm(1)) < 1e-6);
  assert.ok(far(await mifgsm(model, { eps: EPS })(x, y).data(), closedForm(1)) < 1e-6);
  assert.ok(far(await fgsm(model, { eps: EPS, targeted: true })(x, y).data(), closedForm(-1)) < 1e-6);
});

const all = (model: (x: Tensor) => Tensor): Record<string, Attack> => ({
  fgsm: fgsm(model, { eps: EPS }),
  ifgsm: ifgsm(model, { eps: EPS, alpha: 0.15, steps: 3 }),
  pgd: pgd(model, { eps: EPS, restarts: 3 }),
  mifgsm: mifgsm(model, { eps: EPS }),
});
const lossOf = async (model: (x: Tensor) => Tensor, x: Tensor,
  y: Tensor) => [...(await crossEntropy(model(x), y, { reduction: "none" }).data())];

attacks("every attack stays in the ball and the box and does not lower the loss", async () => {
  const { model, y } = setUp();
  const x = gpu.tensor(numbers(N * 25, 0, 1), SHAPE);
  const clean = await x.data();
  const before = await lossOf(model, x, y);
  for (const [name, attack] of Object.entries(all(model))) {
    const adv = attack(x, y);
    const data = await adv.data();
    assert.ok(far(data, clean) <= EPS + 1e-6, `${name} leaves the ball`);
    assert.ok(data.every((v) => v >= 0 && v <= 1), `${name} leaves [0, 1]`);
    (await lossOf(model, adv, y)).forEach((loss, i) => assert.ok(loss >= before[i]! - 1e-6, `${name} lowers the loss ` +
      `of example ${i}`));
    assert.equal(await x.data(), clean, `${name} changes its input`);
  }
});

attacks("a gradient that is all zero moves nothing and makes no NaN", async () => {
  const { x, y } = setUp();
  const dead = (v: Tensor) => mul(linear(flatten(v), gpu.tensor(weights, [2, 25]), gpu.tensor([0, 0])), 0);
  for (const attack of [fgsm(dead, { eps: EPS }), mifgsm(dead, { eps: EPS })])
    assert.equal(await attack(x, y).data(), images);
});

attacks("pgd starts at another random point each time; the same seed gives the same points", async () => {
  const { model, x, y } = setUp();
  const attack = pgd(model, { eps: EPS, alpha: 0.001, steps: 1 });
  const saved = await gpu.random.save();
  const first = await attack(x, y).data();
  const second = await attack(x, y).data();
  assert.ok(far(first, second) > 0.01);
  gpu.random.restore(saved);
  assert.equal(await attack(x, y).data(), first);
});

attacks("restarts keep the worst start of each example", async () => {
  const { model, x, y } = setUp();
  const one = pgd(model, { eps: EPS, alpha: 0.001, steps: 1 });
  const saved = await gpu.random.save();
  const single: number[][] = [];
  for (let i = 0; i < 4; i++) single.push(await lossOf(model, one(x, y), y));
  gpu.random.restore(saved);
  const best = await lossOf(model, pgd(model, { eps: EPS, alpha: 0.001, steps: 1, restarts: 4 })(x, y), y);
  best.forEach((loss, i) => assert.is(loss, Math.max(...single.map((s) => s[i]!))));
});

attacks("an attack reads the weights as they are now", async () => {
  const { x, y } = setUp();
  const w = gpu.tensor(weights, [2, 25]);
  const b = gpu.tensor([0, 0]);
  const attack = fgsm((v) => linear(flatten(v), w, b), { eps: EPS });
  assert.ok(far(await attack(x, y).data(), closedForm(1)) < 1e-6);
  gpu.write(w, weights.map((v) => -v));
  assert.ok(far(await attack(x, y).data(), closedForm(-1)) < 1e-6);
});

attacks("dispose gives back all that an attack keeps", async () => {
  const { model, x, y } = setUp();
  const before = held(gpu).buffers;
  const attack = pgd(model, { eps: EPS, restarts: 2 });
  attack(x, y).dispose();
  assert.ok(held(gpu).buffers > before);
  attack.dispose();
  assert.is(held(gpu).buffers, before);
});

attacks("options out of range are refused", () => {
  const model = (v: Tensor) => v;
  assert.throws(() => fgsm(model, { eps: -1 }), /fgsm: eps is -1; a number >= 0 is due/);
  assert.throws(() => pgd(model, { eps: 0.1, steps: 0 }), /pgd: steps is 0; a whole number >= 1 is due/);
});

attacks.run();
