// Square in L-infinity: a whole search in float64 on the host, from the same random numbers; the sides of its squares.

import { squareAttack } from "../../attacks/index.ts";
import { sideAt } from "../../attacks/square.ts";
import { L2 } from "../../attacks/square-moves.ts";
import type { Engine } from "../../engine/engine.ts";
import { flatten, linear, rand } from "../../kernels/index.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { argmaxOf, between, dot, otherOf } from "./linear-model.ts";

const [N, C, H, W, CLASSES] = [6, 2, 7, 6, 3] as const;
const SIZE = C * H * W;
const inUnit = (seed: string, n: number): number[] => numbers(seed, n).map((v) => Math.fround((v + 1) / 2));
const IMAGES = Array.from({ length: N }, (_, n) => inUnit(`square of ${n}`, SIZE));
const WEIGHTS = Array.from({ length: CLASSES }, (_, k) => numbers(`square towards ${k}`, SIZE).map((v) => v / 4));
const logitsOf = (x: readonly number[]): number[] => WEIGHTS.map((w) => dot(w, x));
/** The last image is wrong from the start. */
const LABELS = IMAGES.map((x, n) => (argmaxOf(logitsOf(x)) + Number(n === N - 1)) % CLASSES);

/** How far another class leads. */
function marginOf(x: readonly number[], label: number): number {
  const z = logitsOf(x);
  return z[otherOf(z, label)]! - z[label]!;
}

/** The share p of an image, halved after each of these of 10,000 queries: p_selection of the authors' code. */
const halvings = (query: number, queries: number): number => {
  const at = Math.trunc((query / queries) * 10_000);
  if (at <= 10) return 0;
  if (at <= 50) return 1;
  if (at <= 200) return 2;
  if (at <= 500) return 3;
  if (at <= 1000) return 4;
  if (at <= 2000) return 5;
  if (at <= 4000) return 6;
  return at <= 6000 ? 7 : at <= 8000 ? 8 : 9;
};
const sideOf = (query: number, queries: number, p: number, h: number, w: number): number => Math.max(1,
  Math.min(Math.round(Math.sqrt((p / 2 ** halvings(query, queries)) * h * w)), h, w));

interface Draws {
  /** [C,W] of stripes, then for each query the colours [C] and the place. */
  stripes: number[];
  queries: { colours: number[]; top: number; left: number }[];
}

/** One image: stripes, then squares that are kept where they help, until it is wrong. */
function searchByHand(x: number[], label: number, eps: number, p: number, draws: Draws): number[] {
  const before = marginOf(x, label);
  if (before > 0) return x;
  const pixel = (i: number) => ({ c: Math.floor(i / (H * W)), h: Math.floor(i / W) % H, w: i % W });
  const start = x.map((v, i) => between(v + eps * Math.sign(draws.stripes[pixel(i).c * W + pixel(i).w]! - 0.5), 0, 1));
  let [adv, margin] = [start, marginOf(start, label)];
  draws.queries.forEach(({ colours, top, left }, query) => {
    const side = sideOf(query, draws.queries.length + 1, p, H, W);
    const [first, column] = [Math.floor(top * (H - side + 1)), Math.floor(left * (W - side + 1))];
    const next = adv.map((v, i) => {
      const { c, h, w } = pixel(i);
      const inside = h >= first && h < first + side && w >= column && w < column + side;
      const moved = v + (inside ? 2 * eps * Math.sign(colours[c]! - 0.5) : 0);
      return between(x[i]! + between(moved - x[i]!, -eps, eps), 0, 1);
    });
    const found = marginOf(next, label);
    if (margin <= 0 && found > margin) [adv, margin] = [next, found];
  });
  return margin < before ? x : adv;
}

/** The numbers that the attack will draw for all images. */
async function drawsOf(gpu: Engine, queries: number): Promise<(n: number) => Draws> {
  const place = [() => rand(gpu, [N, 1, 1, 1]), () => rand(gpu, [N, 1, 1, 1])];
  const each = [() => rand(gpu, [N, C, 1, 1]), ...place];
  const [stripes, ...rest] = await drawn(gpu, [() => rand(gpu, [N, C, 1, W]),
    ...Array.from({ length: queries - 1 }, () => each).flat()]) as [number[], ...number[][]];
  return (n) => ({ stripes: stripes.slice(n * C * W, (n + 1) * C * W),
    queries: Array.from({ length: queries - 1 }, (_, q) => ({ colours: rest[3 * q]!.slice(n * C, (n + 1) * C),
      top: rest[3 * q + 1]![n]!, left: rest[3 * q + 2]![n]! })) });
}

async function runSearch(gpu: Engine, { eps, p }: { eps: number; p?: number }, queries: number): Promise<Check[]> {
  const draws = await drawsOf(gpu, queries);
  const due = IMAGES.map((x, n) => searchByHand(x, LABELS[n]!, eps, p ?? 0.8, draws(n)));
  const [x, w, labels] = [gpu.tensor(IMAGES.flat(), [N, C, H, W]), gpu.tensor(WEIGHTS.flat(), [CLASSES, SIZE]),
    gpu.tensor(LABELS, [N], "i32")];
  const attack = squareAttack((images) => linear(flatten(images), w), { eps, queries, ...(p !== undefined && { p }) });
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, due.flat())];
  [x, w, labels, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** Sides at every query that changes them, on three shapes; L2 takes the next odd number, three at least. */
async function runSides(): Promise<Check[]> {
  const found: number[] = [];
  const due: number[] = [];
  for (const [h, w, queries, p] of [[28, 28, 5000, 0.8], [32, 32, 300, 0.5], [5, 40, 10_000, 1]] as const) {
    const at = [0, 4, 5, 6, 25, 26, 99, 101, 249, 251, 499, 501, 999, 1001, 1999, 2001, 2999, 3001, 3999, 4001, 4999]
      .filter((q) => q < queries);
    found.push(...at.map((q) => sideAt(q, queries, p, [3, h, w])));
    due.push(...at.map((q) => sideOf(q, queries, p, h, w)));
  }
  const odd = [1, 2, 3, 4, 5, 8, 25, 26].map((s) => L2.side(s, 24, 27));
  return [{ what: "the sides", error: relativeError(found, due), limit: 0 },
    { what: "the sides in L2", error: relativeError(odd, [3, 3, 3, 5, 5, 9, 23, 23]), limit: 0 }];
}

export const squareLinfCases = (): Case[] => [
  one("attack", "squareAttack, Linf, query by query", (gpu) => runSearch(gpu, { eps: 0.05, p: 0.6 }, 60)),
  one("attack", "squareAttack, p by default", (gpu) => runSearch(gpu, { eps: 0.03 }, 9)),
  one("attack", "squareAttack, the sides", runSides),
];
