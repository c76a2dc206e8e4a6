// Networks small enough to know every answer: images [N,1,1,3], a purifier x -> x A^T, a linear classifier.

import { flatten, linear, reshape, type Autoencoder, type Classifier, type Engine } from "../src/index.ts";
import { makeParameters } from "../src/model/params.ts";

/** A purifier whose latent is x A^T and whose decoder gives it back as it is. */
export function linearNet(gpu: Engine, rows: number[][]): Autoencoder {
  const A = gpu.tensor(rows.flat(), [3, 3]);
  const nothing = makeParameters(gpu, { none: { shape: [1], init: "zeros" } }, 0);
  return {
    latent: 3,
    latentShape: [3],
    encoder: nothing,
    decoder: nothing,
    encode(x) {
      const mu = linear(flatten(x), A);
      return { mu, logvar: mu };
    },
    decode: (z) => reshape(z, [z.shape[0]!, 1, 1, 3]),
  };
}

/** Class 1 where the first pixel is above the second, else class 0; the third pixel does not count. */
export function twoPixels(gpu: Engine): Classifier {
  const w = gpu.tensor([0, 0, 0, 1, -1, 0], [2, 3]);
  return { params: makeParameters(gpu, { none: { shape: [1], init: "zeros" } }, 0),
    forward: (x) => linear(flatten(x), w) };
}

export const IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
/**
 * Puts the third pixel, which holds the label and has no gradient in twoPixels, before half the second: right up to eps
 * 0.5.
 */
export const TRUTH = [[0, 0, 1], [0, 0.5, 0], [0, 0, 0]];
/** Shows nothing: class 0 for every image. */
export const NOTHING = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];

/**
 * Ten images (a, 0.5, label) with a = 0.05, 0.15, ... 0.95: an attack of radius eps flips those with |a - 0.5| < 2 eps.
 */
export function tenImages() {
  const a = Array.from({ length: 10 }, (_, i) => 0.05 + i / 10);
  const label = (v: number) => (v > 0.5 ? 1 : 0);
  return { images: Float32Array.from(a.flatMap((v) => [v, 0.5, label(v)])), labels: Int32Array.from(a.map(label)),
    n: 10, shape: [1, 1, 3] as const };
}
