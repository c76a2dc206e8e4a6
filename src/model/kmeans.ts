// k-means++ on the host, for the start of the cluster means: a few thousand points, a fraction of a second.

import { describeValue } from "../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { hostRandom } from "./host-random.ts";

/** k clusters; the best of `restarts` starts, `iterations` each at most, from `seed`. */
export interface KMeansOptions {
  k: number;
  restarts?: number;
  iterations?: number;
  seed?: number;
}

const distance = (a: Float32Array, i: number, b: Float32Array, j: number, d: number): number => {
  let sum = 0;
  for (let c = 0; c < d; c++) sum += (a[i * d + c]! - b[j * d + c]!) ** 2;
  return sum;
};

/**
 * First centres: each next one is drawn with probability proportional to its squared distance (Arthur and Vassilvitskii
 * 2007).
 */
function plusPlus(points: Float32Array, n: number, d: number, k: number, random: () => number): Float32Array {
  const centres = new Float32Array(k * d);
  const nearest = new Float64Array(n).fill(Infinity);
  let chosen = Math.floor(random() * n);
  for (let j = 0; j < k; j++) {
    centres.set(points.subarray(chosen * d, chosen * d + d), j * d);
    let total = 0;
    for (let i = 0; i < n; i++) total += nearest[i] = Math.min(nearest[i]!, distance(points, i, centres, j, d));
    let left = random() * total;
    chosen = 0;
    while (chosen < n - 1 && (left -= nearest[chosen]!) > 0) chosen++;
  }
  return centres;
}

/** Assigns points to their nearest centre and moves the centres to the means; returns the sum of squared distances. */
function lloyd(points: Float32Array, n: number, d: number, k: number, centres: Float32Array): number {
  const sums = new Float64Array(k * d);
  const counts = new Float64Array(k);
  let inertia = 0;
  for (let i = 0; i < n; i++) {
    let best = 0;
    let least = Infinity;
    for (let j = 0; j < k; j++) {
      const far = distance(points, i, centres, j, d);
      if (far < least) [best, least] = [j, far];
    }
    inertia += least;
    counts[best]!++;
    for (let c = 0; c < d; c++) sums[best * d + c]! += points[i * d + c]!;
  }
  for (let j = 0; j < k; j++) {
    if (counts[j]) for (let c = 0; c < d; c++) centres[j * d + c] = sums[j * d + c]! / counts[j]!;
  }
  return inertia;
}

/** points [n,d] row-major -> centres [k,d], the best of `restarts` runs. */
export function kmeans(points: Float32Array, d: number, options: KMeansOptions): Float32Array {
  checkOptions("kmeans", options, ["k", "restarts", "iterations", "seed"]);
  const { k, restarts = 4, iterations = 30, seed = 0 } = options;
  if (!(points instanceof Float32Array)) fail("kmeans", `points are ${describeValue(points)}; a Float32Array is due`);
  for (const [name, value] of Object.entries({ d, k, restarts, iterations })) checkWhole("kmeans", name, value, 1);
  const bad = points.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) fail("kmeans", `point ${Math.floor(bad / d)} holds ${points[bad]}; finite numbers are due`);
  const n = points.length / d;
  if (!Number.isInteger(n) || n < k) throw new Error(`kmeans: ${points.length} numbers are ${n} points of ${d} ` +
    `dimensions; at least ${k} points are due`);
  const random = hostRandom(seed);
  let best: { inertia: number; centres: Float32Array } = { inertia: Infinity, centres: new Float32Array(k * d) };
  for (let r = 0; r < restarts; r++) {
    const centres = plusPlus(points, n, d, k, random);
    let inertia = Infinity;
    for (let i = 0; i < iterations; i++) inertia = lloyd(points, n, d, k, centres);
    if (inertia < best.inertia) best = { inertia, centres };
  }
  return best.centres;
}
