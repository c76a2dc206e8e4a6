// Codes of many numbers in three dimensions, and back.

import { covariance } from "../src/evaluate/pca.ts";
import { symmetricEigen } from "../src/model/eigen.ts";

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

const alongAxes = (codes: Float32Array, mean: Float32Array, axes: Float32Array): Projection =>
  ({ mean, axes, points: placesOf(codes, { mean, axes }) });

/** Where codes [n,d] are, [n,3]. */
export function placesOf(codes: Float32Array, { mean, axes }: Pick<Projection, "mean" | "axes">): Float32Array {
  const [d, n] = [mean.length, codes.length / mean.length];
  const points = new Float32Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < 3; k++) {
      let at = 0;
      for (let c = 0; c < d; c++) at += (codes[i * d + c]! - mean[c]!) * axes[4 * c + k]!;
      points[3 * i + k] = at;
    }
  return points;
}

/** The code at a place of the principal axes, at the mean in all other directions. */
export function codeAt(place: readonly number[], { mean, axes }: Projection): Float32Array {
  const square = [0, 1, 2].map((k) => mean.reduce((s, _, c) => s + axes[4 * c + k]! ** 2, 0));
  return mean.map((m, c) => m + [0, 1, 2].reduce((s, k) => s + (place[k]! * axes[4 * c + k]!) / square[k]!, 0));
}
