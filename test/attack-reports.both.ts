// What attacks say of a batch: which images had no gradient or a broken one, and which end milder than they began.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, apgd, apgdt, bpda, countReports, createEngine, cw, deepfool, div, fab, fgsm, flatten, gt, ifgsm, linear,
  lossGradient, mean, mifgsm, mul, neg, pgd, pgdL2, stopGradient, type AttackReport, type Engine, type Model,
  type Report, type Tensor } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";

const test = suite("attack reports");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 3 })));
test.after(() => gpu.close());

const [N, P, K] = [4, 9, 4];
const random = hostRandom(5);
const numbers = (n: number, lo: number, hi: number) =>
  Float32Array.from({ length: n }, () => lo + (hi - lo) * random());
const weights = numbers(K * P, -1, 1);
const bright = numbers(N * P, 0.6, 0.9).map((v, i) => (i < P ? v - 0.6 : v)); // the first is dark
const DARK = [true, false, false, false];
const NONE = [false, false, false, false];

/** Sees nothing of a dark image: its logits are constant there. */
const halfBlind: Model = (x) => {
  const seen = linear(flatten(x), gpu.tensor(weights, [K, P]));
  return mul(seen, gt(stopGradient(mean(flatten(x), { dim: 1, keepdim: true })), 0.5));
};
const batch = () => ({ x: gpu.tensor(bright, [N, 1, 3, 3]), y: gpu.tensor([0, 1, 2, 3], [N], "i32") });

type Make = (model: Model, report: Report) => { (x: Tensor, y: Tensor): Tensor | Promise<Tensor>; dispose(): void };
const EVERY: Record<string, Make> = {
  fgsm: (m, report) => fgsm(m, { eps: 0.01, report }),
  ifgsm: (m, report) => ifgsm(m, { eps: 0.01, alpha: 0.005, steps: 3, report }),
  pgd: (m, report) => pgd(m, { eps: 0.01, alpha: 0.005, steps: 3, restarts: 2, report }),
  mifgsm: (m, report) => mifgsm(m, { eps: 0.01, alpha: 0.005, steps: 3, report }),
  pgdL2: (m, report) => pgdL2(m, { eps: 0.01, alpha: 0.005, steps: 3, report }),
  apgd: (m, report) => apgd(m, { eps: 0.01, steps: 5, restarts: 2, report }),
  apgdt: (m, report) => apgdt(m, { eps: 0.01, steps: 5, targets: 3, report }),
  deepfool: (m, report) => deepfool(m, { steps: 1, report }),
  fab: (m, report) => fab(m, { eps: 0.01, steps: 2, report }),
  bpda: (m, report) => bpda((x) => x, m, { steps: 2, lr: 0.001, report }),
};

for (const [name, make] of Object.entries(EVERY)) test(`${name} says which images had no gradient, once for each ` +
  `batch, and keeps nothing`, async () => {
  const { x, y } = batch();
  const heard: AttackReport[] = [];
  const before = held(gpu).buffers;
  const model: Model = (v) => gpu.scope(() => halfBlind(v));
  const attack = make(model, (found) => void heard.push(found));
  for (let i = 1; i <= 2; i++) {
    const adv = await attack(x, y);
    await adv.data();
    adv.dispose();
    assert.is(heard.length, i, "the read brings the report");
  }
  for (const { zero, broken } of heard) assert.equal([zero, broken], [DARK, NONE]);
  attack.dispose();
  assert.is(held(gpu).buffers, before);
});

test("an attack says where it did worse than nothing", async () => {
  const { x, y } = batch();
  const heard: AttackReport[] = [];
  const report: Report = (found) => void heard.push(found);
  const slope = lossGradient(halfBlind);
  await ifgsm(halfBlind, { eps: 0.1, gradient: (v, labels) => neg(slope(v, labels)), report })(x, y).data();
  await ifgsm(halfBlind, { eps: 0.1, targeted: true, report })(x, y).data();
  await ifgsm(halfBlind, { eps: 0.1, report })(x, y).data();
  await cw(halfBlind, { steps: 2, report })(x, y).data();
  assert.equal(heard.map(({ milder }) => milder), [[false, true, true, true], NONE, NONE, NONE]);
  const due = { zero: 3, broken: 0, milder: 3 };
  assert.equal(countReports(heard), due, "Carlini and Wagner's cost has the distance's gradient, too");
});

test("a gradient that is not finite is counted, and the attack fails", async () => {
  const { x, y } = batch();
  const heard: AttackReport[] = [];
  const slope = lossGradient(halfBlind);
  const blows = (v: Tensor, labels: Tensor) => {
    const dark = gt(0.5, mean(flatten(v), { dim: 1, keepdim: true })); // 1 for the first image: it is divided by 0
    return div(add(slope(v, labels), 1e-3), gpu.scope(() => add(mul(dark, -1), 1)).view([N, 1, 1, 1]));
  };
  const adv = apgd(halfBlind, { eps: 0.1, steps: 2, gradient: blows, report: (found) => void heard.push(found) })(x, y);
  await adv.data().then(() => null, () => null);
  assert.equal(heard.map(({ broken }) => broken), [DARK]);
  const nan = ifgsm(halfBlind, { eps: 0.1, gradient: (v) => mul(v, NaN), report: (found) => void heard.push(found) });
  const error = await nan(x, y).data().then(() => null, (e: Error) => e);
  assert.match(error?.message ?? "nothing", /^ifgsm: the adversarial images are not finite/);
  assert.equal(heard.at(-1)!.broken, [true, true, true, true]);
});

test("what a report throws is thrown by the read; a report that is none is refused", async () => {
  const { x, y } = batch();
  const adv = fgsm(halfBlind, { eps: 0.1, report: () => { throw new Error("enough"); } })(x, y);
  const error = await adv.data().then(() => null, (e: Error) => e);
  assert.is(error?.message, "enough");
  assert.throws(() => fgsm(halfBlind, { eps: 0.1, report: 3 as never }), /^fgsm: report is 3; a function is due$/);
  const none = fab(halfBlind, { eps: 0.1, report: 3 as never });
  assert.throws(() => none(x, y), /^attack: report is 3; a function is due$/);
});

test.run();
