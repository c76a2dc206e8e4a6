// Random numbers: Philox on the GPU against its published vectors, the distributions of what the ops draw, and the
// same numbers from the same seed.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addNoise, byteImages, createEngine, dropout, kernel, rand, randn, reparameterize, valueAndGrad, type Engine,
  type Tensor } from "../src/index.ts";
import { philox as philoxSource } from "../src/engine/random.ts";
import { imagesAt } from "../src/model/train.ts";
import { philox } from "../src/verify/table/philox.ts";

// kat_vectors of Random123 (D. E. Shaw Research), philox4x32 10: counter, key, result.
const PUBLISHED = [
  "00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd",
  "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1",
].map((line) => line.split(" ").map((word) => parseInt(word, 16)));

const probe = kernel("test/philox.wgsl", `
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) {
  let i = id.x * 6u;
  out[id.x] = philox(vec4u(words[i], words[i + 1u], words[i + 2u], words[i + 3u]), vec2u(words[i + 4u], words[i + 5u]));
}`, { parts: [philoxSource] });

const unit = kernel("test/uniform.wgsl", `
@group(0) @binding(0) var<storage, read> words: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(1) fn main() { out[0] = uniform4(words[0]); }`, { parts: [philoxSource] });

const random = suite("random numbers");
let gpu: Engine;
random.before(async () => void (gpu = await createEngine({ seed: 7 })));
random.after(() => gpu.close());

random("Philox 4x32-10 gives its published vectors, on the GPU and in the tests' reference", async () => {
  const words = gpu.tensor(PUBLISHED.flatMap((v) => v.slice(0, 6)), [PUBLISHED.length * 6], "u32");
  const out = gpu.empty([PUBLISHED.length * 4], "u32");
  gpu.run(probe, { words, out }, {}, [PUBLISHED.length]);
  assert.equal([...(await out.data<Uint32Array>())], PUBLISHED.flatMap((v) => v.slice(6)));
  for (const v of PUBLISHED) assert.equal(philox(v.slice(0, 4), v.slice(4, 6)), v.slice(6));
});

random("uniform numbers are above 0 and below 1 for any bits", async () => {
  const [words, out] = [gpu.tensor([0, 0x1ff, 0x80000000, 0xffffffff], [4], "u32"), gpu.empty([4])];
  gpu.run(unit, { words, out }, {}, [1]);
  assert.equal([...(await out.data())], [2 ** -24, 2 ** -24, 0.5 + 2 ** -24, 1 - 2 ** -24]);
});

/** Mean, variance, fourth moment and largest absolute autocorrelation at the lags 1, 2, 3, 4 and 64. */
async function moments(t: Tensor) {
  const x = await t.data();
  const n = x.length;
  const mean = x.reduce((a, b) => a + b, 0) / n;
  const central = (p: number) => x.reduce((a, b) => a + (b - mean) ** p, 0) / n;
  const correlation = (lag: number) =>
    x.reduce((a, b, i) => a + (i + lag < n ? (b - mean) * (x[i + lag]! - mean) : 0), 0) / n;
  return { mean, variance: central(2), fourth: central(4),
    correlation: Math.max(...[1, 2, 3, 4, 64].map((lag) => Math.abs(correlation(lag)))), min: Math.min(...x),
    max: Math.max(...x) };
}
const near = (value: number, due: number, within: number, what: string) =>
  assert.ok(Math.abs(value - due) <= within, `${what} is ${value}, ${due} +- ${within} is due`);
const N = 40_000; // so one standard error of a mean is 0.005

random("randn is standard normal", async () => {
  const m = await moments(randn(gpu, [N]));
  near(m.mean, 0, 0.02, "the mean");
  near(m.variance, 1, 0.03, "the variance");
  near(m.fourth, 3, 0.2, "the fourth moment");
  near(m.correlation, 0, 0.02, "an autocorrelation");
});

random("rand is uniform between its bounds", async () => {
  const m = await moments(rand(gpu, [N], -1, 3));
  near(m.mean, 1, 0.025, "the mean");
  near(m.variance, 16 / 12, 0.03, "the variance");
  near(m.correlation, 0, 0.03, "an autocorrelation");
  assert.ok(m.min >= -1 && m.max <= 3, `${m.min} to ${m.max}`);
});

random("reparameterize, addNoise and dropout have the moments they promise", async () => {
  const full = (v: number) => gpu.full([N], v);
  const z = await moments(reparameterize(full(2), full(Math.log(0.25))));
  near(z.mean, 2, 0.01, "the mean of z");
  near(z.variance, 0.25, 0.01, "the variance of z");
  const noisy = await moments(addNoise(full(0.5), 0.1));
  near(noisy.mean, 0.5, 0.002, "the mean with noise");
  near(noisy.variance, 0.01, 0.0005, "the variance with noise");
  const x = await dropout(full(1), 0.3).data();
  near(x.filter((v) => v === 0).length / N, 0.3, 0.01, "the share dropped");
  assert.ok(x.every((v) => v === 0 || Math.abs(v - 1 / 0.7) < 1e-6));
});

random("the gradient of the noise is made from the forward's noise, also after other draws", async () => {
  const [mu, logvar] = [gpu.zeros([1001]), gpu.full([1001], 0.5)];
  const { value, grads } = valueAndGrad(() => {
    const z = reparameterize(mu, logvar);
    randn(gpu, [5]);
    return z;
  }, [mu, logvar]);
  const [z, dlogvar] = [await value.data(), await grads[1]!.data()];
  z.forEach((v, i) => assert.ok(Math.abs(dlogvar[i]! - v / 2) < 1e-6));
});

random("the same seed draws the same bits, another seed and the next draw others", async () => {
  const draws = async (seed: number) => {
    const own = await createEngine({ seed });
    const pair = [[...(await randn(own, [37]).data())], [...(await randn(own, [37]).data())]];
    own.close();
    return pair;
  };
  const [a, b, c] = [await draws(3), await draws(3), await draws(4)];
  assert.equal(a, b);
  assert.not.equal(a[0], a[1]);
  assert.not.equal(a, c);
});

random("a captured draw is new at every replay and repeats after restore", async () => {
  const step = gpu.capture(() => randn(gpu, [13]));
  const saved = await gpu.random.save();
  const first = [...(await step().data())];
  const second = [...(await step().data())];
  gpu.random.restore(saved);
  assert.equal([...(await step().data())], first);
  assert.not.equal(first, second);
  step.dispose();
});

/** Two stored images of two pixels that matter, 100 and 200 of 255, in the middle of 6x6 zeros. */
function spots() {
  const words = new Uint32Array(new Uint8Array(72).fill(100, 14, 15).fill(200, 15, 16).fill(100, 50, 51).fill(200, 51,
    52).buffer);
  return { images: gpu.tensor(words, [2, 9], "u32"), labels: gpu.zeros([2], "i32"), shape: [1, 6, 6] as const };
}
const many = 3000;

/** Of each image of a batch: where its first pixel went, and whether the second stands left of it. */
async function seen(batch: Tensor): Promise<{ down: number; right: number; flipped: boolean }[]> {
  const data = await batch.data();
  return Array.from({ length: batch.shape[0]! }, (_, b) => {
    const image = data.subarray(36 * b, 36 * (b + 1));
    const at = (level: number) => image.findIndex((v) => Math.abs(v - level / 255) < 1e-6); // a GPU divides to 2.5 ulp
    const [one, two] = [at(100), at(200)];
    return { down: Math.floor(one / 6) - 2, right: (one % 6) - 2, flipped: two < one };
  });
}

random("byteImages crops and flips as often as it says, each image by itself", async () => {
  const { images, shape } = spots();
  const index = gpu.zeros([many], "i32");
  const all = await seen(byteImages(images, index, shape, { crop: 1, flip: true }));
  near(all.filter((v) => v.flipped).length / many, 0.5, 0.04, "the share flipped");
  for (const move of [-1, 0, 1])
    near(all.filter((v) => v.down === move).length / many, 1 / 3, 0.04, `the share moved down by ${move}`);
  for (const flipped of [true, false]) {
    const own = all.filter((v) => v.flipped === flipped).map((v) => v.right);
    const centre = flipped ? 1 : 0; // of six columns the mirror image of the third is the fourth
    for (const move of [-1, 0, 1])
      near(own.filter((v) => v === centre + move).length / own.length, 1 / 3, 0.06, `the share moved right by ${move}`);
  }
  const still = await seen(byteImages(images, index, shape, { flip: true }));
  assert.ok(still.every((v) => v.down === 0 && v.right === (v.flipped ? 1 : 0)), "no crop, no shift");
});

random("augmented images: the same bits eager, captured and again, others at each draw", async () => {
  const data = { ...spots(), augment: { crop: 2, flip: true } };
  const index = { data: Int32Array.from({ length: 40 }, (_, i) => i % 2), shape: [40], dtype: "i32" } as const;
  const step = gpu.capture((i: Tensor) => imagesAt(data, i));
  const saved = await gpu.random.save();
  const replays = [[...(await step(index).data())], [...(await step(index).data())]];
  gpu.random.restore(saved);
  const again = [[...(await step(index).data())], [...(await step(index).data())]];
  gpu.random.restore(saved);
  const at = gpu.tensor(index.data, [40], "i32");
  const eager = [[...(await imagesAt(data, at).data())], [...(await imagesAt(data, at).data())]];
  assert.equal(again, replays);
  assert.equal(eager, replays);
  assert.not.equal(replays[0], replays[1]);
  step.dispose();
});

random("every byte becomes the nearest float32 to its share of 255", async () => {
  const words = new Uint32Array(Uint8Array.from({ length: 256 }, (_, b) => b).buffer);
  const x = byteImages(gpu.tensor(words, [1, 64], "u32"), gpu.tensor(new Int32Array(1)), [1, 16, 16]);
  assert.equal([...(await x.data())], Array.from({ length: 256 }, (_, b) => Math.fround(b / 255)));
});

random("without augmentation byteImages draws nothing; float images refuse it", async () => {
  const data = spots();
  const [index, saved] = [gpu.zeros([3], "i32"), await gpu.random.save()];
  byteImages(data.images, index, data.shape, { crop: 0, flip: false });
  assert.equal(await gpu.random.save(), saved);
  assert.throws(() => imagesAt({ ...data, images: gpu.zeros([2, 1, 6, 6]), augment: { crop: 1 } }, index),
    /^training data: augment came with images of type f32, only .* \(u32\) are augmented; store them as bytes$/);
});

random.run();
