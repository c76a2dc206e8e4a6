// The first two principal components, by power iteration on the covariance.

import { hostRandom } from "../model/host-random.ts";

const ROUNDS = 200;

/**
 * points [n,d] row-major -> their coordinates along the two longest axes, [n,2]; the first has standard deviation 1.
 */
export function principalComponents(points: Float32Array, d: number, seed = 0): Float64Array {
  const n = points.length / d;
  const centred = centre(points, n, d);
  const cov = covariance(centred, n, d);
  const random = hostRandom(seed);
  const first = longest(cov, d, random);
  deflate(cov, d, first.axis, first.variance);
  const second = longest(cov, d, random);
  const scale = 1 / Math.sqrt(first.variance || 1);
  const out = new Float64Array(2 * n);
  [first, second].forEach(({ axis }, k) => {
    for (let i = 0; i < n; i++) for (let c = 0; c < d; c++) out[2 * i + k]! += scale * axis[c]! * centred[i * d + c]!;
  });
  return out;
}

function centre(points: Float32Array, n: number, d: number): Float64Array {
  const mean = new Float64Array(d);
  points.forEach((v, i) => (mean[i % d]! += v / n));
  return Float64Array.from(points, (v, i) => v - mean[i % d]!);
}

/** Of centred points [n,d]: [d,d]. */
export function covariance(centred: Float64Array, n: number, d: number): Float64Array {
  const cov = new Float64Array(d * d);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < d; a++)
      for (let b = 0; b < d; b++) cov[a * d + b]! += (centred[i * d + a]! * centred[i * d + b]!) / n;
  return cov;
}

/** The eigenvector of the largest eigenvalue of a symmetric [d,d]; its sign follows from the start. */
function longest(matrix: Float64Array, d: number, random: () => number): { axis: Float64Array; variance: number } {
  let axis: Float64Array = Float64Array.from({ length: d }, () => random() + 0.1);
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(d);
    for (let a = 0; a < d; a++) for (let b = 0; b < d; b++) next[a]! += matrix[a * d + b]! * axis[b]!;
    variance = Math.hypot(...next);
    if (variance === 0) break;
    axis = next.map((v) => v / variance);
  }
  return { axis, variance };
}

function deflate(matrix: Float64Array, d: number, axis: Float64Array, variance: number): void {
  for (let a = 0; a < d; a++) for (let b = 0; b < d; b++) matrix[a * d + b]! -= variance * axis[a]! * axis[b]!;
}
