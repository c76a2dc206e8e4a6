// What lies above the ops, against float64 on the host: losses of the autoencoders, accuracy, k-means, and that an
// attack leaves running statistics alone.

import { ifgsm } from "../../attacks/index.ts";
import { batchNorm, flatten, linear, relu } from "../../kernels/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { accuracy } from "../../model/accuracy.ts";
import { kmeans } from "../../model/kmeans.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import { cvaeLoss, daeLoss, vaeLoss } from "../../model/losses.ts";
import { makeParameters } from "../../model/params.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";
import { dot } from "./linear-model.ts";

/** Variance e^-40: so narrow a posterior that the draw of z does not show. */
const LOGVAR = -40;
const [IMAGES, PIXELS, LATENT] = [4, 3, 2];

/** A linear autoencoder. */
function narrow(gpu: Engine): Autoencoder {
  const [encoder, decoder] = [makeParameters(gpu, { e: { shape: [2, 3], init: numbers("vae e", 6) } }, 0),
    makeParameters(gpu, { d: { shape: [3, 2], init: numbers("vae d", 6) } }, 0)];
  return { latent: LATENT, latentShape: [LATENT], encoder, decoder,
    encode: (x) => {
      const mu = linear(x, encoder.get("e"));
      return { mu, logvar: gpu.full(mu.shape, LOGVAR) };
    },
    decode: (z) => linear(z, decoder.get("d")) };
}

const rowsOf = (all: readonly number[], size: number): number[][] =>
  Array.from({ length: all.length / size }, (_, n) => all.slice(n * size, (n + 1) * size));
const distance = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + (v - b[i]!) ** 2, 0);

/** The loss of each image: its mean code, and lam / 2 times how far its decoding is from the target. */
function byHand(lam: number, prior: (mu: readonly number[]) => number): number {
  const [e, d] = [rowsOf(numbers("vae e", 6), PIXELS), rowsOf(numbers("vae d", 6), LATENT)];
  const targets = rowsOf(numbers("vae target", 12), PIXELS);
  return rowsOf(numbers("vae x", 12), PIXELS).reduce((sum, x, n) => {
    const mu = e.map((w) => dot(w, x));
    return sum + (lam / 2) * distance(d.map((w) => dot(w, mu)), targets[n]!) + prior(mu);
  }, 0) / IMAGES;
}

const MEANS = numbers("vae means", 6);

/** KL(N(mu, e^logvar) | N(0, 1)). */
const gaussian = (mu: readonly number[]): number =>
  mu.reduce((s, m) => s + 0.5 * (m * m + Math.exp(LOGVAR) - 1 - LOGVAR), 0);

/** sum_y q_y (-1/2 log det + 1/2 |z - mu_y|^2) + KL(q | uniform) - d/2, q = softmax(-1/2 |z - mu_y|^2). */
function clusters(z: readonly number[]): number {
  const halves = rowsOf(MEANS, LATENT).map((mean) => distance(z, mean) / 2);
  const powers = halves.map((h) => Math.exp(-h));
  const q = powers.map((p) => p / powers.reduce((a, b) => a + b, 0));
  return q.reduce((s, p, y) => s + p * (halves[y]! - (LATENT * LOGVAR) / 2 + Math.log(q.length * p)), 0) - LATENT / 2;
}

async function runLosses(gpu: Engine): Promise<Check[]> {
  const net = narrow(gpu);
  const [x, target, means] = [gpu.tensor(numbers("vae x", 12), [IMAGES, PIXELS]),
    gpu.tensor(numbers("vae target", 12), [IMAGES, PIXELS]), gpu.tensor(MEANS, [3, LATENT])];
  const losses: [string, () => Tensor, number][] = [
    ["daeLoss", () => daeLoss(net, x, target, 3), byHand(3, () => 0)],
    ["vaeLoss", () => vaeLoss(net, x, target, 3), byHand(3, gaussian)],
    ["vaeLoss, kl 0.25", () => vaeLoss(net, x, target, 0.7, 0.25), byHand(0.7, (mu) => 0.25 * gaussian(mu))],
    ["cvaeLoss", () => cvaeLoss(net, means, x, target, 3), byHand(3, clusters)],
  ];
  const checks: Check[] = [];
  for (const [what, run, due] of losses) {
    const loss = gpu.scope(run);
    checks.push(await check(what, loss, [due]));
    loss.dispose();
  }
  [x, target, means, net.encoder, net.decoder].forEach((t) => t.dispose());
  return checks;
}

/** Of equal logits the first counts. */
async function runAccuracy(gpu: Engine): Promise<Check[]> {
  const logits = gpu.tensor([1, 2, 3, 5, 5, 0, -1, -2, -3, 0, 7, 7, 2, 1, 0], [5, 3]);
  const share = async (labels: number[]) => {
    const y = gpu.tensor(labels, [5], "i32");
    const found = accuracy(logits, y);
    const value = await found.item();
    [y, found].forEach((t) => t.dispose());
    return value;
  };
  const got = [await share([2, 0, 0, 1, 0]), await share([2, 1, 0, 2, 0]), await share([0, 1, 1, 2, 1])];
  logits.dispose();
  return [{ what: "shares", error: relativeError(got, [1, 0.6, 0]), limit: 1e-6 }];
}

/** Three heaps far apart: the centres are their means, in whatever order; and of one more centre than heaps, too. */
async function runKmeans(): Promise<Check[]> {
  const heaps = [[0, 0], [10, 0], [0, 20]].map(([a, b], k) =>
    rowsOf(numbers(`heap ${k}`, 14), 2).map(([u, v]) => [a! + u!, b! + v!]));
  const means = heaps.map((heap) => [0, 1].map((c) => heap.reduce((s, p) => s + p[c]!, 0) / heap.length));
  const found = rowsOf([...kmeans(new Float32Array(heaps.flat(2)), 2, { k: 3 })], 2);
  const nearest = means.map((mean) => Math.min(...found.map((centre) => distance(centre, mean))));
  const same = kmeans(new Float32Array([1, 2, 1, 2, 1, 2]), 2, { k: 2, restarts: 1, iterations: 2 });
  return [{ what: "squared distances of centres and means", error: Math.max(...nearest), limit: 1e-9 },
    { what: "centres of one point", error: relativeError(same, [1, 2, 1, 2]), limit: 1e-6 }];
}

/** Batch norm in training: an attack sees the batch's own statistics and leaves the running ones. */
async function runHeld(gpu: Engine): Promise<Check[]> {
  const [runningMean, runningVar] = [gpu.keep(gpu.tensor([0.5, -1])), gpu.keep(gpu.tensor([2, 3]))];
  const [w, x, labels] = [gpu.tensor(numbers("held", 2 * 6), [2, 6]),
    gpu.tensor(numbers("held x", 4 * 6).map((v) => Math.fround((v + 1) / 2)), [4, 2, 1, 3]),
    gpu.tensor([0, 1, 0, 1], [4], "i32")];
  const model = (images: Tensor) =>
    linear(flatten(relu(batchNorm(images, null, null, { training: true, runningMean, runningVar }))), w);
  const attack = ifgsm(model, { eps: 0.1, steps: 2 });
  const adv = attack(x, labels);
  const checks = [await check("the running mean", runningMean, [0.5, -1], 0),
    await check("the running variance", runningVar, [2, 3], 0)];
  gpu.scope(() => void model(x));
  const moved = relativeError(await runningMean.data(), [0.5, -1]);
  [w, x, labels, adv, attack, runningMean, runningVar].forEach((t) => t.dispose());
  return [...checks, { what: "without an attack they stay, too", error: moved > 1e-3 ? 0 : 1, limit: 0 }];
}

export const modelCases = (): Case[] => [
  one("losses", "of autoencoders", runLosses),
  one("accuracy", "and ties", runAccuracy),
  one("kmeans", "of three heaps", runKmeans),
  one("attack", "running statistics are held", runHeld),
];
