// The linear model that attacks are followed on step by step, in float64 on the host.

import type { Attack, Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { flatten, linear } from "../../kernels/index.ts";
import type { Check } from "../case.ts";
import { check, LIMIT, numbers } from "../computed-tools.ts";

/** Six images of five pixels, three classes. */
export const [N, P, K] = [6, 5, 3];
export const WEIGHTS = numbers("attack w", P * K).map((v) => 3 * v);
WEIGHTS.fill(0, 2 * P, 3 * P); // class 2 sees nothing
export const IMAGES = numbers("attack x", N * P).map((v) => Math.fround((v + 1) / 2));
export const LABELS = [0, 1, 2, 0, 1, 2];

export const between = (v: number, lo: number, hi: number): number => Math.min(Math.max(v, lo), hi);
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
export const length = (v: readonly number[]): number => Math.sqrt(dot(v, v));
export const argmaxOf = (v: readonly number[]): number => v.indexOf(Math.max(...v));
/** The likeliest class but the label. */
export const otherOf = (z: readonly number[], label: number): number =>
  [...z.keys()].filter((k) => k !== label).reduce((a, b) => (z[b]! > z[a]! ? b : a));

/** Image n, or the weights of class n. */
export const rowOf = (all: readonly number[], n: number): number[] => all.slice(n * P, n * P + P);
export const logitsOf = (x: readonly number[]): number[] =>
  Array.from({ length: K }, (_, k) => dot(x, rowOf(WEIGHTS, k)));

/** What the linear model says of the images: all but one of them are right. */
export const SAID = LABELS.map((label, n) => (n === 1 ? label : argmaxOf(logitsOf(rowOf(IMAGES, n)))));

export const softmaxOf = (z: readonly number[]): number[] => {
  const most = Math.max(...z);
  const powers = z.map((v) => Math.exp(v - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / total);
};

/** The cross-entropy of an image, and its gradient. */
export const entropy = (x: readonly number[], label: number): number => -Math.log(softmaxOf(logitsOf(x))[label]!);
export function gradient(x: readonly number[], label: number): number[] {
  const p = softmaxOf(logitsOf(x));
  return x.map((_, i) => p.reduce((s, v, k) => s + (v - Number(k === label)) * WEIGHTS[k * P + i]!, 0));
}

/** How far another class leads. */
export const margin = (x: readonly number[], label: number): number => {
  const z = logitsOf(x);
  return z[otherOf(z, label)]! - z[label]!;
};

/** The gradient of a function of an image, by differences. */
export function slopeOf(f: (x: readonly number[]) => number, x: readonly number[]): number[] {
  const h = 1e-6;
  const at = (i: number, by: number) => f(x.map((v, j) => (j === i ? v + by : v)));
  return x.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h));
}

/** An attack on the linear model, twice: what it keeps of a batch must not show in the next. */
export async function runPlan(gpu: Engine, make: (model: Model) => Attack, due: readonly number[], images = IMAGES,
  classes: readonly number[] | null = LABELS, limit = LIMIT): Promise<Check[]> {
  const [w, x] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(images, [N, P, 1, 1])];
  const labels = classes ? gpu.tensor(classes, [N], "i32") : undefined;
  const attack = make((v) => linear(flatten(v), w));
  const [adv, again] = [attack(x, labels), attack(x, labels)];
  const checks = [await check("the images", adv, due, limit),
    await check("the images of a second call", again, due, limit)];
  [attack, w, x, labels, adv, again].forEach((t) => t?.dispose());
  return checks;
}

/** What becomes of one image. */
export type ByHand = (x: number[], label: number, n: number) => number[];

/** The same of an attack that each image goes through by itself. */
export const runAgainst = (gpu: Engine, make: (model: Model) => Attack, byHand: ByHand,
  classes = LABELS): Promise<Check[]> =>
  runPlan(gpu, make, classes.flatMap((label, n) => byHand(rowOf(IMAGES, n), label, n)), IMAGES, classes);
