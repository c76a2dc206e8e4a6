// Attacks that adapt to each image: against closed forms on a linear model, in their balls, with one sentence for what
// they refuse. Step by step they are held to float64 by `purigrad verify` (src/verify/models/computed-adaptive.ts).

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, apgd, argmax, clamp, createEngine, crossEntropy, cw, deepfool, dlrLoss, dlrTargetedLoss, flatten,
  ifgsm, linear, makeAttack, marginLoss, mifgsm, mul, pgd, pgdL2, randomNoise, squareAttack, sub, sum, type Attack,
  type Engine, type Tensor } from "../src/index.ts";
import { looks } from "../src/attacks/apgd.ts";
import { sideAt } from "../src/attacks/square.ts";
import { Generator } from "../src/engine/random.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";
import { assertSentence } from "./sentence.ts";

const test = suite("adaptive attacks");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 3 })));
test.after(() => gpu.close());

const [N, P, K] = [6, 25, 4];
const SHAPE = [N, 1, 5, 5];
const random = hostRandom(5);
const numbers = (n: number, lo: number, hi: number) =>
  Float32Array.from({ length: n }, () => lo + (hi - lo) * random());
const weights = numbers(2 * P, -1, 1);
const [two, four] = [numbers(N * P, 0.3, 0.7), numbers(K * P, -1, 1)];
const labels = Int32Array.from({ length: N }, (_, i) => i % 2);

/** Two classes, linear: every gradient points along w1 - w0. */
function setUp() {
  const w = gpu.tensor(weights, [2, P]);
  return { model: (x: Tensor) => linear(flatten(x), w), x: gpu.tensor(two, SHAPE), y: gpu.tensor(labels, [N], "i32") };
}
const along = weights.slice(P).map((v, i) => v - weights[i]!);
const norm = Math.hypot(...along);
const sideOf = (n: number) => (labels[n] === 0 ? 1 : -1);
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0);
const moved = (by: (i: number, n: number) => number) => two.map((v, i) => v + by(i % P, Math.floor(i / P)));

test("on a linear model the end of the ball is known: PGD-L2, and APGD with each norm and loss", async () => {
  const { model, x, y } = setUp();
  const l2 = moved((i, n) => (0.4 * sideOf(n) * along[i]!) / norm);
  const corner = moved((i, n) => 0.2 * sideOf(n) * Math.sign(along[i]!));
  assert.ok(far(await pgdL2(model, { eps: 0.4, alpha: 0.3, steps: 5, randomStart: false })(x, y).data(), l2) < 1e-4);
  const lossAt = async (adv: Tensor) => [...(await crossEntropy(model(adv), y, { reduction: "none" }).data())];
  const best = await apgd(model, { eps: 0.2, steps: 20 }).run(x, y).loss.data();
  assert.ok(far(best, await lossAt(gpu.tensor(corner, SHAPE))) < 1e-4, "L-infinity");
  const euclid = await apgd(model, { eps: 0.4, norm: "L2", steps: 20 }).run(x, y).loss.data();
  assert.ok(far(euclid, await lossAt(gpu.tensor(l2, SHAPE))) < 1e-4, "L2");
});

test("DeepFool and Carlini-Wagner stop close behind the boundary", async () => {
  const { model, x, y } = setUp();
  const distance = (n: number) =>
    Math.max(0, sideOf(n) * -along.reduce((s, v, i) => s + v * two[n * P + i]!, 0)) / norm;
  const lengths = async (adv: Tensor) => {
    const data = await adv.data();
    return Array.from({ length: N }, (_, n) => Math.hypot(...data.subarray(n * P, n * P + P).map((v, i) =>
      v - two[n * P + i]!)));
  };
  const due = [...labels.keys()].map(distance);
  assert.ok(due.some((d) => d > 0.02), "some images were right before");
  assert.ok(far(await lengths(deepfool(model)(x, y)), due.map((d) => 1.02 * d)) < 2e-3);
  const reached = await lengths(cw(model, { c: 10, steps: 200, lr: 0.01 })(x, y));
  reached.forEach((d, n) => assert.ok(d >= due[n]! - 1e-4 && d <= 1.3 * due[n]! + 0.05, `${d}, ${due[n]} is due`));
});

const ATTACKS: Record<string, (m: (x: Tensor) => Tensor) => Attack> = {
  apgd: (m) => apgd(m, { eps: 0.2, steps: 10, restarts: 2, loss: "margin" }),
  "pgd with dlr": (m) => pgd(m, { eps: 0.2, loss: "dlr" }),
  squareAttack: (m) => squareAttack(m, { eps: 0.2, queries: 30 }),
  randomNoise: () => randomNoise({ eps: 0.2 }),
};
for (const [name, make] of Object.entries(ATTACKS)) test(`${name} stays in the ball and in [0, 1], changes nothing, ` +
  `keeps nothing and repeats itself`, async () => {
  const [x, y, w] = [gpu.tensor(numbers(N * P, 0, 1), SHAPE), gpu.tensor(labels, [N], "i32"), gpu.tensor(four, [K, P])];
  const clean = await x.data();
  const before = held(gpu).buffers;
  const attack = make((v) => linear(flatten(v), w));
  const saved = await gpu.random.save();
  const one = attack(x, y);
  const data = await one.data();
  gpu.random.restore(saved);
  const again = attack(x, y);
  assert.equal(await again.data(), data, "the same seed");
  assert.ok(far(data, clean) <= 0.2 + 1e-6 && data.every((v) => v >= 0 && v <= 1));
  assert.equal(await x.data(), clean);
  [one, again, attack].forEach((t) => t.dispose());
  assert.is(held(gpu).buffers, before);
});

test("losses: the margin tells right from wrong, DLR does not change with the scale of the logits", async () => {
  const z = [3, 1, 0, -2, 0.5, 2, 1.5, 1];
  const at = async (scale: number, loss: typeof dlrLoss) =>
    [...(await loss(gpu.tensor(z.map((v) => v * scale), [2, 4]), gpu.tensor([0, 0], [2], "i32")).data())];
  assert.equal(await at(1, marginLoss), [-2, 1.5]);
  assert.ok(far(await at(1, dlrLoss), [-2 / 3, 1.5]) < 1e-6);
  assert.ok(far(await at(50, dlrLoss), await at(1, dlrLoss)) < 1e-5);
  const targets = gpu.tensor([1, 1], [2], "i32");
  assert.ok(far(await at(1, (logits, y) => dlrTargetedLoss(logits, y, targets)), [-2 / 4, 1.5 / 1.25]) < 1e-6);
  assert.throws(() => dlrLoss(gpu.zeros([2, 2]), gpu.zeros([2], "i32")), /dlrLoss: logits of 3 classes or more/);
});

test("the parts of the loop can be one's own", async () => {
  const { model, x, y } = setUp();
  const own = makeAttack(model, { eps: 0.2, alpha: 0.05, steps: 3, start: (v) => sub(v, 0.1),
    direction: (dx) => mul(dx, -1), project: (v) => clamp(v, 0, 1) });
  const due = moved(() => -0.1);
  const found = await own(x, y).data();
  assert.ok(far(found, due) > 0.01, "it moved");
  const still = makeAttack(model, { eps: 0.2, start: (v) => sub(v, 0.1), stop: (adv) => gpu.full([adv.shape[0]!], 1) });
  assert.ok(far(await still(x, y).data(), due) < 1e-6);
});

test("a part of one's own that gives something else is refused by name", () => {
  const { model, x, y } = setUp();
  const bad: [object, string][] = [
    [{ direction: (dx: Tensor) => sum(dx, { dim: 1 }) },
      "attack: what direction gives has shape [6,5,5], [6,1,5,5] is due"],
    [{ project: () => y }, "attack: what project gives is i32, f32 is due"],
    [{ stop: () => x }, "attack: what stop gives has shape [6,1,5,5], [6] is due"],
    [{ alpha: (i: number) => -i, steps: 2 }, "attack: alpha gives -1 for step 1; a number of 0 or more is due"],
    [{ stop: true }, "attack: stop is true; a function is due"],
  ];
  for (const [o, message] of bad) assertSentence(() => makeAttack(model, { eps: 0.1, ...o })(x, y), message);
  const odd = { eps: 0.1, direction: sub } as { eps: number };
  assertSentence(() => pgd(model, odd), "pgd: no option named direction");
});

test("in other units: images in another range, a radius in standard deviations", async () => {
  const { model, x, y } = setUp();
  const same = { alpha: 0.03, steps: 4 };
  const plain = await ifgsm(model, { eps: 0.1, ...same })(x, y).data();
  const wide = (v: Tensor) => model(mul(add(v, 1), 0.5)); // the same images in [-1, 1]
  const [scaled, seen] = [sub(mul(x, 2), 1), { bounds: [-1, 1] as const, eps: 0.2, alpha: 0.06, steps: 4 }];
  assert.ok(far((await ifgsm(wide, seen)(scaled, y).data()).map((v) => (v + 1) / 2), plain) < 1e-5);
  assert.ok(far(await ifgsm(model, { eps: 0.2, std: [0.5], alpha: 0.06, steps: 4 })(x, y).data(), plain) < 1e-6);
  const momentum = await mifgsm(model, { eps: 0.1, ...same })(x, y).data();
  assert.ok(far(await mifgsm(model, { eps: 0.2, std: [0.5], alpha: 0.06, steps: 4 })(x, y).data(), momentum) < 1e-6);
  const started = await pgd(model, { eps: 0.2, std: [0.5], alpha: 0, steps: 1 })(x, y).data();
  assert.ok(far(started, two) <= 0.1 + 1e-6 && far(started, two) > 0.09, "the start fills the ball");
  const drawn = async () => {
    const generator = new Generator(gpu, 11);
    return pgd(model, { eps: 0.2, std: [0.5], alpha: 0, steps: 1, generator })(x, y).data();
  };
  assert.equal(await drawn(), await drawn(), "the start comes from the generator that was given");
  const bad: [object, RegExp][] = [[{ bounds: [1, 0] }, /^ifgsm: bounds is .*; \[least, largest\] is due$/],
    [{ std: [0] }, /^ifgsm: std is .*; a positive number for each channel is due$/]];
  for (const [o, message] of bad) assert.throws(() => ifgsm(model, { eps: 0.1, ...o }), message);
  assert.throws(() => ifgsm(model, { eps: 0.1, std: [1, 1] })(x, y), /std has 2 channels; images \[N,2,H,W\] are due/);
});

test("without labels the model's own predictions stand for them, and nothing is left behind", async () => {
  const { model, x } = setUp();
  const own = argmax(model(x), { dim: 1 });
  const before = held(gpu).buffers;
  for (const attack of [ifgsm(model, { eps: 0.1 }), squareAttack(model, { eps: 0.1, queries: 3 }), deepfool(model)]) {
    const saved = await gpu.random.save();
    const one = attack(x);
    gpu.random.restore(saved);
    const two = attack(x, own);
    assert.equal(await one.data(), await two.data());
    [one, two, attack].forEach((t) => t.dispose());
  }
  assert.is(held(gpu).buffers, before);
  assert.throws(() => ifgsm(model, { eps: 0.1, targeted: true })(x), /a targeted attack needs the classes to go to/);
});

test("schedules are those of the papers' code", () => {
  assert.equal(looks(25).map(({ at }) => at), [5, 9, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  assert.equal(looks(100).slice(0, 5), [{ at: 22, since: 22 }, { at: 41, since: 19 }, { at: 57, since: 16 },
    { at: 70, since: 13 }, { at: 80, since: 10 }]);
  assert.equal([0, 11, 51, 9999].map((q) => sideAt(q, 10_000, 0.8, [3, 32, 32])), [29, 20, 14, 1]);
});

test("what they refuse is one sentence", () => {
  const model = (v: Tensor) => v;
  const bad: [() => unknown, RegExp][] = [
    [() => apgd(model, { eps: -1 }), /^apgd: eps is -1; a number >= 0 is due$/],
    [() => apgd(model, { eps: 0.1, norm: "L1" as never }), /^apgd: norm is "L1"; "Linf" or "L2" is due$/],
    [() => apgd(model, { eps: 0.1, alpha: 1 } as never), /^apgd: no option named alpha; there are eps, norm/],
    [() => ifgsm(model, { eps: 0.1, loss: "hinge" as never }), /^ifgsm: loss is "hinge"; "ce", "dlr", "margin" or/],
    [() => squareAttack(model, { eps: 0.1, queries: 0 }), /^squareAttack: queries is 0; a whole number >= 1 is due$/],
    [() => cw(model, { lr: 0 }), /^cw: lr is 0; a number > 0 is due$/],
    [() => deepfool(model, { overshoot: NaN }), /^deepfool: overshoot is NaN; a number >= 0 is due$/],
    [() => randomNoise({ eps: 2, corner: true } as never), /^randomNoise: no option named corner; there are eps/],
  ];
  for (const [call, message] of bad) assert.throws(call, (e: Error) => (assert.match(e.message, message), true));
});

test.run();
