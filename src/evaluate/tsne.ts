// t-SNE (van der Maaten and Hinton 2008), exact, on the host: n points take n^2 memory and time. It starts from the
// first two principal components, so that the same points give the same picture.

import { principalComponents } from "./pca.ts";

export interface TsneOptions {
  perplexity?: number; // neighbours that a point feels; less than a third of the points
  iterations?: number;
  seed?: number; // of the search for the principal components
}

// of the attraction, for the first fifth of the iterations; n / 12 is the learning rate (Belkina 2019)
const EXAGGERATION = 12;
const LEAST = 1e-12; // of a probability: no denormals, which are slow

/** points [n,d] row-major -> [n,2], centred on the origin. Throws for fewer points than the perplexity needs. */
export function tsne(points: Float32Array, d: number,
  { perplexity = 30, iterations = 500, seed = 0 }: TsneOptions = {}): Float32Array {
  const n = points.length / d;
  if (!Number.isInteger(n) || n <= 3 * perplexity)
    throw new Error(`tsne: ${points.length} numbers are ${n} points of ${d} dimensions; more than ${3 * perplexity} ` +
      `points are due for a perplexity of ${perplexity}`);
  if (!points.every(Number.isFinite)) throw new Error("tsne: a coordinate is no finite number; look at the network " +
    "that made the points");
  const p = affinities(points, n, d, perplexity);
  const y = principalComponents(points, d, seed).map((v) => v * 1e-4);
  const [update, gains] = [new Float64Array(2 * n), new Float64Array(2 * n).fill(1)];
  for (let i = 0; i < iterations; i++)
    descend(y, gradient(p, y, n, i < iterations / 5 ? EXAGGERATION : 1), update, gains, n / EXAGGERATION,
      i < iterations / 2 ? 0.5 : 0.8);
  return Float32Array.from(y);
}

/**
 * Joint probabilities p[i,j] of neighbours, [n,n] with sum 1: Gaussians whose width gives each point the perplexity.
 */
function affinities(points: Float32Array, n: number, d: number, perplexity: number): Float32Array {
  const far = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += (points[i * d + c]! - points[j * d + c]!) ** 2;
      far[i * n + j] = far[j * n + i] = sum;
    }
  }
  for (let i = 0; i < n; i++) conditional(far.subarray(i * n, i * n + n), i, Math.log(perplexity));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      far[i * n + j] = far[j * n + i] = Math.max(LEAST, (far[i * n + j]! + far[j * n + i]!) / (2 * n));
  return far;
}

/** Turns the squared distances of point i into p(j|i) whose entropy is `entropy`, by bisection of the precision. */
function conditional(row: Float32Array, i: number, entropy: number): void {
  const nearest = row.reduce((least, v, j) => (j === i ? least : Math.min(least, v)), Infinity);
  let [low, high, beta, sum] = [0, Infinity, 1, 0];
  for (let step = 0; step < 60; step++) {
    sum = 0;
    let weighted = 0;
    for (let j = 0; j < row.length; j++) {
      const v = row[j]! - nearest;
      const w = j === i ? 0 : Math.exp(-beta * v);
      sum += w;
      weighted += w * v;
    }
    const h = Math.log(sum) + (beta * weighted) / sum;
    if (Math.abs(h - entropy) < 1e-5) break;
    h > entropy ? (low = beta) : (high = beta);
    beta = high === Infinity ? 2 * beta : (low + high) / 2;
  }
  for (let j = 0; j < row.length; j++) row[j] = j === i ? 0 : Math.exp(-beta * (row[j]! - nearest)) / sum;
}

/** dKL/dy [n,2] with Student's t as the kernel: attraction by p less repulsion by q. Each pair is visited once. */
function gradient(p: Float32Array, y: Float64Array, n: number, exaggeration: number): Float64Array {
  const pull = new Float64Array(2 * n);
  const push = new Float64Array(2 * n);
  let total = 0;
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) {
      const dx = y[2 * i]! - y[2 * j]!;
      const dy = y[2 * i + 1]! - y[2 * j + 1]!;
      const w = 1 / (1 + dx * dx + dy * dy);
      const a = p[i * n + j]! * w;
      total += 2 * w;
      add(pull, i, j, a * dx, a * dy);
      add(push, i, j, w * w * dx, w * w * dy);
    }
  return pull.map((v, k) => 4 * (exaggeration * v - push[k]! / total));
}

/** The force (fx, fy) on point i, and its opposite on point j. */
function add(force: Float64Array, i: number, j: number, fx: number, fy: number): void {
  force[2 * i]! += fx;
  force[2 * i + 1]! += fy;
  force[2 * j]! -= fx;
  force[2 * j + 1]! -= fy;
}

/** A step with momentum and a gain for each coordinate (Jacobs 1988). Changes y, update and gains. */
function descend(y: Float64Array, g: Float64Array, update: Float64Array, gains: Float64Array, rate: number,
  momentum: number): void {
  for (let k = 0; k < y.length; k++) {
    gains[k] = Math.max(0.01, Math.sign(g[k]!) === Math.sign(update[k]!) ? gains[k]! * 0.8 : gains[k]! + 0.2);
    update[k] = momentum * update[k]! - rate * gains[k]! * g[k]!;
    y[k]! += update[k]!;
  }
}
