// Square: its start and one of its moves in L2 in float64 on the host, from the same random numbers; whole searches on
// a model whose other class likes a bright left half.

import { squareAttack } from "../../attacks/index.ts";
import { L2 } from "../../attacks/square-moves.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Shape, Tensor } from "../../engine/tensor.ts";
import { cat, linear, mul, rand, square, sub, sum } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { between, dot, length } from "./linear-model.ts";

const [N, C, H, W] = [3, 2, 13, 12] as const;
const SHAPE = [N, C, H, W];
const EPS = 0.8;
const NONE = 1e-12;

/** Nested squares around the middle of rows x columns, each a little lower than the one before, as a list of rows. */
function peak(rows: number, columns: number): number[][] {
  const all = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  for (let k = 0; k <= Math.max(Math.floor(rows / 2), Math.floor(columns / 2)); k++)
    for (let r = Math.floor(rows / 2) - k; r <= Math.floor(rows / 2) + k; r++)
      for (let c = Math.floor(columns / 2) - k; c <= Math.floor(columns / 2) + k; c++)
        if (all[r]?.[c] !== undefined) all[r]![c]! += 1 / (k + 1) ** 2;
  return all;
}
const scaled = (rows: number[][], by: number): number[][] => rows.map((row) => row.map((v) => v * by));

/** A peak above one turned down, each of length 1 and together, too. */
function bump(s: number, lies: boolean): number[][] {
  const half = Math.floor(s / 2);
  const unit = (rows: number[][], sign: number) => scaled(rows, sign / (length(rows.flat()) || 1));
  const both = unit([...unit(peak(half, s), 1), ...unit(peak(s - half, s), -1)], 1);
  return lies ? both.map((_, r) => both.map((row) => row[r]!)) : both;
}

/** The even random numbers that the attack will draw for these shapes, in their order. */
const evenly = (gpu: Engine, shapes: readonly Shape[]): Promise<number[][]> =>
  drawn(gpu, shapes.map((shape) => () => rand(gpu, shape)));

const at = (n: number, c: number, h: number, w: number): number => ((n * C + c) * H + h) * W + w;
const channel = <T>(v: (h: number, w: number) => T): T[] =>
  Array.from({ length: H * W }, (_, i) => v(Math.floor(i / W), i % W));

/** x + delta, the length of each image's delta made EPS, within [0, 1]. */
function within(x: readonly number[], delta: readonly number[]): number[] {
  const size = x.length / N;
  return x.map((v, i) => {
    const n = Math.floor(i / size);
    return between(v + (EPS * delta[i]!) / (length(delta.slice(n * size, (n + 1) * size)) + NONE), 0, 1);
  });
}

async function runStart(gpu: Engine): Promise<Check[]> {
  const x = numbers("square start", N * C * H * W).map((v) => Math.fround((v + 1) / 2));
  const [s, rows, columns, top, left] = [2, 6, 6, 0, 0];
  const [coins, colours] = await evenly(gpu, [[N, 1, rows, columns], [N, C, rows, columns]]) as [number[], number[]];
  const delta = x.map((_, i) => {
    const [n, c, h, w] = [Math.floor(i / (C * H * W)), Math.floor(i / (H * W)) % C, Math.floor(i / W) % H, i % W];
    const [r, k] = [Math.floor((h - top) / s), Math.floor((w - left) / s)];
    if (r >= rows || k >= columns) return 0;
    const upright = coins[(n * rows + r) * columns + k]! < 0.5;
    return bump(s, !upright)[(h - top) % s]![(w - left) % s]! *
      Math.sign(colours[((n * C + c) * rows + r) * columns + k]! - 0.5);
  });
  const made = gpu.scope(() => L2.start(gpu.tensor(x, SHAPE), EPS));
  const checks = [await check("the images", made, within(x, delta))];
  made.dispose();
  return checks;
}

type Draw = (i: number) => number;

/** What one move does to the change `delta` of all images, from its six lists of random numbers. */
function movedByHand(delta: readonly number[], s: number, draws: readonly number[][]): number[] {
  const [top, left, top2, left2, coins, colours] = draws.map((list) => (i: number) => list[i]!) as Draw[] as
    [Draw, Draw, Draw, Draw, Draw, Draw];
  const place = (u: number, size: number) => Math.floor(u * (size - s + 1));
  const inside = (h: number, w: number, r: number, c: number) => h >= r && h < r + s && w >= c && w < c + s;
  return Array.from({ length: N }, (_, n) => {
    const [r, c, r2, c2] = [place(top(n), H), place(left(n), W), place(top2(n), H), place(left2(n), W)];
    const own = delta.slice(n * C * H * W, (n + 1) * C * H * W);
    const either = own.filter((_, i) => [[r, c], [r2, c2]].some(([a, b]) =>
      inside(Math.floor(i / W) % H, i % W, a!, b!)));
    const due = Math.sqrt(Math.max(EPS ** 2 - length(own) ** 2, 0) / C + length(either) ** 2);
    return Array.from({ length: C }, (_, k) => {
      const old = channel((h, w) => (inside(h, w, r, c) ? delta[at(n, k, h, w)]! : 0));
      const shape = bump(s, coins(n) >= 0.5);
      const added = channel((h, w) => (inside(h, w, r, c) ? Math.sign(colours(n * C + k) - 0.5) *
        shape[h - r]![w - c]! : 0)).map((v, i) => v + old[i]! / (length(old) + NONE));
      return channel((h, w) => (inside(h, w, r, c) ? (added[h * W + w]! * due) / (length(added) + NONE)
        : inside(h, w, r2, c2) ? 0 : delta[at(n, k, h, w)]!));
    });
  }).flat(2);
}

async function runMove(gpu: Engine, s: number): Promise<Check[]> {
  const x = numbers("square x", N * C * H * W).map((v) => Math.fround((v + 1) / 2));
  const delta = numbers("square delta", N * C * H * W).map((v, i) => Math.fround(x[i]! + 0.03 * v) - x[i]!);
  const each = [N, 1, 1, 1];
  const draws = await evenly(gpu, [each, each, each, each, [N, 1, 1], [N, C, 1, 1]]);
  const made = gpu.scope(() => L2.moved(gpu.tensor(x, SHAPE), gpu.tensor(x.map((v, i) => v + delta[i]!), SHAPE), EPS,
    L2.inputs(gpu, s, H, W)));
  const checks = [await check("the images", made, within(x, movedByHand(delta, s, draws)))];
  made.dispose();
  return checks;
}

const SIDE = 6;
const PIXELS = SIDE * SIDE;
/** 1 on the left half of an image, -1 on the right one. */
const TOWARDS = Array.from({ length: PIXELS }, (_, i) => (i % SIDE < SIDE / 2 ? 1 : -1));

/**
 * Of grey images of one channel: the share that is not fooled, and what leaves the ball, in L-infinity its corners. The
 * last image is bright on the left, so wrong already.
 */
async function runSearch(gpu: Engine, norm: "Linf" | "L2"): Promise<Check[]> {
  const [n, eps] = [16, norm === "Linf" ? 0.25 : 1.2];
  const last = TOWARDS.map((v) => 0.5 + 0.4 * v);
  const grey = [...new Array<number>((n - 1) * PIXELS).fill(0.5), ...last];
  const [x, labels] = [gpu.tensor(grey, [n, 1, SIDE, SIDE]), gpu.zeros([n], "i32")];
  const w = gpu.tensor([...TOWARDS.map((v) => -v), ...TOWARDS], [2, PIXELS]);
  const bias = gpu.tensor([6, 0]); // 6 is due; the ball's best point gains 18, in L2 14.4
  const attack = squareAttack((images) => linear(images.view([n, PIXELS]), w, bias), { eps, norm, queries: 150 });
  const adv = attack(x, labels);
  const moves = Array.from(await adv.data(), (v, i) => v - Math.fround(grey[i]!));
  const rows = Array.from({ length: n }, (_, i) => moves.slice(i * PIXELS, (i + 1) * PIXELS));
  attack.dispose();
  [x, w, bias, labels, adv].forEach((t) => t.dispose());
  const [open, wrong] = [rows.slice(0, -1), rows.at(-1)!];
  const off = norm === "Linf" ? Math.max(...open.flat().map((v) => Math.abs(Math.abs(v) - eps)))
    : Math.max(0, ...open.map((row) => length(row) - eps));
  const missed = open.filter((row) => 2 * dot(row, TOWARDS) < 6).length / open.length;
  return [{ what: norm === "Linf" ? "a pixel off the corners of the ball" : "an image beyond the ball", error: off,
    limit: 1e-6 }, { what: "the share of images not fooled", error: missed, limit: 0.1 },
    { what: "what an image moved that was wrong already", error: length(wrong), limit: 0 }];
}

/** A model that every change of an image makes surer of its class: the image stays. */
async function runNothing(gpu: Engine, norm: "Linf" | "L2"): Promise<Check[]> {
  const [n, P] = [2, PIXELS];
  const [x, labels] = [gpu.full([n, 1, SIDE, SIDE], 0.5), gpu.zeros([n], "i32")];
  const model = (images: Tensor) => {
    const far = sum(square(sub(images.view([n, P]), 0.5)), { dim: 1, keepdim: true });
    return cat([far, sub(mul(far, 0), 1)], 1);
  };
  const attack = squareAttack(model, { eps: 0.1, norm, queries: 5 });
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, new Float32Array(n * P).fill(0.5), 1e-9)];
  [x, labels, adv, attack].forEach((t) => t.dispose());
  return checks;
}

const NORMS = ["Linf", "L2"] as const;

export const squareCases = (): Case[] => [
  ...NORMS.flatMap((norm) => [one("attack", `squareAttack, ${norm}`, (gpu) => runSearch(gpu, norm)),
    one("attack", `squareAttack, ${norm}, where nothing helps`, (gpu) => runNothing(gpu, norm))]),
  one("attack", "squareAttack, L2, the start", runStart),
  ...[3, 7].map((s) => one("attack", `squareAttack, L2, a move of side ${s}`, (gpu) => runMove(gpu, s))),
];
