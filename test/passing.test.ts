// What passes a purifier, votes over its draws, and who reads what it shows: where every number is known.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, cat, createEngine, flatten, linear, logSoftmax, mul, type Attack, type Engine, type Tensor } from
  "../src/index.ts";
import { subjectOf } from "../src/cli/audit.ts";
import { deployed, NO_DEFENCE } from "../src/defences/purifier.ts";
import { batches, sample as seenBy } from "../src/evaluate/batches.ts";
import { passing } from "../src/evaluate/passing.ts";
import { held } from "../src/verify/held.ts";

const test = suite("passing");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 1 })));
test.after(() => gpu.close());

const PIXELS = Float32Array.of(0.2, 0.4, 0.6, 0.8, 0.1, 0.3, 0.5, 0.7, 0.2, 0.4, 0.6, 0.8);
const set = batches({ images: PIXELS, labels: Int32Array.of(0, 1, 0), n: 3, shape: [1, 2, 2] }, 1);
/** The first pixel more, the last one less. */
const attackOf = (d: number): Attack => Object.assign(
  (x: Tensor) => add(x, gpu.tensor([[[[d, 0], [0, -d]]]])), { dispose() {} }) as Attack;

test("the share of a perturbation that passes, and the PSNR of clean images, by hand", async () => {
  const before = held(gpu);
  const attack = attackOf(0.1);
  const half = { name: "half", title: "half", purify: (x: Tensor) => mul(x, 0.5) };
  const same = { name: "same", title: "same", purify: (x: Tensor) => mul(x, 1) };
  const [a, b] = await passing(gpu, [half, same], attack, set);
  const errors = [0, 4, 8].map((at) => PIXELS.slice(at, at + 4).reduce((s, v) => s + (v / 2) ** 2, 0) / 4);
  const due = errors.reduce((s, e) => s - 10 * Math.log10(e), 0) / 3;
  assert.ok(Math.abs(a!.share! - 0.5) < 1e-5 && Math.abs(a!.psnr! - due) < 1e-4, JSON.stringify(a));
  assert.ok(Math.abs(b!.share! - 1) < 1e-5 && b!.psnr === null, JSON.stringify(b));
  assert.equal(held(gpu), before);
});

test("an image that the attack left as it was says nothing of the share", async () => {
  const attack = Object.assign((x: Tensor) => mul(x, 1), { dispose() {} }) as Attack;
  const [found] = await passing(gpu, [{ name: "half", title: "", purify: (x: Tensor) => mul(x, 0.5) }], attack, set);
  assert.ok(found!.share === null && found!.psnr! > 0);
});

test("votes: the mean of the draws' probabilities, as log probabilities", async () => {
  const w = gpu.tensor([1, -1, 0, 0, 0, 2, 0, 0], [2, 4]);
  const classify = (x: Tensor) => linear(flatten(x), w);
  const x = gpu.tensor(PIXELS, [3, 1, 2, 2]);
  const sample = (v: Tensor, draws: number) => cat(Array.from({ length: draws }, (_, i) => mul(v, 3 * i)), 0);
  const voted = await deployed({ purify: (v) => v, sample, votes: 3 }, classify)(x).data();
  const draws = await Promise.all([0, 3, 6].map((k) => logSoftmax(classify(mul(x, k)), { dim: 1 }).data()));
  voted.forEach((v, i) => {
    const due = Math.log(draws.reduce((s, d) => s + Math.exp(d[i]!), 0) / 3);
    assert.ok(Math.abs(v - due) < 1e-5, `${v}, ${due} is due`);
  });
});

test("what a defence with its own classifier shows is read by that one, and a vote by its draws", async () => {
  const towards = (k: number) => (v: Tensor) => linear(flatten(v), gpu.tensor([0, 0, 0, 0, 0, 0, 0, 0], [2, 4]),
    gpu.tensor([1 - k, k]));
  const x = gpu.tensor(PIXELS, [3, 1, 2, 2]);
  const read = async (defence: Parameters<typeof seenBy>[1]) =>
    [...(await seenBy(gpu, defence, towards(0), x, 3)).predicted];
  assert.equal(await read(null), [0, 0, 0]);
  assert.equal(await read({ purify: (v) => v }), [0, 0, 0]);
  assert.equal(await read({ purify: (v) => v, classify: towards(1) }), [1, 1, 1]);
  const w = gpu.tensor([0, 0, 0, 0, 1, 0, 0, 0], [2, 4]);
  // class 1 where the first pixel is above .5
  const bright = (v: Tensor) => linear(flatten(v), w, gpu.tensor([0.5, 0]));
  const sample = (v: Tensor, draws: number) => cat(Array.from({ length: draws }, () => add(v, 1)), 0);
  assert.equal(await read({ purify: (v) => v, classify: bright }), [0, 0, 0]);
  assert.equal(await read({ purify: (v) => v, classify: bright, sample, votes: 2 }), [1, 1, 1]);
});

test("the audit attacks a tuned classifier behind its purifier, and takes no vote for a single draw", () => {
  const [purify, classify, model] = [(x: Tensor) => mul(x, 2), (x: Tensor) => x, (x: Tensor) => mul(x, 3)];
  assert.equal(Object.keys(subjectOf({ name: "t", title: "t", purify, classify }, model)).sort(), ["classify", "purify",
    "sample", "substitute", "surrogate", "title"]);
  assert.is(subjectOf({ name: "t", title: "t", purify, classify }, model).classify, classify);
  assert.equal(subjectOf({ ...NO_DEFENCE, classify }, model), { title: NO_DEFENCE.title, classify, surrogate: model });
  assert.throws(() => subjectOf({ name: "t", title: "four", purify, votes: 4 }, model), /^--defence: four votes over/);
});

test.run();
