// Adversarial training on images of a few pixels: each method learns what plain training does not, a captured step does
// what an eager one does, and options that make no sense are refused.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adam, crossEntropy, createEngine, fit, flatten, linear, makeParameters, pgd, relu, sgd, trainingStep,
  type Engine, type Model, type Optimizer, type Parameters } from "../src/index.ts";
import { accuracy } from "../src/model/accuracy.ts";
import { hostRandom } from "../src/model/host-random.ts";
import type { Tensor } from "../src/index.ts";
import type { Data, Step } from "../src/model/train.ts";
import { adversarialStep, adversarialUpdate, freeStep, makeDelta, type AdversarialOptions,
  type Learner } from "../src/train/adversarial.ts";

const test = suite("adversarial training");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 4 })));
test.after(() => gpu.close());

const [N, BATCH, EPS] = [256, 32, 0.1];

/**
 * Images [N,1,1,6]: the first pixel says the class, dark or bright, and is wrong in a tenth of them; the others say it
 * always, by a difference that an attack of EPS can turn round.
 */
function dataset(): Data & { images: Tensor } {
  const random = hostRandom(6);
  const labels = Int32Array.from({ length: N }, () => Math.floor(2 * random()));
  const images = Float32Array.from({ length: N * 6 }, (_, i) => {
    const side = labels[Math.floor(i / 6)] ? 1 : -1;
    if (i % 6) return 0.5 + 0.08 * side + 0.02 * (random() - 0.5);
    return 0.5 + 0.2 * (random() < 0.1 ? -side : side);
  });
  return { images: gpu.keep(gpu.tensor(images, [N, 1, 1, 6])), labels: gpu.keep(gpu.tensor(labels)) };
}

interface Net {
  params: Parameters;
  model: Model;
}

function network(): Net {
  const params = makeParameters(gpu, {
    w1: { shape: [8, 6], init: "kaiming-uniform" }, b1: { shape: [8], init: "zeros" },
    w2: { shape: [2, 8], init: "kaiming-uniform" }, b2: { shape: [2], init: "zeros" },
  }, 3);
  const p = (name: string) => params.get(name);
  return { params, model: (x) => linear(relu(linear(flatten(x), p("w1"), p("b1"))), p("w2"), p("b2")) };
}

/** Accuracy in percent, clean and under PGD, after training with a step. */
async function trained(makeStep: (net: Net, data: Data & { images: Tensor }, optimizer: Optimizer) => Step,
  replays = 1): Promise<{ clean: number; pgd: number }> {
  const [data, net] = [dataset(), network()];
  const optimizer = adam([net.params], { lr: 0.02 });
  const step = makeStep(net, data, optimizer);
  await fit(step, optimizer, { name: "test", n: N, batch: BATCH, epochs: 24 / replays, replays, seed: 1,
    schedule: () => 0.02 });
  step.dispose();
  const attack = pgd(net.model, { eps: EPS, alpha: EPS / 4, steps: 10 });
  const share = async (x: Tensor) => 100 * (await accuracy(net.model(x), data.labels).item());
  return { clean: await share(data.images), pgd: await share(attack(data.images, data.labels)) };
}

const learner = ({ params, model }: Net, optimizer: Optimizer): Learner => ({ params: [params], model, optimizer });

const METHODS: Record<string, AdversarialOptions> = {
  "PGD-7": { eps: EPS, alpha: EPS / 4, steps: 7 },
  Fast: { eps: EPS, alpha: 1.25 * EPS, steps: 1 },
  "zero start": { eps: EPS, alpha: EPS, steps: 1, start: "zero" },
};

test("plain training falls to PGD, and each method stands", async () => {
  const plain = await trained((net, data, optimizer) =>
    trainingStep(gpu, data, [net.params], optimizer, (x, y) => crossEntropy(net.model(x), y)));
  assert.ok(plain.clean > 97 && plain.pgd < 75, `plain: ${plain.clean}, ${plain.pgd}`);
  for (const [name, options] of Object.entries(METHODS)) {
    const got = await trained((net, data, optimizer) => adversarialStep(gpu, data, learner(net, optimizer), options));
    assert.ok(got.pgd > plain.pgd + 10, `${name}: ${got.clean}, ${got.pgd}`);
  }
  const free = await trained((net, data, optimizer) =>
    freeStep(gpu, data, learner(net, optimizer), { eps: EPS, delta: makeDelta(gpu, [BATCH, 1, 1, 6]) }), 4);
  assert.ok(free.pgd > plain.pgd + 10, `Free: ${free.clean}, ${free.pgd}`);
});

test("a captured step gives the bits of an eager one, twice", async () => {
  const results: Float32Array[] = [];
  for (const captured of [true, false, true]) {
    const [data, net] = [dataset(), network()];
    const optimizer = sgd([net.params], { lr: 0.1, momentum: 0.9 });
    gpu.random.restore([7, 0, 0, 0]);
    const [x, y] = [data.images, data.labels];
    const update = () => adversarialUpdate(learner(net, optimizer), x, y, METHODS["PGD-7"]!);
    const step = captured ? gpu.capture(update) : update;
    for (let i = 0; i < 4; i++) step();
    results.push(await net.params.flat.data());
  }
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
});

test("images that the network is shown stay within the ball and [0, 1]", async () => {
  const [data, net] = [dataset(), network()];
  const seen: Promise<ArrayLike<number>>[] = [];
  adversarialUpdate(learner(net, sgd([net.params], { lr: 0.1 })), data.images, data.labels, { eps: 0.3, alpha: 0.2,
    steps: 2, watch: (images) => void seen.push(images.data()) }).dispose();
  assert.is(seen.length, 3);
  const x = await data.images.data();
  for (const batch of await Promise.all(seen))
    x.forEach((v, i) => assert.ok(Math.abs(batch[i]! - v) < 0.3 + 1e-6 && batch[i]! >= 0 && batch[i]! <= 1));
});

test("options that make no sense are one sentence", () => {
  const [data, net] = [dataset(), network()];
  const run = (options: object) => () =>
    adversarialUpdate(learner(net, sgd([net.params], { lr: 0.1 })), data.images, data.labels,
      options as AdversarialOptions);
  assert.throws(run({ eps: 8, alpha: 1, steps: 1 }), /adversarialUpdate: eps is 8/);
  assert.throws(run({ eps: 0.1, alpha: 1, steps: 0 }), /adversarialUpdate: steps is 0/);
  assert.throws(run({ eps: 0.1, alpha: 1, steps: 1, begin: "zero" }), /adversarialUpdate: .*begin/);
  assert.throws(run({ eps: 0.1, alpha: 1, steps: 1, start: "cold" }), /adversarialUpdate: start is "cold"/);
  assert.throws(run({ eps: 0.1, alpha: 1, steps: 1, start: "zero", noise: data.images }), /noise is given with the/);
});

test.run();
