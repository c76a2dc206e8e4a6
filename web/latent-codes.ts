// The codes of the test images, what they decode to, and their principal axes.

import { purify, type Engine } from "../src/index.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { covariance } from "../src/evaluate/pca.ts";
import { symmetricEigen } from "../src/model/eigen.ts";
import { sizeOf, unit, type Images } from "./lab.ts";

const AT_ONCE = 250;

export interface Projection {
  /** [d] */
  mean: Float32Array;
  /** [d,4]: the first three principal axes over the spread, and a column of 0. */
  axes: Float32Array;
  /** [n,3] on the host, for the pointer. */
  points: Float32Array;
}

function meanOf(codes: Float32Array, d: number): Float32Array {
  const mean = new Float32Array(d);
  codes.forEach((v, i) => { mean[i % d]! += (v * d) / codes.length; });
  return mean;
}

/** The first three principal axes of codes [n,d], exact, in float64. */
export function project(codes: Float32Array, d: number): Projection {
  const [n, mean] = [codes.length / d, meanOf(codes, d)];
  const { values, vectors } = symmetricEigen(covariance(Float64Array.from(codes, (v, i) => v - mean[i % d]!), n, d), d);
  const spread = 2 * Math.sqrt(values[0]!);
  return alongAxes(codes, mean, Float32Array.from({ length: 4 * d }, (_, i) =>
    (i % 4 === 3 ? 0 : vectors[i % 4]![i >> 2]! / spread)));
}

/** The first three numbers of each code [n,d], over the largest spread of them. */
export function firstThree(codes: Float32Array, d: number): Projection {
  const [n, mean] = [codes.length / d, meanOf(codes, d)];
  const spread = (c: number) =>
    Math.sqrt(codes.reduce((sum, v, i) => (i % d === c ? sum + (v - mean[c]!) ** 2 : sum), 0) / n);
  const scale = 2 * Math.max(spread(0), spread(1), spread(2));
  return alongAxes(codes, mean, Float32Array.from({ length: 4 * d }, (_, i) =>
    (i >> 2 === i % 4 && i % 4 < 3 ? 1 / scale : 0)));
}

function alongAxes(codes: Float32Array, mean: Float32Array, axes: Float32Array): Projection {
  const [d, n] = [mean.length, codes.length / mean.length];
  const points = new Float32Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < 3; k++) {
      let at = 0;
      for (let c = 0; c < d; c++) at += (codes[i * d + c]! - mean[c]!) * axes[4 * c + k]!;
      points[3 * i + k] = at;
    }
  return { mean, axes, points };
}

/** Codes [n,d] of the first n images, and their reconstructions [n,C,H,W]. */
export async function encodeAll(gpu: Engine, net: Autoencoder, images: Images, n: number): Promise<{ codes:
  Float32Array; back: Float32Array }> {
  const [codes, back] = [new Float32Array(n * net.latent), new Float32Array(n * sizeOf(images))];
  for (let from = 0; from < n; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, n - from);
    const made = gpu.scope(() => {
      const x = gpu.tensor(unit(images, from, count), [count, ...images.shape]);
      return { mu: net.encode(x).mu, y: purify(net, x) };
    });
    codes.set(await made.mu.data(), from * net.latent);
    back.set(await made.y.data(), from * sizeOf(images));
    [made.mu, made.y].forEach((t) => t.dispose());
  }
  return { codes, back };
}

/** The code at a place of the principal axes, at the mean in all other directions. */
export function codeAt(place: readonly number[], { mean, axes }: Projection): Float32Array {
  const square = [0, 1, 2].map((k) => mean.reduce((s, _, c) => s + axes[4 * c + k]! ** 2, 0));
  return mean.map((m, c) => m + [0, 1, 2].reduce((s, k) => s + (place[k]! * axes[4 * c + k]!) / square[k]!, 0));
}
