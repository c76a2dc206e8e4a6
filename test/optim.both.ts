// Parameters, optimisers and schedules. The numbers of every optimiser are held to torch.optim by `verify`; here is
// what numbers alone do not show: captured steps, checkpoints, several Parameters at once, errors.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, mul, sub, type Engine } from "../src/index.ts";
import { adam, adamw, constant, cosine, oneCycle, rmsprop, sgd, stepLr, type Optimizer } from "../src/model/optim.ts";
import { makeParameters, type Parameters } from "../src/model/params.ts";
import { held } from "../src/verify/held.ts";

const optim = suite("optimisers");
let gpu: Engine;
optim.before(async () => void (gpu = await createEngine()));
optim.after(() => gpu.close());

const MAKE: Record<string, (p: Parameters[]) => Optimizer> = {
  sgd: (p) => sgd(p, { lr: 0.1, weightDecay: 0.01 }),
  momentum: (p) => sgd(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
  adam: (p) => adam(p, { lr: 0.1 }),
  adamw: (p) => adamw(p, { lr: 0.1 }),
  rmsprop: (p) => rmsprop(p, { lr: 0.1 }),
};

/** Two Parameters with odd sizes; the gradient of each tensor is p - 1. */
function problem(make: (p: Parameters[]) => Optimizer) {
  const first = makeParameters(gpu, { a: { shape: [5, 13], init: "kaiming-uniform" },
    b: { shape: [3], init: "zeros" } }, 1);
  const second = makeParameters(gpu, { c: { shape: [67], init: "kaiming-uniform", fanIn: 9 } }, 2);
  const optimizer = make([first, second]);
  const list = [...first.list(), ...second.list()];
  const step = () => (optimizer.step(list.map((p) => sub(p, 1))), mul(list[1]!, 1));
  /** All parameters, without what lies between them. */
  const bits = async () => {
    const [a, b] = [await first.state(), await second.state()];
    return [...Object.values(a), ...Object.values(b)].flatMap((t) => [...t.data]);
  };
  return { first, second, optimizer, step, bits };
}

for (const [name, make] of Object.entries(MAKE)) {
  optim(`${name}: captured steps give the bits of eager ones, while the learning rate changes`, async () => {
    const [plain, captured] = [problem(make), problem(make)];
    const replay = gpu.capture(captured.step);
    for (let i = 0; i < 5; i++) {
      for (const o of [plain.optimizer, captured.optimizer]) o.lr = 0.1 / (i + 1);
      gpu.scope(plain.step);
      replay();
    }
    assert.equal(await captured.bits(), await plain.bits());
  });

  optim(`${name}: goes on from a checkpoint to the same bits`, async () => {
    const { first, second, optimizer, step, bits } = problem(make);
    const steps = (n: number) => gpu.scope(() => { for (let i = 0; i < n; i++) step(); });
    steps(3);
    const saved = { first: await first.state(), second: await second.state(), optimizer: await optimizer.state() };
    steps(4);
    const due = await bits();
    const again = problem(make);
    again.first.load(saved.first);
    again.second.load(saved.second);
    again.optimizer.restore(saved.optimizer);
    assert.is(again.optimizer.lr, Math.fround(0.1));
    gpu.scope(() => { for (let i = 0; i < 4; i++) again.step(); });
    assert.equal(await again.bits(), due);
  });
}

optim("Adam's bias corrections are exact to float32 after many steps", async () => {
  const { optimizer, step } = problem((p) => adam(p, { lr: 0, betas: [0.9, 0.999] }));
  const replay = gpu.capture(step);
  for (let t = 1; t <= 300; t++) {
    replay();
    if (![1, 10, 300].includes(t)) continue;
    const clock = (await optimizer.state()).clock!.data;
    const due = [t, 1 - 0.9 ** t, 1 - 0.999 ** t];
    due.forEach((v, i) => assert.ok(Math.abs(clock[i]! - v) <= 3e-7 * v, `step ${t}: ${clock[i]}, due ${v}`));
  }
});

optim("an optimiser and its parameters give back all memory", () => {
  const before = held(gpu);
  const { first, second, optimizer } = problem(MAKE.adam!);
  [first, second, optimizer].forEach((o) => o.dispose());
  assert.equal(held(gpu), before);
});

optim("parameters: PyTorch's bounds, the same numbers for a seed, others for another", async () => {
  const values = async (seed: number) =>
    (await makeParameters(gpu, { w: { shape: [40, 25], init: "kaiming-uniform" } }, seed).state()).w!.data;
  const [a, b, c] = [await values(3), await values(3), await values(4)];
  assert.equal(a, b);
  assert.not.equal(a, c);
  const most = a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  assert.ok(most <= 0.2 && most > 0.19, `largest ${most}, 1/sqrt(25) is the bound`);
});

optim("parameters: what does not fit is one sentence", async () => {
  const p = makeParameters(gpu, { w: { shape: [2, 3], init: "ones" }, b: { shape: [2], init: [1, 2] } }, 0);
  const state = await p.state();
  assert.equal(p.count, 8);
  assert.throws(() => p.get("c"), /parameters: no tensor named c; there are w, b/);
  assert.throws(() => p.load({ w: state.w! }), /load: b is missing; the state has w/);
  assert.throws(() => p.load({ ...state, c: state.b! }), /load: c is not a parameter of this network; it has w, b/);
  assert.throws(() => p.load({ ...state, b: { shape: [3], data: [1, 2, 3] } }),
    /load: b has shape \[3\], \[2\] is due/);
  assert.throws(() => makeParameters(gpu, { w: { shape: [3], init: [1] } }, 0),
    /parameters: w has shape \[3\] of 3 elements, 1 numbers given/);
});

optim("optimisers: what does not fit is one sentence", async () => {
  const { optimizer } = problem(MAKE.sgd!);
  const other = problem(MAKE.adam!).optimizer;
  assert.throws(() => optimizer.step([]), /optimizer: 0 gradients given, 3 parameters are there/);
  assert.throws(() => (optimizer.momentum = 0.5), /it has no momentum to set/);
  const saved = await optimizer.state();
  assert.throws(() => other.restore(saved), /optimizer: the saved 0.m has no numbers/);
  assert.throws(() => sgd([], { lr: 1 }), /an array of Parameters is due/);
});

optim("schedules", () => {
  const round = (v: number) => Math.round(v * 1e6) / 1e6;
  assert.equal([0, 9].map(constant(0.1)), [0.1, 0.1]);
  assert.equal([0, 5, 10, 20].map(cosine(1, 0.05, 10)).map(round), [1, 0.525, 0.05, 0.05]);
  const cycle = oneCycle(1, 100, { warm: 0.3, startDiv: 10, endDiv: 100 });
  assert.equal([0, 29, 99].map(cycle).map(round), [0.1, 1, 0.01]);
  assert.ok(cycle(10) > cycle(5) && cycle(60) < cycle(40));
  assert.equal([0, 3, 4, 8].map(stepLr(1, 4, 0.5)), [1, 1, 0.5, 0.25]);
  assert.equal([3, 4, 8].map(stepLr(1, [4, 8])).map(round), [1, 0.1, 0.01]);
});

optim.run();
