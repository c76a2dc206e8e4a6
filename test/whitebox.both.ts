// BPDA and EOT: their gradients against closed forms and other formulas, the ascent against a loop that can be read
// off.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, argmax, bpda, bpdaGradient, clamp, cat, createEngine, eotGradient, flatten, gather, grad, ifgsm,
  linear, log, lossGradient, mean, mul, neg, pgd, randn, repeated, reshape, sigmoid, softmax, stopGradient, tanh,
  type EotAverage, type Engine, type Tensor } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";

const whitebox = suite("white-box attacks");
let gpu: Engine;
whitebox.before(async () => void (gpu = await createEngine({ seed: 5 })));
whitebox.after(() => gpu.close());

const N = 5;
const K = 3;
const P = 16;
const SHAPE = [N, 1, 4, 4];
const random = hostRandom(7);
const numbers = (n: number, lo: number, hi: number) =>
  Float32Array.from({ length: n }, () => lo + (hi - lo) * random());
const weights = numbers(K * P, -1, 1);
const images = numbers(N * P, 0.1, 0.9);
const noise = Array.from({ length: 4 }, () => numbers(N * P, -0.5, 0.5));
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0);

/** A linear classifier of three classes; every image has the label that it gives to the image behind `purify`. */
const setUp = () => {
  const w = gpu.tensor(weights, [K, P]);
  const b = gpu.tensor([0.1, 0, -0.1]);
  const classify = (x: Tensor) => linear(flatten(x), w, b);
  const x = gpu.tensor(images, SHAPE);
  return { classify, purify: halve, x, y: argmax(classify(halve(x)), { dim: 1 }) };
};
const halve = (x: Tensor) => add(mul(x, 0.5), 0.25);
const steep = (x: Tensor) => sigmoid(mul(add(x, -0.5), 4));

/** (softmax(W xhat + b) - onehot(y)) W with xhat = x / 2 + 1/4, in float64. */
function gradientAtHalf(labels: Int32Array): number[] {
  return Array.from(labels).flatMap((label, n) => {
    const logits = [0.1, 0, -0.1].map((b, k) =>
      Array.from({ length: P }, (_, p) => weights[k * P + p]! * (images[n * P + p]! * 0.5 + 0.25)).reduce(
        (s, v) => s + v,
        b,
      )
    );
    const e = logits.map(Math.exp);
    const dlogits = e.map((v, k) => v / e.reduce((s, u) => s + u) - Number(k === label));
    return Array.from({ length: P }, (_, p) => dlogits.reduce((s, d, k) => s + d * weights[k * P + p]!, 0));
  });
}

whitebox("the gradient of BPDA is the classifier's at the purified image, as a linear net has it", async () => {
  const { classify, purify, x, y } = setUp();
  const due = gradientAtHalf(await y.data<Int32Array>());
  assert.ok(far(await bpdaGradient(purify, classify)(x, y).data(), due) < 1e-6);
});

whitebox("with the purifier as its own substitute BPDA has the exact gradient", async () => {
  const { classify, x, y } = setUp();
  const exact = await lossGradient((v) => classify(steep(v)))(x, y).data();
  assert.ok(far(await bpdaGradient(steep, classify, steep)(x, y).data(), exact) < 1e-6);
  assert.ok(far(await bpdaGradient((v) => stopGradient(steep(v)), classify, steep)(x, y).data(), exact) < 1e-6,
    "the forward needs no gradient");
  assert.ok(far(await bpdaGradient(steep, classify)(x, y).data(), exact) > 1e-3, "the identity is another gradient");
});

/** The ascent of one image after the other, written down a second time. */
async function byHand(labels: Int32Array, classify: (x: Tensor) => Tensor, purify: (x: Tensor) => Tensor, lr: number,
  steps: number): Promise<number[]> {
  const result: number[] = [];
  for (let n = 0; n < N; n++) {
    const y = gpu.tensor([labels[n]!], [1], "i32");
    let adv = gpu.tensor(images.subarray(n * P, (n + 1) * P), [1, 1, 4, 4]);
    for (let i = 0; i < steps; i++) {
      if ((await argmax(classify(purify(adv)), { dim: 1 }).item()) !== labels[n]) break;
      adv = clamp(add(adv, mul(lossGradient(classify)(purify(adv), y), lr)), 0, 1);
    }
    result.push(...(await adv.data()));
  }
  return result;
}

whitebox("bpda climbs the raw gradient and leaves an image alone once it is fooled", async () => {
  const { classify, purify, x, y } = setUp();
  const labels = await y.data<Int32Array>();
  labels[2] = (labels[2]! + 1) % K; // misclassified from the start
  const given = gpu.tensor(labels, [N], "i32");
  const looks: number[][] = [];
  const attack = bpda(purify, classify, { lr: 0.3, watch: (step, left) => void looks.push([step, left]) });
  const adv = await (await attack(x, given)).data();
  assert.ok(far(adv, await byHand(labels, classify, purify, 0.3, 1000)) < 1e-5);
  assert.equal(adv.slice(2 * P, 3 * P), images.slice(2 * P, 3 * P), "an image that was wrong is not touched");
  assert.ok(adv.every((v) => v >= 0 && v <= 1));
  assert.is(looks.at(-1)![1], 0, "all are fooled");
  assert.ok(looks.length < 20, "it ends early");
  const again = await (await attack(x, given)).data();
  assert.equal(again, adv, "a second call begins anew");
});

whitebox("bpda keeps to a ball where one is given", async () => {
  const { classify, purify, x, y } = setUp();
  const adv = await (await bpda(purify, classify, { lr: 1, steps: 60, eps: 0.05 })(x, y)).data();
  const moved = far(adv, images);
  assert.ok(moved <= 0.05 + 1e-6 && moved > 0.049, `moved by ${moved}`);
});

whitebox("bpdaGradient and eotGradient in the loop keep to ball and box, captured", async () => {
  const { classify, purify, x, y } = setUp();
  const draws = repeated((v) => classify(add(v, mul(randn(gpu, v.shape), 0.1))));
  for (const gradient of [bpdaGradient(purify, classify), eotGradient(draws, 3), eotGradient(draws, 3, "logits"),
    eotGradient(draws, 3, "probabilities")])
    for (const attack of [ifgsm(classify, { eps: 0.3, gradient }), pgd(classify, { eps: 0.3, gradient })]) {
      const adv = await attack(x, y).data();
      assert.ok(far(adv, images) <= 0.3 + 1e-6 && far(adv, images) > 0.1);
      assert.ok(adv.every((v) => v >= 0 && v <= 1));
      attack.dispose();
    }
});

/** A random net with recorded noise: tanh behind the noise, so that draws differ in more than an offset. */
const noisy = (classify: (x: Tensor) => Tensor) => {
  const eps = noise.map((e) => gpu.tensor(e, SHAPE));
  return (x: Tensor, k: number) => classify(tanh(mul(add(x, eps[k]!), 2)));
};

whitebox("EOT over K draws is the mean of the K gradients with the same noise", async () => {
  const { classify, x, y } = setUp();
  const model = noisy(classify);
  const single = await Promise.all(noise.map((_, k) => lossGradient((v) => model(v, k))(x, y).data()));
  const due = single[0]!.map((_, i) => single.reduce((s, g) => s + g[i]!, 0) / noise.length);
  assert.ok(far(await eotGradient(repeated(model), noise.length)(x, y).data(), due) < 1e-6);
});

whitebox("EOT of mean logits and of mean probabilities is that of the plain formulas", async () => {
  const { classify, x, y } = setUp();
  const model = noisy(classify);
  const mixed = (part: (logits: Tensor) => Tensor) => (v: Tensor) =>
    mean(cat(noise.map((_, k) => reshape(part(model(v, k)), [1, N, K]))), { dim: 0 });
  const logits = lossGradient(mixed((l) => l))(x, y);
  const probabilities = grad(() => neg(log(gather(mixed((l) => softmax(l))(x), 1, reshape(y, [N, 1])))), [x])[0]!;
  const eot = (average: EotAverage) => eotGradient(repeated(model), noise.length, average)(x, y).data();
  assert.ok(far(await eot("logits"), await logits.data()) < 1e-6);
  assert.ok(far(await eot("probabilities"), await probabilities.data()) < 1e-6);
});

whitebox("EOT of mean probabilities does not underflow where every draw is surely wrong", async () => {
  const { classify, x } = setUp();
  const wrong = (v: Tensor, k: number) => mul(noisy(classify)(v, k), 400);
  const y = gpu.tensor(new Int32Array(N), [N], "i32");
  const dx = await eotGradient(repeated(wrong), noise.length, "probabilities")(x, y).data();
  assert.ok(dx.every(Number.isFinite) && dx.some((v) => Math.abs(v) > 1));
});

whitebox("EOT with the engine's noise: captured and eager give the same bits from the same counter", async () => {
  const { classify, x, y } = setUp();
  const gradient = eotGradient(repeated((v) => classify(tanh(add(v, randn(gpu, v.shape))))), 3);
  const saved = await gpu.random.save();
  const eager = await gradient(x, y).data();
  const step = gpu.capture((a: Tensor, b: Tensor) => gradient(a, b));
  gpu.random.restore(saved);
  assert.equal(await step(x, y).data(), eager);
  assert.ok(far(await step(x, y).data(), eager) > 0, "the next step draws anew");
  step.dispose();
});

whitebox("dispose gives back all that bpda keeps", async () => {
  const { classify, purify, x, y } = setUp();
  const attack = bpda(purify, classify, { steps: 3 });
  await gpu.synchronize();
  const before = held(gpu).buffers;
  (await attack(x, y)).dispose();
  assert.ok(held(gpu).buffers > before);
  attack.dispose();
  assert.is(held(gpu).buffers, before);
});

whitebox("options out of range and models of a wrong shape are refused", () => {
  const { classify, purify, x, y } = setUp();
  assert.throws(() => bpda(purify, classify, { lr: 0 }), /bpda: lr is 0; a number > 0 is due/);
  assert.throws(() => bpda(purify, classify, { steps: 0 }), /bpda: steps is 0; a whole number >= 1 is due/);
  assert.throws(() => bpda(purify, classify, { eps: -1 }), /bpda: eps is -1; a number >= 0 is due/);
  assert.throws(() => eotGradient(repeated(classify), 0), /eot: draws is 0; a whole number >= 1 is due/);
  assert.throws(() => eotGradient((v) => classify(v), 2)(x, y),
    /eot: the model gave logits \[5,3\] for 2 draws of 5 images; \[10,K\] is due/);
});

whitebox.run();
