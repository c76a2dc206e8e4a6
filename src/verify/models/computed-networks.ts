// Networks and the code of a C-VAE against float64 on the host: shapes that are no squares, a start that is known in
// closed form, a prior over positions.

import type { Engine } from "../../engine/engine.ts";
import { clusterPrior } from "../../model/clusters.ts";
import { cnn } from "../../model/networks/cnn.ts";
import { spatialAutoencoder } from "../../model/networks/spatial.ts";
import type { StateDict } from "../../model/params.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, LIMIT, numbers } from "../computed-tools.ts";

type Plane = { data: number[]; c: number; h: number; w: number; };

/** ReLU of the 2x2 max pool of a 3x3 convolution with padding 1. */
function block({ data, c, h, w }: Plane, weight: ArrayLike<number>, bias: ArrayLike<number>): Plane {
  const at = (i: number, y: number, x: number) => (y < 0 || x < 0 || y >= h || x >= w ? 0 : data[(i * h + y) * w + x]!);
  const conv = (o: number, y: number, x: number) => {
    let sum = bias[o]!;
    for (let k = 0; k < 9 * c; k++)
      sum += weight[o * 9 * c + k]! * at(Math.floor(k / 9), y + (Math.floor(k / 3) % 3) - 1, x + (k % 3) - 1);
    return sum;
  };
  const [half, across] = [Math.floor(h / 2), Math.floor(w / 2)];
  const pooled = Array.from({ length: bias.length * half * across }, (_, i) => {
    const [x, y, o] = [2 * (i % across), 2 * (Math.floor(i / across) % half), Math.floor(i / (across * half))];
    return Math.max(0, conv(o, y, x), conv(o, y, x + 1), conv(o, y + 1, x), conv(o, y + 1, x + 1));
  });
  return { data: pooled, c: bias.length, h: half, w: across };
}

const dense = (x: number[], weight: ArrayLike<number>, bias: ArrayLike<number>): number[] =>
  Array.from(bias, (b, o) => x.reduce((sum, v, i) => sum + v * weight[o * x.length + i]!, b));

function cnnLogits(p: StateDict, x: number[], h: number, w: number): number[] {
  const of = (name: string) => [p[`${name}.weight`]!.data, p[`${name}.bias`]!.data] as const;
  const { data } = block(block({ data: x, c: 1, h, w }, ...of("conv1")), ...of("conv2"));
  return dense(dense(data, ...of("fc1")).map((v) => Math.max(0, v)), ...of("fc2"));
}

async function runCnn(gpu: Engine): Promise<Check[]> {
  const [h, w] = [9, 6];
  const net = cnn(gpu, 3, { channels: [3, 5], hidden: 7, shape: [1, h, w], classes: 4 });
  const images = numbers("cnn", 2 * h * w);
  const state = await net.params.state();
  const due = [0, 1].flatMap((n) => cnnLogits(state, images.slice(n * h * w, (n + 1) * h * w), h, w));
  const result = [await check("logits", net.forward(gpu.tensor(images, [2, 1, h, w])), due)];
  net.params.dispose();
  return result;
}

/** Sum of the variances of the numbers of 2x2 patches of images [n,1,h,w]. */
function patchVariance(images: number[], w: number): number {
  const patches = images.length / 4;
  const sums = Array.from({ length: 8 }, () => 0);
  images.forEach((v, i) => {
    const k = 2 * (Math.floor(i / w) % 2) + (i % 2); // h and w are even: which place of its patch
    sums[k]! += v / patches;
    sums[4 + k]! += (v * v) / patches;
  });
  return [0, 1, 2, 3].reduce((total, k) => total + sums[4 + k]! - sums[k]! ** 2, 0);
}

/** An image and its reflections: the four places of a 2x2 patch have one mean, which the decoder adds to all. */
const reflected = (image: number[], h: number, w: number): number[] =>
  [0, 1, 2, 3].flatMap((k) => image.map((_, i) => {
    const [y, x] = [Math.floor(i / w), i % w];
    return image[(k & 2 ? h - 1 - y : y) * w + (k & 1 ? w - 1 - x : x)]!;
  }));

/** It starts as principal components: all four of a patch give the image back, and logvar is log(v / (eig + v)). */
async function runSpatial(gpu: Engine): Promise<Check[]> {
  const [n, h, w, lam] = [4, 8, 12, 40];
  const images = reflected(numbers("spatial", h * w).map((v) => Math.fround(0.5 + v / 2)), h, w);
  const net = spatialAutoencoder(gpu, 1, { latent: 4, channels: [4, 4], shape: [1, h, w], lam });
  net.start!(new Float32Array(images));
  const { mu, logvar } = net.encode(gpu.tensor(images, [n, 1, h, w]));
  const logs = await logvar.data();
  const area = (h * w) / 4;
  const precision = [0, 1, 2, 3].reduce((sum, k) => sum + Math.exp(-logs[k * area]!), 0);
  const result = [await check("the image again", net.decode(mu), images),
    { what: "sum of 1 / variance", limit: 10 * LIMIT,
      error: relativeError([precision], [4 + patchVariance(images, w) / (16 / lam)]) }];
  [net.encoder, net.decoder].forEach((p) => p.dispose());
  return result;
}

/** log K - logsumexp_y(-1/2 sum over positions |z - mu_y|^2) - 1/2 sum logvar, of codes [N,d,h,w]. */
async function runPrior(gpu: Engine): Promise<Check[]> {
  const [n, d, h, w, k] = [3, 2, 3, 4, 5];
  const [z, logvar, means] = [numbers("z", n * d * h * w), numbers("logvar", n * d * h * w), numbers("means", k * d)];
  const due = Array.from({ length: n }, (_, i) => {
    const own = (a: number[]) => a.slice(i * d * h * w, (i + 1) * d * h * w);
    const halves = Array.from({ length: k }, (_, y) =>
      own(z).reduce((sum, v, j) => sum + (v - means[y * d + Math.floor(j / (h * w))]!) ** 2, 0) / 2);
    const least = Math.min(...halves);
    const lse = Math.log(halves.reduce((sum, v) => sum + Math.exp(least - v), 0)) - least;
    return Math.log(k) - lse - own(logvar).reduce((a, b) => a + b, 0) / 2;
  });
  const prior = clusterPrior(gpu.tensor(z, [n, d, h, w]), gpu.tensor(logvar, [n, d, h, w]), gpu.tensor(means, [k, d]));
  return [await check("prior", prior, due)];
}

export const networkCases = (): Case[] => [one("networks", "cnn of images 9x6", runCnn),
  one("networks", "spatial autoencoder at its start", runSpatial), one("clusterPrior", "of codes 3x4", runPrior)];
