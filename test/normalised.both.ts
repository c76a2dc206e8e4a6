// Networks with batch norm: one state dict in and out, what is refused, and statistics that stay where they are.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm, bpda, bpdaGradient, createEngine, deepfool, eotGradient, fab, holdStatistics, loadSafetensors,
  makeAttack, preactResnet18, repeated, resnet18, resnet34, saveSafetensors, spatialShift, squareAttack, type Engine,
  type NormalisedClassifier, type Tensor } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";

const normalised = suite("normalised");
let gpu: Engine;
let x: Tensor;
let y: Tensor;
const random = hostRandom(11);
normalised.before(async () => {
  gpu = await createEngine({ seed: 3 });
  x = gpu.keep(gpu.tensor(Float32Array.from({ length: 4 * 768 }, random), [4, 3, 16, 16]));
  y = gpu.keep(gpu.tensor([0, 1, 2, 0], [4], "i32"));
});
normalised.after(() => gpu.close());

const STANDARD = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] };
const OPTIONS = { channels: 4, classes: 3, ...STANDARD };
const NETS = { resnet18, preactResnet18 };

/** A network whose statistics have moved. */
function trained(make: (typeof NETS)[keyof typeof NETS]): NormalisedClassifier {
  const net = make(gpu, 1, OPTIONS);
  gpu.scope(() => void net.forward(x, true));
  return net;
}

for (const [name, make] of Object.entries(NETS))
  normalised(`${name}: a file holds parameters and statistics, and num_batches_tracked is left out`, async () => {
    const [net, other] = [trained(make), make(gpu, 2, OPTIONS)];
    const file = loadSafetensors(saveSafetensors(await net.state()));
    const counter = { shape: [], data: [1] };
    other.load({ ...file, "bn1.num_batches_tracked": counter, "layer1.0.bn1.num_batches_tracked": counter });
    assert.equal(await other.state(), await net.state());
    assert.equal(await other.forward(x).data(), await net.forward(x).data());
  });

normalised("a state dict that does not fit is refused with the tensor's name, and changes nothing", async () => {
  const net = trained(resnet18);
  const state = await net.state();
  const changed = Object.fromEntries(Object.entries(state).map(([name, t]) =>
    [name, { ...t, data: t.data.map((v) => v + 1) }]
  ));
  const { "conv1.weight": first, ...rest } = changed;
  const wrong: [unknown, RegExp][] = [
    [{ ...changed, odd: first! }, /^load: the state dict has odd, which the network has not/],
    [rest, /^load: the state dict lacks conv1\.weight/],
    [{ ...changed, "bn1.running_var": { shape: [5], data: [1, 1, 1, 1, 1] } },
      /^load: bn1\.running_var has shape \[5\], \[4\] is due/],
    [{ ...changed, "bn1.running_mean": { shape: [4], data: [1, 1, NaN, 1] } },
      /^load: bn1\.running_mean holds NaN at element 2/],
    [{ ...changed, "fc.weight": null }, /^load: fc\.weight/],
    [null, /^load: null given; a state dict is due/],
    ["weights", /^load: .* given; a state dict is due/],
  ];
  for (const [given, message] of wrong) assert.throws(() => net.load(given as never), message);
  assert.equal(await net.state(), state);
  net.load(changed);
  assert.equal(await net.state(), changed);
});

normalised("images are normalised by the network itself", async () => {
  const [plain, own] = [resnet18(gpu, 1, { channels: 4, classes: 3 }), resnet18(gpu, 1, OPTIONS)];
  const pixels = await x.data();
  const by = pixels.map((v, i) => {
    const c = Math.floor(i / 256) % 3;
    return (v - STANDARD.mean[c]!) / STANDARD.std[c]!;
  });
  const [got, due] = [await own.forward(x).data(), await plain.forward(gpu.tensor(by, x.shape)).data()];
  const scale = Math.max(...due.map(Math.abs));
  due.forEach((v, i) => assert.ok(Math.abs(got[i]! - v) < 1e-5 * scale, `${got[i]}, ${v} is due`));
});

normalised("options that make no network are one sentence", () => {
  const wrong: [object, RegExp][] = [
    [{ channels: 0 }, /channels is 0; a whole number >= 1 is due/],
    [{ classes: 2.5 }, /classes is 2\.5; a whole number >= 1 is due/],
    [{ width: 4 }, /no option named width; there are channels, classes, mean, std/],
    [{ mean: [0.5], std: [0.5, 0.5] }, /std is .*; 1 numbers > 0 are due, one for each channel/],
    [{ std: [0.2, 0, 0.2] }, /std is .*; 3 numbers > 0 are due/],
    [{ mean: [0, NaN, 0] }, /mean is .*; 3 numbers are due/],
    [{ mean: [] }, /mean is .*; some numbers are due/],
    [{ mean: 0.5 }, /mean is 0\.5/],
  ];
  for (const [name, make] of Object.entries({ resnet18, resnet34, preactResnet18 }))
    for (const [options, message] of wrong) {
      assert.throws(() => make(gpu, 0, options), message);
      assert.throws(() => make(gpu, 0, options), new RegExp(`^${name}: `));
    }
  assert.throws(() => resnet18(gpu, 0, { stem: "x" as never }), /^resnet18: stem is "x"; "imagenet" or "cifar" is/);
  assert.throws(() => preactResnet18(gpu, 0, { stem: "cifar" } as never), /^preactResnet18: no option named stem/);
});

normalised("momentum 0 and holdStatistics use the batch's statistics and leave the running ones", async () => {
  const running = () => [gpu.tensor([1, 2, 3]), gpu.tensor([4, 5, 6])] as const;
  const norm = ([runningMean, runningVar]: readonly [Tensor, Tensor], momentum: number) =>
    batchNorm(x, null, null, { runningMean, runningVar, training: true, momentum });
  const [moved, still, held] = [running(), running(), running()];
  const due = await norm(moved, 0.1).data();
  assert.equal(await norm(still, 0).data(), due);
  assert.equal(await holdStatistics(gpu, () => norm(held, 0.1)).data(), due);
  for (const [mean, variance] of [still, held]) {
    assert.equal([...(await mean.data())], [1, 2, 3]);
    assert.equal([...(await variance.data())], [4, 5, 6]);
  }
  const broken = running();
  batchNorm(gpu.full([2, 3], NaN), null, null, { runningMean: broken[0], runningVar: broken[1], training: true,
    momentum: 0 });
  assert.equal([...(await broken[0].data())], [1, 2, 3], "not even by NaN");
  assert.ok((await moved[0].data()).every((v, c) => v !== c + 1));
});

normalised("holding ends with the function, also by an error, and is for no asynchronous one", async () => {
  const net = trained(resnet18);
  const state = await net.state();
  assert.throws(() => holdStatistics(gpu, () => { throw new Error("no"); }), /^no$/);
  assert.throws(() => holdStatistics(gpu, async () => net.forward(x, true)), /^holdStatistics: fn is asynchronous/);
  holdStatistics(gpu, () => holdStatistics(gpu, () => 0));
  const before = await net.state();
  assert.equal(before, state);
  gpu.scope(() => void net.forward(x, true));
  assert.not.equal(await net.state(), state);
});

normalised("no attack moves the statistics of a network in training mode, captured or not", async () => {
  const net = trained(preactResnet18);
  const state = await net.state();
  const training = (images: Tensor) => net.forward(images, true);
  const attack = makeAttack(training, { eps: 0.1, alpha: 0.05, steps: 2, restarts: 2, randomStart: true });
  attack(x, y).dispose();
  attack(x, y).dispose();
  assert.equal(await net.state(), state, "steps and restarts");
  gpu.scope(() => void bpdaGradient((images) => images, training)(x, y));
  assert.equal(await net.state(), state, "the gradient of BPDA");
  gpu.scope(() => void bpdaGradient((images) => (net.forward(images, true), images), training)(x, y));
  assert.equal(await net.state(), state, "a purifier that is a network");
  gpu.scope(() => void eotGradient(repeated(training), 2)(x, y));
  assert.equal(await net.state(), state, "the gradient of EOT");
  (await bpda((images) => images, training, { steps: 2 })(x, y)).dispose();
  assert.equal(await net.state(), state, "bpda");
  const searches = { deepfool: deepfool(training, { steps: 1 }), fab: fab(training, { eps: 0.1, steps: 2, targets: 1 }),
    squareAttack: squareAttack(training, { eps: 0.5, norm: "L2", queries: 3 }),
    spatialShift: spatialShift(training, { pixels: 1 }) };
  for (const [name, search] of Object.entries(searches)) {
    search(x, y).dispose();
    assert.equal(await net.state(), state, name);
    search.dispose();
  }
  gpu.scope(() => void training(x));
  assert.not.equal(await net.state(), state);
});

normalised.run();
