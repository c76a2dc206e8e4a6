// Training: it learns, leaks nothing over 1,000 captured steps, repeats to the same bits, and stops with one sentence.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, crossEntropy, dropout, flatten, linear, relu, reparameterize, mean, square, type Engine,
  type Tensor } from "../src/index.ts";
import { mlpAutoencoder } from "../src/model/networks/autoencoder.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { kmeans } from "../src/model/kmeans.ts";
import { cvaeLoss } from "../src/model/losses.ts";
import { adam } from "../src/model/optim.ts";
import { makeParameters } from "../src/model/params.ts";
import { fit, imagesAt, trainingStep } from "../src/model/train.ts";
import { uploadBytes } from "../src/train/trainer.ts";
import { STRIPES } from "./stripes.ts";

const training = suite("training");
/** Of the tests that need no new one. */
let gpu: Engine;
training.before(async () => void (gpu = await createEngine()));
training.after(() => gpu.close());
const N = 64;

/** Two classes of 1x2x4 images that a line separates; a net with dropout. */
function problem(gpu: Engine) {
  const random = hostRandom(5);
  const x = Float32Array.from({ length: N * 8 }, () => random() - 0.5);
  const labels = Int32Array.from({ length: N }, (_, i) => (x[i * 8]! + x[i * 8 + 3]! > 0 ? 1 : 0));
  const data = { images: gpu.tensor(x, [N, 1, 2, 4]), labels: gpu.tensor(labels, [N], "i32") };
  const p = makeParameters(gpu, {
    "fc1.weight": { shape: [16, 8], init: "kaiming-uniform" }, "fc1.bias": { shape: [16], init: "zeros" },
    "fc2.weight": { shape: [2, 16], init: "kaiming-uniform" }, "fc2.bias": { shape: [2], init: "zeros" },
  }, 1);
  const forward = (v: Tensor) =>
    linear(dropout(relu(linear(flatten(v), p.get("fc1.weight"), p.get("fc1.bias"))), 0.1), p.get("fc2.weight"),
      p.get("fc2.bias"));
  const optimizer = adam([p], { lr: 0.01 });
  const step = trainingStep(gpu, data, [p], optimizer, (v, y) => crossEntropy(forward(v), y));
  return { p, optimizer, step };
}
const options = { name: "toy", n: N, batch: 32, seed: 1, schedule: () => 0.01 };

training("1,000 captured steps learn, and leave live bytes and buffers as they were", async () => {
  const gpu = await createEngine({ seed: 1 });
  const { step, optimizer } = problem(gpu);
  const first = await fit(step, optimizer, { ...options, epochs: 1 });
  const before = gpu.memory();
  const last = await fit(step, optimizer, { ...options, epochs: 500 });
  assert.ok(last < first / 2, `loss ${first} -> ${last}`);
  assert.equal(gpu.memory(), before);
  gpu.close();
});

training("the same seed gives the same weights, bit by bit; another seed does not", async () => {
  const weights = async (seed: number) => {
    const gpu = await createEngine({ seed });
    const { p, step, optimizer } = problem(gpu);
    await fit(step, optimizer, { ...options, epochs: 5 });
    const data = await p.flat.data();
    gpu.close();
    return data;
  };
  const one = await weights(1);
  assert.equal(await weights(1), one);
  assert.not.equal(await weights(2), one);
});

training("a loss that is not finite stops the run with a sentence that says where", async () => {
  const { step, optimizer } = problem(gpu);
  const error = await fit(step, optimizer, { ...options, epochs: 20, schedule: () => 1e38 }).catch((e: Error) =>
    e.message
  );
  assert.match(String(error),
    /^toy: the loss is (NaN|Infinity|-Infinity) at step \d+ of 40 \(epoch \d+\); use a lower learning rate$/);
});

training("a loss that has no way back stops the run, too", async () => {
  const { step, optimizer } = problem(gpu);
  const schedule = (i: number) => (i < 20 ? 0.01 : 1e4);
  const error = await fit(step, optimizer, { ...options, epochs: 40, schedule }).catch((e: Error) => e.message);
  assert.match(String(error),
    /^toy: the loss grew from [\d.e-]+ to [\d.e+]+ at step [34]0 of 80 \(epoch \d+\); use a lower learning rate$/);
});

training("a device that is lost in the middle of training stops it with one sentence", async () => {
  const gpu = await createEngine();
  const { step, optimizer } = problem(gpu);
  const run = fit(step, optimizer, { ...options, epochs: 500,
    onProgress: (done) => void (done === 20 && gpu.device.destroy()) });
  assert.match(await run.then(() => "went on", (e: Error) => e.message), /^the GPU device was lost/);
  gpu.close();
});

training("an abort stops it at the next look", async () => {
  const { step, optimizer } = problem(gpu);
  const abort = new AbortController();
  const run = fit(step, optimizer, { ...options, epochs: 500, signal: abort.signal,
    onProgress: (done) => void (done === 20 && abort.abort(new Error("stopped"))) });
  assert.match(await run.then(() => "went on", (e: Error) => e.message), "stopped");
});

training("it waits for onStep after every step, which gets the step's loss and can end the run", async () => {
  const { p, step, optimizer } = problem(gpu);
  const [seen, losses]: [string[], number[]] = [[], []];
  const run = fit(step, optimizer, { ...options, epochs: 2, onStep: async (done, total, loss) => {
    seen.push(`${done} of ${total}`);
    losses.push(await loss.item());
    const before = await p.flat.data();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await p.flat.data(), before, "nothing moves meanwhile");
    if (done === 3) throw new Error("enough");
  } });
  assert.is(await run.then(() => "went on", (e: Error) => e.message), "enough");
  assert.equal(seen, ["1 of 4", "2 of 4", "3 of 4"]);
  assert.ok(new Set(losses).size === 3 && losses.every(Number.isFinite), `${losses}`);
});

training(
  "the C-VAE loss equals its closed form: with q = softmax(-d/2), the prior is log K - logsumexp(-d/2) - logdet/2 - " +
    "D/2",
  async () => {
    const net = mlpAutoencoder(gpu, 3, { hidden: 8, latent: 4 });
    const random = hostRandom(2);
    const means = Float32Array.from({ length: 12 }, () => 2 * random() - 1);
    const x = gpu.tensor(Float32Array.from({ length: 5 * 784 }, () => random()), [5, 1, 28, 28]);
    const saved = await gpu.random.save();
    const loss = await cvaeLoss(net, gpu.tensor(means, [3, 4]), x, x, 0).item();
    gpu.random.restore(saved);
    const { mu, logvar } = net.encode(x);
    const [z, lv] = [await reparameterize(mu, logvar).data(), await logvar.data()];
    let due = 0;
    for (let n = 0; n < 5; n++) {
      const half = [0, 1, 2].map((k) =>
        -0.5 * [0, 1, 2, 3].reduce((s, j) => s + (z[n * 4 + j]! - means[k * 4 + j]!) ** 2, 0)
      );
      due += Math.log(3) - Math.log(half.reduce((s, h) => s + Math.exp(h), 0)) - 0.5 * [0, 1, 2, 3].reduce((s, j) =>
            s + lv[n * 4 + j]!, 0) -
        2;
    }
    assert.ok(Math.abs(loss - due / 5) < 1e-4 * Math.abs(due), `${loss} against ${due / 5}`);
    assert.ok(Number.isFinite(await mean(square(mu)).item()));
  },
);

training("k-means finds three far groups, whatever the order", () => {
  const random = hostRandom(8);
  const points = Float32Array.from({ length: 300 },
    (_, i) => 10 * (Math.floor(i / 2) % 3) * (i % 2 ? 1 : -1) + random());
  const centres = kmeans(points, 2, { k: 3, seed: 1 });
  const found = [0, 1, 2].map((k) => Math.round(centres[2 * k + 1]! - 0.5)).sort((a, b) => a - b);
  assert.equal(found, [0, 10, 20]);
});

training("images in several buffers are the same images", async () => {
  const set = STRIPES.read("train");
  const [whole, parts] = [uploadBytes(gpu, set), uploadBytes(gpu, set, 100 * 288)];
  assert.is([parts.images].flat().length, 6);
  const index = gpu.tensor([0, 99, 100, 511, 257, 3], [6], "i32");
  const [a, b] = [imagesAt(whole, index), imagesAt(parts, index)];
  assert.equal(await b.data(), await a.data());
});

training.run();
