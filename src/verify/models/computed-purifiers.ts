// What purifiers do with a code and with noise, in float64 on the host: refined codes, votes of several draws, noise
// whose spectrum is a ring.

import { deployed } from "../../defences/purifier.ts";
import { cvaeGRefined } from "../../defences/refined.ts";
import type { Opening } from "../../defences/defence.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { cat, flatten, linear, mul, randn, reshape } from "../../kernels/index.ts";
import { makeParameters } from "../../model/params.ts";
import { addRingNoise, ringFilter } from "../../model/ring-noise.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { between, dot, IMAGES, K, N, P, rowOf, softmaxOf, WEIGHTS } from "./linear-model.ts";

const LATENT = 2;
const DECODER = numbers("refined d", P * LATENT);
const ENCODER = numbers("refined e", P * LATENT);
const column = (all: readonly number[], i: number): number[] => all.slice(i * LATENT, (i + 1) * LATENT);

/** Ten steps of 0.1 down sum max(|D z - x| - 0.2, 0)^2 from z = E x; then D z, within [0, 1]. */
function refinedByHand(x: readonly number[]): number[] {
  let z = [0, 1].map((j) => dot(ENCODER.slice(j * P, (j + 1) * P), x));
  const decode = () => x.map((_, i) => dot(column(DECODER, i), z));
  for (let step = 0; step < 10; step++) {
    const off = decode().map((v, i) => v - x[i]!);
    const beyond = off.map((v) => 2 * Math.max(Math.abs(v) - 0.2, 0) * Math.sign(v));
    z = z.map((v, j) => v - 0.1 * beyond.reduce((s, b, i) => s + b * DECODER[i * LATENT + j]!, 0));
  }
  return decode().map((v) => between(v, 0, 1));
}

async function runRefined(gpu: Engine): Promise<Check[]> {
  const [encoder, decoder] = [makeParameters(gpu, { e: { shape: [LATENT, P], init: ENCODER } }, 0),
    makeParameters(gpu, { d: { shape: [P, LATENT], init: DECODER } }, 0)];
  const net: Autoencoder = { latent: LATENT, latentShape: [LATENT], encoder, decoder, unbounded: true,
    encode: (x) => {
      const mu = linear(flatten(x), encoder.get("e"));
      return { mu, logvar: mu };
    },
    decode: (z) => reshape(linear(z, decoder.get("d")), [N, 1, 1, P]) };
  const { purify } = await cvaeGRefined.open({ network: { net, parts: {} } } as unknown as Opening);
  const x = gpu.tensor(IMAGES, [N, 1, 1, P]);
  const shown = gpu.scope(() => purify(x));
  const due = Array.from({ length: N }, (_, n) => refinedByHand(rowOf(IMAGES, n))).flat();
  const checks = [await check("the images", shown, due)];
  [x, shown, encoder, decoder].forEach((t) => t.dispose());
  return checks;
}

/** The logarithm of the mean probability over three draws; without votes what is deployed decides. */
async function runVotes(gpu: Engine): Promise<Check[]> {
  const brightness = [0.2, 0.9, -0.5];
  const [w, x] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(IMAGES, [N, P, 1, 1])];
  const dark = { purify: (v: Tensor) => mul(v, 0.5),
    sample: (v: Tensor, draws: number) => cat(brightness.slice(0, draws).map((b) => mul(v, b))) };
  const classify = (v: Tensor) => linear(flatten(v), w);
  const logitsOf = (n: number, b: number) => [0, 1, 2].map((k) => b * dot(rowOf(IMAGES, n), rowOf(WEIGHTS, k)));
  const [single, voted] = [deployed(dark, classify)(x), deployed({ ...dark, votes: 3 }, classify)(x)];
  const all = Array.from({ length: N }, (_, n) => n);
  const mean = (n: number) => {
    const each = brightness.map((b) => softmaxOf(logitsOf(n, b)));
    return [0, 1, 2].map((k) => Math.log(each.reduce((s, p) => s + p[k]!, 0) / 3));
  };
  const checks = [await check("as deployed", single, all.flatMap((n) => logitsOf(n, 0.5))),
    await check("after a vote", voted, all.flatMap(mean))];
  [w, x, single, voted].forEach((t) => t.dispose());
  return checks;
}

/** Waves of n pixels: the constant one, then cosine and sine of 1, 2, .. cycles, each of length 1. */
const waves = (n: number): { cycles: number; wave: number[] }[] => Array.from({ length: n }, (_, k) => {
  const cycles = Math.ceil(k / 2);
  const wave = Array.from({ length: n }, (__, at) =>
    (k % 2 ? Math.cos : k ? Math.sin : () => 1)((2 * Math.PI * cycles * at) / n));
  return { cycles, wave: wave.map((v) => v / Math.hypot(...wave)) };
});

/** White noise of which half is common to the channels, each wave weighed by exp(-((R - 9) / 5)^2 / 2) + 0.15. */
async function runRing(gpu: Engine): Promise<Check[]> {
  const [n, c, h, w, std] = [2, 3, 6, 4, 0.25];
  const x = numbers("ring", n * c * h * w);
  const [own, common] = await drawn(gpu, [() => randn(gpu, [n, c, h, w]), () => randn(gpu, [n, 1, h, w])]) as
    [number[], number[]];
  const [down, across] = [waves(h), waves(w)];
  const gains = down.map(({ cycles: a }) => across.map(({ cycles: b }) =>
    Math.exp(-0.5 * ((Math.hypot((a * 32) / h, (b * 32) / w) - 9) / 5) ** 2) + 0.15));
  const scale = Math.sqrt(gains.flat().reduce((s, g) => s + g * g, 0) / (h * w));
  const due = x.map((v, e) => {
    const [plane, row, col] = [Math.floor(e / (h * w)), Math.floor(e / w) % h, e % w];
    const weight = (a: number, b: number) => Math.SQRT1_2 * gains[a]![b]! / scale *
      (own[(plane * h + a) * w + b]! + common[(Math.floor(plane / c) * h + a) * w + b]!);
    return v + std * down.reduce((s, { wave: a }, i) =>
      s + across.reduce((t, { wave: b }, j) => t + weight(i, j) * a[row]! * b[col]!, 0), 0);
  });
  const [images, filter] = [gpu.tensor(x, [n, c, h, w]), ringFilter(gpu, h, w)];
  const noisy = addRingNoise(images, std, filter);
  const checks = [await check("the images", noisy, due)];
  [images, noisy, ...Object.values(filter)].forEach((t) => t.dispose());
  return checks;
}

export const purifierModelCases = (): Case[] => [one("purifier", "refined codes", runRefined),
  one("purifier", "three votes", runVotes), one("purifier", "ring noise", runRing)];
