// Attacks that adapt to each image, on the linear model of computed-attacks.ts, step by step in float64 on the host.

import { apgd, cw, deepfool, pgdL2, randomNoise, spatialShift, spsaGradient, type Attack,
  type Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { linear, mul, sum } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";
import { HILL, hill } from "./computed-training.ts";
import { between, gradient, IMAGES, K, LABELS, N, P, WEIGHTS } from "./computed-attacks.ts";

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
export const length = (v: readonly number[]): number => Math.sqrt(dot(v, v));
export const rowOf = (all: readonly number[], n: number): number[] => all.slice(n * P, n * P + P);
export const logitsOf = (x: readonly number[]): number[] =>
  Array.from({ length: K }, (_, k) => dot(x, rowOf(WEIGHTS, k)));
export const argmaxOf = (v: readonly number[]): number => v.indexOf(Math.max(...v));
/** What the linear model says of the images: all but one of them are right. */
export const SAID = LABELS.map((label, n) => (n === 1 ? label : argmaxOf(logitsOf(rowOf(IMAGES, n)))));

// ---- PGD in L2 ------------------------------------------------------------------------------------------------------

const projected = (x: number[], moved: number[], eps: number): number[] => {
  const delta = moved.map((v, i) => v - x[i]!);
  const factor = Math.min(1, eps / (length(delta) + 1e-10));
  return x.map((v, i) => between(v + factor * delta[i]!, 0, 1));
};

function pgdL2ByHand(x: number[], label: number, eps: number, alpha: number, steps: number): number[] {
  let adv = x;
  for (let t = 0; t < steps; t++) {
    const g = gradient(adv, label);
    adv = projected(x, adv.map((v, i) => v + (alpha * g[i]!) / (length(g) + 1e-10)), eps);
  }
  return adv;
}

// ---- APGD -----------------------------------------------------------------------------------------------------------

/** What an image gives: its loss, the slope of it, and whether it is right. */
interface Point {
  loss: number;
  dx: number[];
  right: boolean;
}

/** Of `hill` (computed-training.ts), logits [z, 0]: an image of class 0 climbs to the hill's foot and over it. */
function hillAt(x: readonly number[], label: number): Point {
  const away = x.map((v, i) => v - HILL[i]!);
  const z = 4 * dot(away, away);
  const p = 1 / (1 + Math.exp(-z));
  return { loss: -Math.log(label === 0 ? p : 1 - p), dx: away.map((a) => (p - (label === 0 ? 1 : 0)) * 8 * a),
    right: z > 0 === (label === 0) };
}

/** One image of APGD: looks after .22 of the steps, each time .03 of them sooner, at least .06 apart. */
function apgdByHand(x: number[], start: number[], eps: number, steps: number,
  at: (x: readonly number[]) => Point): number[] {
  const part = (share: number) => Math.max(1, Math.floor(share * steps));
  const ball = (to: number[]) => to.map((v, i) => between(x[i]! + between(v - x[i]!, -eps, eps), 0, 1));
  let [adv, old] = [ball(start), ball(start)];
  let [best, { dx, loss: bestLoss, right }] = [adv, at(adv)];
  let [bestDx, size] = [dx, 2 * eps];
  let found: number[] | null = null;
  let [seen, halved, rises, last, since, counted] = [bestLoss, true, 0, 0, part(0.22), 0];
  if (!right) found = adv;
  for (let t = 0; t < steps; t++) {
    const share = t === 0 ? 1 : 0.75;
    const plain = ball(adv.map((v, i) => v + size * Math.sign(dx[i]!)));
    const next = ball(adv.map((v, i) => v + share * (plain[i]! - v) + (1 - share) * (v - old[i]!)));
    const here = at(next);
    const { loss } = here;
    [old, adv, dx] = [adv, next, here.dx];
    if (!here.right) found = adv;
    rises += Number(loss > last);
    last = loss;
    if (loss > bestLoss) [best, bestDx, bestLoss] = [adv, dx, loss];
    if (++counted < since) continue;
    const halve = rises <= 0.75 * since || (!halved && seen >= bestLoss);
    if (halve) [size, adv, dx] = [size / 2, best, bestDx];
    [halved, seen, rises, counted, since] = [halve, bestLoss, 0, 0, Math.max(since - part(0.03), part(0.06))];
  }
  return found ?? best;
}

/** Numbers without a pattern: two points of the same loss would leave open which is kept. */
const CLIMBED = [[0.2137, 0.7473], [0.3181, 0.8719], [0.6273, 0.3097], [0.5031, 0.4817]];
const STARTS = [[0.0517, -0.0471], [0.0213, 0.0367], [-0.1031, 0.0829], [0.0127, 0.0239]];

async function runApgd(gpu: Engine, steps: number): Promise<Check[]> {
  const [n, eps] = [CLIMBED.length, 0.371];
  const [x, noise] = [gpu.tensor(CLIMBED.flat(), [n, 1, 1, 2]), gpu.tensor(STARTS.flat(), [n, 1, 1, 2])];
  const labels = gpu.zeros([n], "i32");
  const attack = apgd(hill, { eps, steps, noise });
  const { adv, loss, right } = attack.run(x, labels);
  const due = CLIMBED.map((image, i) => {
    const start = image.map((v, j) => between(v + STARTS[i]![j]!, 0, 1));
    return apgdByHand(image, start, eps, steps, (point) => hillAt(point, 0));
  });
  const checks = [await check("the images", adv, due.flat(), 1e-4),
    await check("their losses", loss, due.map((point) => hillAt(point, 0).loss), 1e-4)];
  [x, noise, labels, adv, loss, right, attack].forEach((t) => t.dispose());
  return checks;
}

// ---- DeepFool and Carlini-Wagner ------------------------------------------------------------------------------------

function deepfoolByHand(x: number[], label: number, overshoot: number, steps: number): number[] {
  let adv = x;
  for (let t = 0; t < steps && argmaxOf(logitsOf(adv)) === label; t++) {
    const z = logitsOf(adv);
    const others = [0, 1, 2].filter((k) => k !== label).map((k) => {
      const w = rowOf(WEIGHTS, k).map((v, i) => v - rowOf(WEIGHTS, label)[i]!);
      return { w, lead: Math.abs(z[k]! - z[label]!), far: Math.abs(z[k]! - z[label]!) / length(w) };
    });
    const { w, lead } = others.reduce((a, b) => (b.far < a.far ? b : a));
    adv = adv.map((v, i) => between(v + ((1 + overshoot) * lead * w[i]!) / dot(w, w), 0, 1));
  }
  return adv;
}

/** One image of Carlini and Wagner's attack; without the end for all images at once, which 9 steps do not reach. */
function cwByHand(x: number[], label: number, c: number, lr: number, steps: number): number[] {
  let w = x.map((v) => Math.atanh(2 * v - 1));
  let [m, v, best, nearest] = [x.map(() => 0), x.map(() => 0), x, Infinity];
  for (let t = 1; t <= steps; t++) {
    const adv = w.map((u) => (Math.tanh(u) + 1) / 2);
    const z = logitsOf(adv);
    const other = [0, 1, 2].filter((k) => k !== label).reduce((a, b) => (z[b]! > z[a]! ? b : a));
    const distance = dot(adv.map((u, i) => u - x[i]!), adv.map((u, i) => u - x[i]!));
    if (argmaxOf(z) !== label && distance < nearest) [best, nearest] = [adv, distance];
    const active = z[label]! > z[other]! ? 1 : 0;
    const g = adv.map((u, i) => (2 * (u - x[i]!) + active * c *
      (rowOf(WEIGHTS, label)[i]! - rowOf(WEIGHTS, other)[i]!)) * (1 - (2 * u - 1) ** 2) / 2);
    m = m.map((u, i) => 0.9 * u + 0.1 * g[i]!);
    v = v.map((u, i) => 0.999 * u + 0.001 * g[i]! ** 2);
    w = w.map((u, i) => u - (lr * m[i]!) / (1 - 0.9 ** t) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8));
  }
  return best;
}

export type ByHand = (x: number[], label: number, n: number) => number[];

export async function runAgainst(gpu: Engine, make: (model: Model) => Attack, byHand: ByHand,
  classes = LABELS): Promise<Check[]> {
  const [w, x] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(IMAGES, [N, P])];
  const labels = gpu.tensor(classes, [N], "i32");
  const attack = make((images) => linear(images, w));
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, classes.flatMap((label, n) => byHand(rowOf(IMAGES, n), label, n)))];
  attack.dispose();
  [w, x, labels, adv].forEach((t) => t.dispose());
  return checks;
}

// ---- noise and differences ------------------------------------------------------------------------------------------

/** Noise fills the ball evenly. */
async function runNoise(gpu: Engine): Promise<Check[]> {
  const [x, labels] = [gpu.full([4, 1, 64, 64], 0.5), gpu.zeros([4], "i32")];
  const moments = async (corners: boolean) => {
    const attack = randomNoise({ eps: 0.2, corners });
    const adv = attack(x, labels);
    const moves = Array.from(await adv.data(), (v) => (v - 0.5) / 0.2);
    attack.dispose();
    adv.dispose();
    return { far: Math.max(...moves.map(Math.abs)), square: dot(moves, moves) / moves.length };
  };
  const [even, corners] = [await moments(false), await moments(true)];
  [x, labels].forEach((t) => t.dispose());
  return [{ what: "beyond the ball", error: Math.max(0, even.far - 1), limit: 1e-6 },
    { what: "the variance over a third of eps^2", error: Math.abs(3 * even.square - 1), limit: 0.05 },
    { what: "the variance at corners", error: Math.abs(corners.square - 1), limit: 1e-5 }];
}

/** Differences along random directions of a linear loss: their mean is its slope. */
async function runSpsa(gpu: Engine): Promise<Check[]> {
  const slope = numbers("spsa", P);
  const [w, x, labels] = [gpu.tensor(slope, [1, P]), gpu.full([1, P], 0.5), gpu.zeros([1], "i32")];
  const gradientOf = spsaGradient((images) => mul(images, w), { samples: 400, delta: 0.05,
    loss: (logits) => sum(logits, { dim: 1 }) });
  const dx = gradientOf(x, labels);
  const checks = [await check("the gradient", dx, slope, 0.3)];
  [w, x, labels, dx].forEach((t) => t.dispose());
  return checks;
}

/** Two classes on images of 4 x 5: every shift by hand, and of each image the one with the largest margin. */
async function runShift(gpu: Engine, pixels: number): Promise<Check[]> {
  const [n, H, W] = [6, 4, 5];
  const images = numbers("shift x", n * H * W).map((v) => Math.fround((v + 1) / 2));
  const slope = numbers("shift w", H * W);
  const along = Array.from({ length: 2 * pixels + 1 }, (_, i) => i - pixels);
  const moved = (x: number[], down: number, right: number) => x.map((_, i) => {
    const [h, w] = [Math.floor(i / W) - down, (i % W) - right];
    return h >= 0 && h < H && w >= 0 && w < W ? x[h * W + w]! : 0;
  });
  const due = Array.from({ length: n }, (_, i) => {
    const x = images.slice(i * H * W, (i + 1) * H * W);
    const all = along.flatMap((down) => along.map((right) => moved(x, down, right)));
    return all.reduce((a, b) => (dot(b, slope) > dot(a, slope) ? b : a));
  });
  const [x, w, labels] = [gpu.tensor(images, [n, 1, H, W]), gpu.tensor([...slope.map((v) => -v), ...slope], [2, H * W]),
    gpu.zeros([n], "i32")];
  const attack = spatialShift((v) => linear(v.view([n, H * W]), w), { pixels });
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, due.flat())];
  [x, w, labels, adv, attack].forEach((t) => t.dispose());
  return checks;
}

export const adaptiveCases = (): Case[] => [
  one("attack", "pgdL2", (gpu) => runAgainst(gpu, (m) => pgdL2(m, { eps: 0.3, alpha: 0.08, steps: 6,
    randomStart: false }), (x, label) => pgdL2ByHand(x, label, 0.3, 0.08, 6))),
  ...[3, 8, 14].map((steps) => one("attack", `apgd, ${steps} steps`, (gpu) => runApgd(gpu, steps))),
  one("attack", "deepfool", (gpu) => runAgainst(gpu, (m) => deepfool(m, { steps: 5 }),
    (x, label) => deepfoolByHand(x, label, 0.02, 5), SAID)),
  one("attack", "cw", (gpu) => runAgainst(gpu, (m) => cw(m, { c: 2, lr: 0.1, steps: 9 }),
    (x, label) => cwByHand(x, label, 2, 0.1, 9))),
  one("attack", "randomNoise", runNoise),
  one("attack", "spsaGradient", runSpsa),
  ...[1, 2].map((pixels) => one("attack", `spatialShift, ${pixels} pixels`, (gpu) => runShift(gpu, pixels))),
];
