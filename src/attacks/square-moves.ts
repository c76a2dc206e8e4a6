// How Square starts and what it tries: stripes and squares of one colour in L-infinity, bumps of two colours in L2.

import type { Engine } from "../engine/engine.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { add, arange, clamp, div, eq, floor, ge, lt, matmul, maximum, mul, norm, pad, rand, reshape, sign, sqrt, square,
  sub, tile, upsampleNearest2d, where } from "../kernels/index.ts";
import { lengths } from "./pgd-l2.ts";

/** Keeps a length of 0 from becoming NaN. */
const TINY = 1e-12;

/** What is put on images [N,C,H,W] within a ball of radius eps. */
export interface Moves {
  /** Where the search starts. */
  start(x: Tensor, eps: number): Tensor;
  /** The side of the squares, from that of the schedule. */
  side(due: number, H: number, W: number): number;
  /** What a query of that side needs to know, of the same shapes for each. */
  inputs(gpu: Engine, side: number, H: number, W: number): Tensor[];
  /** Images one random move further, from x and those of the best margin so far. */
  moved(x: Tensor, adv: Tensor, eps: number, inputs: readonly Tensor[]): Tensor;
}

/** -1 or 1 at random. */
const signs = (gpu: Engine, shape: Shape): Tensor => sign(sub(rand(gpu, shape), 0.5));

/** A random place for squares of a side: rows of the upper edges and columns of the left ones, [N,1,1,1] each. */
const place = (x: Tensor, side: Tensor): [top: Tensor, left: Tensor] =>
  x.shape.slice(2).map((size) => floor(mul(rand(x.gpu, [x.shape[0]!, 1, 1, 1]), add(sub(size, side), 1)))) as
    [Tensor, Tensor];

/** Of images [N,1,H,W]: 1 within the squares at a place, else 0. */
function windows(x: Tensor, [top, left]: [Tensor, Tensor], side: Tensor): Tensor {
  const [, , H, W] = x.shape as [number, number, number, number];
  const along = (size: number, shape: Shape, first: Tensor): Tensor => {
    const at = reshape(arange(x.gpu as Engine, size), shape);
    return mul(ge(at, first), lt(at, add(first, side)));
  };
  return mul(along(H, [1, 1, H, 1], top), along(W, [1, 1, 1, W], left));
}

export const LINF: Moves = {
  /** Vertical stripes, which fool convolutional networks best. */
  start(x, eps) {
    const [N, C, , W] = x.shape as [number, number, number, number];
    return clamp(add(x, mul(signs(x.gpu as Engine, [N, C, 1, W]), eps)), 0, 1);
  },
  side: (due) => due,
  inputs: (gpu, side) => [gpu.tensor([side], [1])],
  /** One square of each image goes to a corner of the ball. */
  moved(x, adv, eps, [side]) {
    const [N, C] = x.shape as [number, number];
    const colours = mul(signs(x.gpu as Engine, [N, C, 1, 1]), 2 * eps);
    const moved = add(adv, mul(windows(x, place(x, side!), side!), colours));
    return clamp(add(x, clamp(sub(moved, x), -eps, eps)), 0, 1);
  },
};

/** rows x columns, row-major: 1 + 1/4 + 1/9 + .. in the middle, one term less for each ring further out; length 1. */
function peak(rows: number, columns: number): number[] {
  const [middle, centre] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  const rings = Math.max(middle, centre) + 1;
  return toLengthOne(Array.from({ length: rows * columns }, (_, i) => {
    const ring = Math.max(Math.abs(Math.floor(i / columns) - middle), Math.abs((i % columns) - centre));
    return Array.from({ length: rings - ring }, (_, k) => 1 / (ring + k + 1) ** 2).reduce((a, b) => a + b, 0);
  }));
}

function toLengthOne(v: number[]): number[] {
  const length = Math.hypot(...v);
  return length === 0 ? v : v.map((u) => u / length);
}

/** What is put on a square of side s, [s*s]: a peak above one turned down, of length 1. */
export function bump(s: number): number[] {
  const half = Math.floor(s / 2);
  return toLengthOne([...peak(half, s), ...peak(s - half, s).map((v) => -v)]);
}

/** A bump of side s in the upper left corner of [H,W], upright or on its side. */
function canvas(s: number, H: number, W: number, lies: boolean): Float32Array {
  const all = new Float32Array(H * W);
  bump(s).forEach((v, i) => {
    const [row, column] = [Math.floor(i / s), i % s];
    all[lies ? column * W + row : row * W + column] = v;
  });
  return all;
}

/** 1 or 0 at random. */
const coin = (gpu: Engine, shape: Shape): Tensor => lt(rand(gpu, shape), 0.5);

/** Canvases [H,W] moved to a place, one or the other of an image, [N,1,H,W]. */
function placed(x: Tensor, [upright, lying]: readonly Tensor[], [top, left]: [Tensor, Tensor]): Tensor {
  const gpu = x.gpu as Engine;
  const [N, , H, W] = x.shape as [number, number, number, number];
  /** [N,size,size]: 1 where a row (or column) of the image is one of the canvas, `by` further on. */
  const shift = (size: number, by: Tensor): Tensor => {
    const at = arange(gpu, size);
    return eq(sub(reshape(at, [1, size, 1]), reshape(by, [N, 1, 1])), reshape(at, [1, 1, size]));
  };
  const each = where(coin(gpu, [N, 1, 1]), reshape(upright!, [1, H, W]), reshape(lying!, [1, H, W]));
  return reshape(matmul(matmul(shift(H, top), each), shift(W, left), { transposeB: true }), [N, 1, H, W]);
}

/** x + delta, its length made eps, within [0, 1]. */
const atLength = (x: Tensor, delta: Tensor, eps: number): Tensor =>
  clamp(add(x, mul(delta, div(eps, add(lengths(delta), TINY)))), 0, 1);

/** The length of each channel, [N,C,1,1]. */
const ofChannels = (v: Tensor): Tensor => norm(v, { dim: [2, 3], keepdim: true });

export const L2: Moves = {
  /** Bumps side by side over the image, each of its own colours. */
  start(x, eps) {
    const gpu = x.gpu as Engine;
    const [N, C, H, W] = x.shape as [number, number, number, number];
    const s = Math.max(1, Math.floor(Math.min(H, W) / 5));
    const [rows, columns] = [Math.floor(H / s), Math.floor(W / s)];
    const [upright, lying] = [false, true].map((lies) =>
      tile(gpu.tensor(canvas(s, s, s, lies), [1, 1, s, s]), [1, 1, rows, columns]));
    const bumps = where(upsampleNearest2d(coin(gpu, [N, 1, rows, columns]), s), upright!, lying!);
    const delta = mul(bumps, upsampleNearest2d(signs(gpu, [N, C, rows, columns]), s));
    const [top, left] = [Math.floor((H - rows * s) / 2), Math.floor((W - columns * s) / 2)];
    return atLength(x, pad(delta, [left, W - columns * s - left, top, H - rows * s - top]), eps);
  },
  side(due, H, W) {
    const odd = (n: number) => n - (1 - (n % 2));
    return Math.max(1, Math.min(odd(Math.max(due, 3) + 1), odd(Math.min(H, W))));
  },
  inputs: (gpu, side, H, W) => [gpu.tensor([side], [1]),
    ...[false, true].map((lies) => gpu.tensor(canvas(side, H, W, lies), [H, W]))],
  /** A square takes a bump and what length another one gives up, beside what the image has left of eps. */
  moved(x, adv, eps, [side, ...canvases]) {
    const delta = sub(adv, x);
    const [here, there] = [place(x, side!), place(x, side!)];
    const [taker, giver] = [windows(x, here, side!), windows(x, there, side!)];
    const kept = mul(delta, taker);
    const bumps = mul(placed(x, canvases, here), signs(x.gpu as Engine, [x.shape[0]!, x.shape[1]!, 1, 1]));
    const added = add(bumps, div(kept, add(ofChannels(kept), TINY)));
    const left = div(maximum(sub(eps * eps, square(lengths(delta))), 0), x.shape[1]!);
    const length = sqrt(add(left, square(lengths(mul(delta, maximum(taker, giver))))));
    const bumped = mul(added, div(length, add(ofChannels(added), TINY)));
    return atLength(x, where(taker, bumped, mul(delta, sub(1, giver))), eps);
  },
};
