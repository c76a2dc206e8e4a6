// The spatial autoencoder of CIFAR-10, the clusters of its code, and ring noise.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adam, clusterLoss, createEngine, cvaeLoss, daeLoss, reparameterize, spatialAutoencoder, sum, vaeLoss,
  valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { clusterPrior } from "../src/model/clusters.ts";
import { purify } from "../src/model/networks/autoencoder.ts";
import { symmetricEigen } from "../src/model/eigen.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { addRingNoise, fourierBasis, ringFilter, ringGains } from "../src/model/ring-noise.ts";

const spatial = suite("spatial");
let gpu: Engine;
spatial.before(async () => void (gpu = await createEngine({ seed: 3 })));
spatial.after(() => gpu.close());

/** Smooth colour images [n,3,h,w] in [0,1]. */
function pictures(n: number, h: number, w: number): Float32Array {
  const random = hostRandom(5);
  const waves = Array.from({ length: n * 3 }, () => [random() * 6, random() * 6, random() * 6, 0.1 + 0.3 * random()]);
  return Float32Array.from({ length: n * 3 * h * w }, (_, i) => {
    const [a, b, phase, height] = waves[Math.floor(i / (h * w))]! as [number, number, number, number];
    const [y, x] = [Math.floor((i % (h * w)) / w) / h, (i % w) / w];
    return 0.5 + height * Math.sin(a * x + b * y + phase);
  });
}

spatial("eigenvectors: A v = value v, orthonormal, the largest value first", () => {
  const random = hostRandom(1);
  const n = 12;
  const half = Array.from({ length: n * n }, () => random() - 0.5);
  const A = Array.from({ length: n * n }, (_, i) => half[i]! + half[(i % n) * n + Math.floor(i / n)]!);
  const { values, vectors } = symmetricEigen(A, n);
  for (const [k, v] of vectors.entries()) {
    const image = Array.from(v, (_, i) => v.reduce((sum, c, j) => sum + A[i * n + j]! * c, 0));
    image.forEach((c, i) => assert.ok(Math.abs(c - values[k]! * v[i]!) < 1e-12));
    vectors.forEach((u, l) =>
      assert.ok(Math.abs(u.reduce((sum, c, i) => sum + c * v[i]!, 0) - Number(k === l)) < 1e-12));
    if (k) assert.ok(values[k]! <= values[k - 1]!);
  }
});

spatial("started from patches it reconstructs at once, and learns", async () => {
  const net = spatialAutoencoder(gpu, 1, { shape: [3, 16, 8], channels: [16, 8] });
  const images = pictures(40, 16, 8);
  net.start!(images);
  const x = gpu.tensor(images.slice(0, 8 * 384), [8, 3, 16, 8]);
  const { mu, logvar } = net.encode(x);
  assert.equal([mu.shape, logvar.shape, net.latentShape, net.latent], [[8, 12, 8, 4], [8, 12, 8, 4], [12, 8, 4], 384]);
  const error = async () => {
    const [a, b] = [await purify(net, x).data(), await x.data()];
    return a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length;
  };
  assert.ok(await error() < 1e-4, `mean squared error ${await error()}`);
  const params = [net.encoder, net.decoder];
  const optimizer = adam(params, { lr: 1e-3 });
  const losses: number[] = [];
  for (let i = 0; i < 6; i++) {
    const { value, grads } = valueAndGrad(() => vaeLoss(net, x, x, 1000), params.flatMap((p) => p.list()));
    optimizer.step(grads);
    losses.push(await value.item());
  }
  assert.ok(losses.at(-1)! < losses[0]!, losses.join());
});

spatial("started from images, its code of them is white and as sure as their components allow", async () => {
  const [n, h, w, lam] = [40, 16, 8, 400];
  const random = hostRandom(9);
  const images = pictures(n, h, w).map((v) => v + 0.1 * (random() - 0.5));
  const net = spatialAutoencoder(gpu, 1, { shape: [3, h, w], channels: [16, 8], lam });
  net.start!(images);
  const { mu, logvar } = net.encode(gpu.tensor(images, [n, 3, h, w]));
  const [code, sure] = [await mu.data(), await logvar.data()];
  const positions = (h * w) / 4;
  const average = (f: (image: number, p: number) => number) => {
    let total = 0;
    for (let i = 0; i < n; i++) for (let p = 0; p < positions; p++) total += f(i, p);
    return total / (n * positions);
  };
  const at = (c: number) => (i: number, p: number) => code[(i * 12 + c) * positions + p]!;
  for (let c = 0; c < 12; c++) {
    assert.ok(Math.abs(average(at(c))) < 1e-4, `mean of channel ${c}`);
    for (let e = 0; e <= c; e++) {
      const covariance = average((i, p) => at(c)(i, p) * at(e)(i, p));
      assert.ok(Math.abs(covariance - Number(c === e)) < 1e-3, `channels ${c} and ${e}: ${covariance}`);
    }
  }
  const v = 16 / lam;
  const values = Array.from({ length: 12 }, (_, c) => v * (Math.exp(-sure[c * positions]!) - 1));
  values.forEach((value, c) => assert.ok(value > 0 && (c === 0 || value <= values[c - 1]!), values.join()));
  let spread = 0; // the components' variances add up to that of the pixels of a patch
  for (let k = 0; k < 12; k++) {
    const pixel = (i: number, p: number) => {
      const [y, x] = [2 * Math.floor(p / (w / 2)) + ((k >> 1) & 1), 2 * (p % (w / 2)) + (k & 1)];
      return images[((i * 3 + (k >> 2)) * h + y) * w + x]!;
    };
    spread += average((i, p) => pixel(i, p) ** 2) - average(pixel) ** 2;
  }
  const total = values.reduce((a, b) => a + b);
  assert.ok(Math.abs(total / spread - 1) < 1e-3, `${total}, ${spread} is due`);
});

/** The prior of the C-VAE on z [n,d,p], logvar of that shape and means [k,d], summed over the images, in float64. */
function priorOf([n, d, p, k]: readonly number[], z: number[], logvar: number[], means: number[]): number {
  const images = Array.from({ length: n! }, (_, i) => {
    const half = Array.from({ length: k! }, (_, y) => {
      let sum = 0;
      for (let c = 0; c < d!; c++)
        for (let q = 0; q < p!; q++) sum += (z[(i * d! + c) * p! + q]! - means[y * d! + c]!) ** 2 / 2;
      return sum;
    });
    const most = Math.max(...half.map((v) => -v));
    const logsumexp = most + Math.log(half.reduce((sum, v) => sum + Math.exp(-v - most), 0));
    return Math.log(k!) - logsumexp - logvar.slice(i * d! * p!, (i + 1) * d! * p!).reduce((a, b) => a + b, 0) / 2;
  });
  return images.reduce((a, b) => a + b);
}

spatial("the prior of a spatial code, and of one position the op's own", async () => {
  const random = hostRandom(2);
  const [n, d, p, k] = [3, 4, 6, 5];
  const draw = (count: number) => Array.from({ length: count }, () => random() - 0.5);
  const [z, logvar, means] = [draw(n * d * p), draw(n * d * p), draw(k * d)];
  const mu = gpu.tensor(means, [k, d]);
  const got = await clusterPrior(gpu.tensor(z, [n, d, 3, 2]), gpu.tensor(logvar, [n, d, 3, 2]), mu).data();
  const size = d * p;
  for (let i = 0; i < n; i++) {
    const [zi, vi] = [z, logvar].map((all) => all.slice(i * size, (i + 1) * size)) as [number[], number[]];
    const due = priorOf([1, d, p, k], zi, vi, means);
    assert.ok(Math.abs(got[i]! - due) < 1e-5 * Math.abs(due), `${got[i]}, ${due} is due`);
  }
  const of = (values: number[], ...shape: number[]) => gpu.tensor(values.slice(0, 8), shape);
  const flat = await clusterLoss(of(z, 2, 4), of(logvar, 2, 4), mu).data();
  const one = await clusterPrior(of(z, 2, 4, 1, 1), of(logvar, 2, 4, 1, 1), mu).data();
  one.forEach((v, i) => assert.ok(Math.abs(v - flat[i]!) < 1e-5));
});

spatial("the gradients of a spatial code's prior are float64's differences, element by element", async () => {
  const random = hostRandom(4);
  const sizes = [2, 3, 4, 5] as const;
  const [n, d, p, k] = sizes;
  const values = [n * d * p, n * d * p, k * d].map((count) => Array.from({ length: count }, () => 2 * random() - 1));
  const shapes = [[n, d, 2, 2], [n, d, 2, 2], [k, d]];
  const tensors = values.map((v, i) => gpu.tensor(v, shapes[i]!)) as [Tensor, Tensor, Tensor];
  const { grads } = valueAndGrad(() => sum(clusterPrior(...tensors)), tensors);
  for (const [part, g] of grads.entries()) {
    const got = await g.data();
    const due = values[part]!.map((_, i) => {
      const [up, down] = [1e-5, -1e-5].map((step) => {
        const moved = values.map((v, j) => (j === part ? v.map((c, l) => (l === i ? c + step : c)) : v));
        return priorOf(sizes, ...(moved as [number[], number[], number[]]));
      }) as [number, number];
      return (up - down) / 2e-5;
    });
    const scale = Math.max(...due.map(Math.abs));
    due.forEach((v, i) => assert.ok(Math.abs(got[i]! - v) < 1e-5 * scale, `${part}[${i}]: ${got[i]}, ${v} is due`));
  }
});

spatial("the losses on a spatial code are the sums that they say, and every parameter has a gradient", async () => {
  const net = spatialAutoencoder(gpu, 1, { shape: [3, 8, 8], channels: [12, 8], lam: 100 });
  const images = pictures(10, 8, 8);
  net.start!(images);
  const x = gpu.tensor(images, [10, 3, 8, 8]);
  const centres = Array.from({ length: 36 }, (_, i) => Math.sin(i));
  const means = gpu.tensor(centres, [3, 12]);
  const { mu, logvar } = net.encode(x);
  const noise = [5, 6, 7, 8] as const; // the same draw for the loss and for what it is compared with
  gpu.random.restore([...noise]);
  const z = reparameterize(mu, logvar);
  const [a, b, v, w] = await Promise.all([z, net.decode(z), mu, logvar].map(async (t) => [...(await t.data())]));
  const rec = b!.reduce((total, y, i) => total + 50 * (y - images[i]!) ** 2, 0);
  const kl = v!.reduce((total, m, i) => total + (Math.exp(w![i]!) + m * m - 1 - w![i]!) / 2, 0);
  const params = [net.encoder, net.decoder].flatMap((q) => q.list());
  for (const [loss, due] of [
    [() => vaeLoss(net, x, x, 100, 0.5), (rec + kl / 2) / 10],
    [() => cvaeLoss(net, means, x, x, 100), (rec + priorOf([10, 12, 16, 3], a!, w!, centres)) / 10 - net.latent / 2],
  ] as const) {
    gpu.random.restore([...noise]);
    const { value, grads } = valueAndGrad(loss, [means, ...params]);
    assert.ok(Math.abs((await value.item()) - due) < 1e-4 * Math.abs(due), `${await value.item()}, ${due} is due`);
    for (const g of grads) assert.ok((await g.data()).every(Number.isFinite));
    assert.ok((await grads.at(1)!.data()).some((c) => c !== 0), "the first layer");
  }
  const plain = await daeLoss(net, x, x, 100).item();
  const shown = await net.decode(mu).data();
  const due = shown.reduce((total, y, i) => total + 50 * (y - images[i]!) ** 2, 0) / 10;
  assert.ok(Math.abs(plain - due) < 1e-4 * due, `${plain}, ${due} is due`);
});

/** The gain of u, v cycles a side of [h,w], by the formula, before it is scaled. */
function gainOf(u: number, v: number, h: number, w: number): number {
  const radius = 32 * Math.hypot(Math.min(u, h - u) / h, Math.min(v, w - v) / w);
  return Math.exp(-0.5 * ((radius - 9) / 5) ** 2) + 0.15;
}

/** f(u, v) summed over all frequencies of [h,w]. */
const overFrequencies = (h: number, w: number, f: (u: number, v: number) => number): number =>
  Array.from({ length: h * w }, (_, i) => f(Math.floor(i / w), i % w)).reduce((a, b) => a + b);

spatial("ring noise: any two pixels covary as under an FFT filter of white noise with unit deviation", () => {
  for (const [h, w] of [[32, 32], [7, 6]] as const) {
    const [vertical, horizontal, gains] = [fourierBasis(h), fourierBasis(w), ringGains(h, w)];
    const power = overFrequencies(h, w, (u, v) => gainOf(u, v, h, w) ** 2);
    for (const [y0, x0, y1, x1] of [[0, 0, 0, 0], [3, 5, 3, 5], [2, 1, 5, 4], [6, 0, 1, 5]] as const) {
      let got = 0;
      for (let k = 0; k < h; k++)
        for (let l = 0; l < w; l++) got += gains[k * w + l]! ** 2 * vertical[k * h + y0]! * vertical[k * h + y1]! *
            horizontal[l * w + x0]! * horizontal[l * w + x1]!;
      const due = overFrequencies(h, w, (u, v) =>
        (gainOf(u, v, h, w) ** 2 / power) * Math.cos(2 * Math.PI * ((u * (y1 - y0)) / h + (v * (x1 - x0)) / w))
      );
      assert.ok(Math.abs(got - due) < 1e-12, `${h}x${w}, ${[y0, x0, y1, x1]}: ${got}, ${due} is due`);
    }
  }
});

spatial("ring noise as drawn: zero mean, the deviation, the spectrum and the shared half that it says", async () => {
  const [n, side] = [300, 16];
  const pixels = side * side;
  const filter = ringFilter(gpu, side, side);
  const noise = await addRingNoise(gpu.full([n, 3, side, side], 0.5), 0.5, filter).data();
  const moment = (f: (i: number) => number) =>
    Array.from({ length: n * pixels }, (_, i) => f(Math.floor(i / pixels) * 3 * pixels + (i % pixels))).reduce((a, b) =>
      a + b
    ) / (n * pixels);
  const at = (i: number) => noise[i]! - 0.5;
  assert.ok(Math.abs(moment(at)) < 0.02);
  assert.ok(Math.abs(moment((i) => at(i) ** 2) - 0.25) < 0.01);
  assert.ok(Math.abs(moment((i) => at(i) * at(i + pixels)) - 0.125) < 0.01);
  const power = (plane: number, u: number, v: number) => {
    let [re, im] = [0, 0];
    for (let p = 0; p < pixels; p++) {
      const angle = (2 * Math.PI * (u * Math.floor(p / side) + v * (p % side))) / side;
      [re, im] = [re + at(plane * pixels + p) * Math.cos(angle), im + at(plane * pixels + p) * Math.sin(angle)];
    }
    return (re * re + im * im) / pixels;
  };
  const mean = overFrequencies(side, side, (u, v) => gainOf(u, v, side, side) ** 2) / pixels;
  for (const [u, v] of [[1, 0], [0, 4], [3, 14], [8, 8]] as const) {
    const got = Array.from({ length: 3 * n }, (_, plane) => power(plane, u, v)).reduce((a, b) => a + b) / (3 * n);
    const due = (0.25 * gainOf(u, v, side, side) ** 2) / mean;
    assert.ok(Math.abs(got / due - 1) < 0.25, `${u},${v}: ${got}, ${due} is due`); // more than four deviations
  }
  const wrong = (shape: number[], std: number) => () => addRingNoise(gpu.zeros(shape), std, filter);
  assert.throws(wrong([1, 3, 8, 16], 0.5), /^addRingNoise: the filter has shape \[16,16\], \[8,16\] is due/);
  assert.throws(wrong([1, 3, 16, 16], -1), /^addRingNoise: std is -1; a number >= 0 is due/);
  assert.throws(wrong([3, 16, 16], 1), /^addRingNoise: x has 3 dimensions, 4 are due: \[N,C,H,W\]/);
});

spatial.run();
