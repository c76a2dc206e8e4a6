// Statistics of counts: intervals for a share of k in n, and the exact test of two classifiers on the same images.

// Lanczos' approximation with g = 7 and nine terms (Godfrey), good to 1e-15.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** log Gamma(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const series = LANCZOS.reduce((sum, c, i) => (i === 0 ? c : sum + c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

/** The continued fraction of the incomplete beta function, by Lentz' method (DLMF 8.17.22). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const whole = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / whole(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    for (const term of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      d = 1 / whole(1 + term * d);
      c = whole(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/** The regularised incomplete beta function I_x(a, b): the share of a beta distribution below x, for a, b > 0. */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return (front * betaFraction(a, b, x)) / a;
}

/** The x in [lo, hi] at which the rising function f is p, by bisection to the last bit. */
function invert(f: (x: number) => number, p: number, lo: number, hi: number): number {
  for (let i = 0; i < 200; i++) {
    const middle = (lo + hi) / 2;
    if (middle === lo || middle === hi) break;
    if (f(middle) < p) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}

/** A confidence interval. */
export type Interval = [low: number, high: number];

function checkCounts(name: string, k: number, n: number, level: number): void {
  if (!Number.isInteger(k) || !Number.isInteger(n) || k < 0 || n < 1 || k > n) throw new Error(`${name}: ${k} of ` +
    `${n} given; whole numbers with 0 <= k <= n and n >= 1 are due`);
  if (!(level > 0 && level < 1)) throw new Error(`${name}: level ${level} given; a number between 0 and 1 is due`);
}

/** The exact interval of Clopper and Pearson (1934) for the share behind k successes in n. */
export function clopperPearson(k: number, n: number, level = 0.95): Interval {
  checkCounts("clopperPearson", k, n, level);
  const tail = (1 - level) / 2;
  const low = k === 0 ? 0 : invert((x) => incompleteBeta(k, n - k + 1, x), tail, 0, 1);
  const high = k === n ? 1 : invert((x) => incompleteBeta(k + 1, n - k, x), 1 - tail, 0, 1);
  return [low, high];
}

/** erf(x) for 0 <= x < 10, by a series of positive terms. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The interval of Wilson (1927), without continuity correction. */
export function wilson(k: number, n: number, level = 0.95): Interval {
  checkCounts("wilson", k, n, level);
  const z = Math.SQRT2 * invert(erf, level, 0, 6);
  const p = k / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = ((z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n)));
  return [k === 0 ? 0 : middle - half, k === n ? 1 : middle + half];
}

/**
 * The exact two-sided McNemar test: b images that only the first classifier has right, c that only the second has.
 * Returns the probability of a difference at least as large if both were equally good.
 */
export function mcnemar(b: number, c: number): number {
  if (![b, c].every((v) => Number.isInteger(v) && v >= 0)) throw new Error(`mcnemar: ${b} and ${c} given; whole ` +
    `numbers >= 0 are due`);
  const n = b + c;
  let tail = 0;
  for (let i = 0; i <= Math.min(b, c); i++)
    tail += Math.exp(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) - n * Math.LN2);
  return Math.min(1, 2 * tail);
}
