// What the network is shown in adversarial training, step by step against the host: PGD's path, whole batches of Free,
// how often statistics move, and what fit does with replays.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm, createEngine, crossEntropy, fit, flatten, linear, makeParameters, pgd, sgd, sub,
  type Engine, type Tensor } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";
import type { Batch } from "../src/model/train.ts";
import { earlyStop } from "../src/train/early-stop.ts";
import { hill } from "../src/verify/models/computed-training.ts";
import { adversarialStep, adversarialUpdate, freeStep, freeUpdate, makeDelta,
  type AdversarialOptions } from "../src/train/adversarial.ts";

const test = suite("steps of adversarial training");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 4 })));
test.after(() => gpu.close());

const close = (got: ArrayLike<number>, due: ArrayLike<number>, who: string) =>
  assert.ok(got.length === due.length && Array.from(got).every((v, i) => Math.abs(v - due[i]!) < 1e-5),
    `${who}: ${[...Array.from(got)]} | ${[...Array.from(due)]}`);

/** A learner that learns nothing: only what its network is shown counts. */
function idle(model: (x: Tensor) => Tensor) {
  const params = makeParameters(gpu, { none: { shape: [1], init: "zeros" } }, 0);
  return { model, params: [params], optimizer: sgd([params], { lr: 0 }) };
}

const batchOf = (...indices: number[]): Batch => ({ data: Int32Array.from(indices), shape: [indices.length],
  dtype: "i32" });

/** The network of a captured step with a look at each of the batches that a step shows it. */
function watched(frames: number, shape: number[], model: (x: Tensor) => Tensor) {
  const seen = Array.from({ length: frames }, () => gpu.keep(gpu.zeros(shape)));
  let at = 0;
  return { model: (x: Tensor) => (gpu.copy(x, seen[at++ % frames]!), model(x)),
    look: () => Promise.all(seen.map(async (t) => [...(await t.data())])) };
}

// ---- Free -----------------------------------------------------------------------------------------------------------

const uphill = (x: Tensor): Tensor => linear(flatten(x), gpu.tensor([-1, 1, 0, 0], [2, 2]));

test("Free's perturbation goes on from replay to replay and from batch to batch, and a checkpoint can keep it",
  async () => {
    const data = { images: gpu.tensor([0.5, 0.5, 0.25, 0.75], [2, 1, 1, 2]), labels: gpu.tensor([0, 0], [2], "i32") };
    const { model, look } = watched(1, [1, 1, 1, 2], uphill);
    const delta = makeDelta(gpu, [1, 1, 1, 2]);
    const step = freeStep(gpu, data, idle(model), { eps: 0.1, delta });
    const [one, two] = [batchOf(0), batchOf(1)];
    const shown: number[] = [];
    for (const batch of [one, one, two]) {
      step(batch);
      shown.push(...(await look())[0]!);
    }
    close(shown, [0.5, 0.5, 0.6, 0.4, 0.35, 0.65], "shown");
    close(await delta.get("delta").data(), [0.1, -0.1], "kept");
    step.dispose();
    assert.throws(() => freeStep(gpu, data, idle(uphill), { eps: 0.1, delta: makeDelta(gpu, [2, 1, 1, 2]) })(one),
      /^freeStep: delta has shape \[2,1,1,2\], \[1,1,1,2\] is due$/);
  });

test("Free augments a batch once for all its replays, and anew for the next batch", async () => {
  const random = hostRandom(2);
  const words = Uint32Array.from({ length: 8 * 16 }, () => Math.floor(random() * 2 ** 32));
  const data = { images: gpu.tensor(words, [8, 16], "u32"), labels: gpu.zeros([8], "i32"),
    shape: [1, 8, 8] as [number, number, number], augment: { crop: 3, flip: true } };
  const { model, look } = watched(1, [8, 1, 8, 8], (x) => linear(flatten(x), gpu.zeros([2, 64])));
  const step = freeStep(gpu, data, idle(model), { eps: 0, delta: makeDelta(gpu, [8, 1, 8, 8]) });
  const [one, two] = [batchOf(0, 1, 2, 3, 4, 5, 6, 7), batchOf(0, 1, 2, 3, 4, 5, 6, 7)];
  const shown: number[][] = [];
  for (const batch of [one, one, two]) {
    step(batch);
    shown.push((await look())[0]!);
  }
  assert.equal(shown[1], shown[0]);
  assert.not.equal(shown[2], shown[0]);
  step.dispose();
});

test("a captured step of Free gives the bits of eager ones", async () => {
  const random = hostRandom(7);
  const data = { images: gpu.tensor(Float32Array.from({ length: 48 }, () => random()), [8, 1, 1, 6]),
    labels: gpu.tensor([0, 1, 0, 1, 1, 0, 1, 0], [8], "i32") };
  const learner = () => {
    const params = makeParameters(gpu, { w: { shape: [2, 6], init: "kaiming-uniform" } }, 3);
    return { model: (x: Tensor) => linear(flatten(x), params.get("w")), params: [params],
      optimizer: sgd([params], { lr: 0.5, momentum: 0.9 }) };
  };
  const [captured, eager] = [learner(), learner()];
  const [kept, delta] = [makeDelta(gpu, [8, 1, 1, 6]), makeDelta(gpu, [8, 1, 1, 6])];
  const step = freeStep(gpu, data, captured, { eps: 0.1, delta: kept });
  const batch = batchOf(0, 1, 2, 3, 4, 5, 6, 7);
  for (let i = 0; i < 4; i++) {
    captured.optimizer.lr = eager.optimizer.lr = 0.1 * (i + 1);
    step(batch);
    freeUpdate(eager, data.images, data.labels, delta.get("delta"), { eps: 0.1 });
  }
  assert.equal(await captured.params[0]!.flat.data(), await eager.params[0]!.flat.data());
  assert.equal(await kept.flat.data(), await delta.flat.data());
});

// ---- statistics, starts, fit ----------------------------------------------------------------------------------------

test("statistics of batch norms move once for each batch that the network is shown, and not under PGD as an attack",
  async () => {
    const [x, y] = [gpu.tensor([0, 0.02, 0.5, 0.98, 1, 0.5, 0.3, 0.6], [2, 2, 1, 2]), gpu.tensor([0, 1], [2], "i32")];
    const moved = async (run: (model: (x: Tensor) => Tensor) => void): Promise<number[]> => {
      const stats = makeParameters(gpu, { mean: { shape: [2], init: "zeros" }, var: { shape: [2], init: "ones" } }, 0);
      const norms = { training: true, runningMean: stats.get("mean"), runningVar: stats.get("var") };
      run((v) => linear(flatten(batchNorm(v, null, null, norms)), gpu.zeros([2, 4])));
      return [...(await stats.flat.data())];
    };
    const passes = (n: number) => moved((model) => { for (let i = 0; i < n; i++) model(x); });
    const still: AdversarialOptions = { eps: 0, alpha: 0, steps: 3 }; // every batch shown is x
    assert.equal(await moved((model) => void adversarialUpdate(idle(model), x, y, still)), await passes(4));
    assert.equal(await moved((model) => void adversarialUpdate(idle(model), x, y, { ...still, steps: 1 })),
      await passes(2));
    assert.equal(await moved((model) => void freeUpdate(idle(model), x, y, gpu.zeros(x.shape), { eps: 0 })),
      await passes(1));
    assert.equal(await moved((model) => void pgd(model, { eps: 0, steps: 3 })(x, y)), await passes(0));
  });

test("random starts fill the ball and are new at each step; only an unclamped one leaves [0, 1]", async () => {
  const grey = [0, 0.5, 1].flatMap((v) => Array<number>(64).fill(v));
  const data = { images: gpu.tensor(grey, [3, 1, 8, 8]), labels: gpu.tensor([0, 1, 0], [3], "i32") };
  for (const start of ["random", "unclamped"] as const) {
    const { model, look } = watched(2, [3, 1, 8, 8], (x) => linear(flatten(x), gpu.zeros([2, 64])));
    const step = adversarialStep(gpu, data, idle(model), { eps: 0.2, alpha: 0.1, steps: 1, start });
    const draws: number[][] = [];
    for (let i = 0; i < 2; i++) {
      step(batchOf(0, 1, 2));
      draws.push((await look())[0]!);
    }
    const middle = draws.map((draw) => draw.slice(64, 128).map((v) => v - 0.5)) as [number[], number[]];
    assert.ok(Math.max(...middle[0]) > 0.15 && Math.min(...middle[0]) < -0.15, start);
    assert.ok(middle[0].every((d, i) => Math.abs(d) <= 0.2001 && d !== middle[1][i]), start);
    assert.is(draws[0]!.some((v) => v < 0 || v > 1), start === "unclamped");
  }
});

test("fit replays each batch; rate and momentum follow schedules; checkpoints stand at a batch's end", async () => {
  const optimizer = sgd(idle(uphill).params, { lr: 1, momentum: 0.5 });
  const seen: { batch: Batch; rates: number[] }[] = [];
  const loss = gpu.tensor([1], []);
  const note = (batch: Batch) => (seen.push({ batch, rates: [optimizer.lr, optimizer.momentum] }), loss);
  const step = Object.assign(note, { dispose: () => undefined });
  const saved: number[] = [];
  const options = { name: "toy", n: 9, batch: 3, epochs: 2, seed: 1, schedule: (i: number) => i / 10 };
  await fit(step, optimizer, { ...options, replays: 4, momentum: (i) => i / 100,
    checkpoint: { every: 0, save: async (done) => void saved.push(done) } });
  assert.is(seen.length, 24);
  seen.forEach(({ batch, rates }, i) => {
    assert.equal(rates, [i / 10, i / 100]);
    assert.is(batch, seen[i - (i % 4)]!.batch);
  });
  assert.is(new Set(seen.map(({ batch }) => batch)).size, 6);
  const epoch = seen.slice(0, 12).filter((_, i) => i % 4 === 0).flatMap(({ batch }) => [...batch.data]);
  assert.equal(epoch.sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.ok(saved.length > 1 && saved.every((done) => done % 4 === 0), `saved at ${saved}`);
  for (const [wrong, said] of [[{ replays: 4, from: 6 }, "from is 6; a multiple of the 4 replays is due"], [
    { replays: 0 },
    "replays is 0",
  ], [{ momentum: 0.9 }, "momentum is 0.9"]] as const) {
    const run = fit(step, optimizer, { ...options, ...wrong } as never);
    assert.match(await run.then(() => "", (e: Error) => e.message), said);
  }
});

test("early stopping ends at the epoch that loses accuracy under PGD, and gives the weights of the one before",
  async () => {
    const params = makeParameters(gpu, { w: { shape: [2, 2], init: [-1, 1, 0, 0] } }, 0);
    const statistics = makeParameters(gpu, { m: { shape: [1], init: "zeros" } }, 0);
    const model = (x: Tensor) => linear(flatten(sub(x, 0.5)), params.get("w"));
    const images = Array.from({ length: 20 }, (_, i) => (i < 10 ? [0.3, 0.7] : [0.7, 0.3])).flat();
    const labels = Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1));
    const data = { images: gpu.tensor(images, [20, 1, 1, 2]), labels: gpu.tensor(labels, [20], "i32") };
    const stop = earlyStop(gpu, data, model, [params, statistics], { eps: 0.05 });
    const wrong = [1, -1, 0, 0];
    const epochs: number[][] = [[-1, 1, 0, 0], [-2, 2, 0, 0], wrong, [-3, 3, 0, 0]];
    const optimizer = sgd([params], { lr: 0 });
    let done = 0;
    const learn = () => {
      const epoch = Math.floor(done++ / 2);
      params.load({ w: { shape: [2, 2], data: epochs[epoch]! } });
      statistics.load({ m: { shape: [1], data: [epoch] } });
      return gpu.full([], 1);
    };
    const seen: Batch[] = [];
    await fit(Object.assign(learn, { dispose: () => undefined }), optimizer, { name: "toy", n: 20, batch: 10, epochs: 4,
      seed: 1, schedule: () => 0, onEpoch: (first) => (seen.push(first), stop.onEpoch(first)) });
    assert.is(done, 6);
    assert.equal(seen.map(({ shape }) => shape), [[10], [10], [10]]);
    stop.restore();
    assert.equal([...(await params.get("w").data())], epochs[1]);
    assert.is(await statistics.get("m").item(), 1);
    assert.is(await stop.kept.at(-1)!.get("accuracy").item(), 1);
    params.load({ w: { shape: [2, 2], data: [-1, 1, 0, 0] } });
    const [soft, hard] = [0.05, 0.3].map((eps) => earlyStop(gpu, data, model, [params], { eps, alpha: eps }));
    for (const [s, due] of [[soft!, 1], [hard!, 0]] as const) {
      await s.onEpoch(seen[0]!);
      assert.is(await s.kept.at(-1)!.get("accuracy").item(), due);
      s.dispose();
    }
    params.load({ w: { shape: [2, 2], data: wrong } }); // what counts is the share of what was right, however little
    const poor = earlyStop(gpu, data, model, [params], { eps: 0.1 });
    assert.is(await poor.onEpoch(seen[0]!), false);
    poor.kept.at(-1)!.load({ accuracy: { shape: [1], data: [0.15] } });
    assert.is(await poor.onEpoch(seen[0]!), true);
    poor.dispose();
    assert.throws(() => earlyStop(gpu, data, model, [params], { eps: 0.1, drop: 2 }), /^earlyStop: drop is 2/);
    assert.throws(() => earlyStop(gpu, data, model, [params], { eps: 0.1, fall: 1 } as never), /no option named fall/);
  });

test("the loss of a step is that of the batch that the attack ends at", async () => {
  const x = gpu.tensor([0.3, 0.7, 0.6, 0.2], [2, 1, 1, 2]);
  const y = gpu.tensor([0, 1], [2], "i32");
  const shown: Tensor[] = [];
  const keep = (images: Tensor) => void shown.push(gpu.keep(images));
  const options: AdversarialOptions = { eps: 0.2, alpha: 0.1, steps: 2, start: "zero", watch: keep };
  const loss = await adversarialUpdate(idle(hill), x, y, options).item();
  assert.ok(Math.abs(loss - await crossEntropy(hill(shown[2]!), y).item()) < 1e-6);
  assert.ok(loss > await crossEntropy(hill(x), y).item());
});

test.run();
