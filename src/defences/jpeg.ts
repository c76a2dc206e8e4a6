// JPEG compression as a defence: Dziugaite, Ghahramani and Roy, "A study of the effect of JPG compression on
// adversarial images", 2016. Everything that a baseline JPEG file loses between an image and its reconstruction, as
// libjpeg does it: the entropy coder loses nothing and is left out.

import { checkRank, checkTensor, checkWhole, fail } from "../kernels/check.ts";
import { add, avgPool2d, cat, clamp, conv2d, floor, jpegBlocks, mul, reshape, round, slice, stack } from
  "../kernels/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";

/** Table K.1, brightness, row by row. */
const LUMINANCE = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14,
  17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99];
/** Table K.2, colour: its upper left quarter; the rest is 99. */
const CHROMINANCE = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]];
const COLOUR = Array.from({ length: 64 }, (_, i) => CHROMINANCE[i >> 3]?.[i & 7] ?? 99);

/** A table at a quality from 1 to 100, scaled as libjpeg's jpeg_set_quality does it for baseline files. */
export function quantisation(table: readonly number[], quality: number): number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.map((v) => Math.min(255, Math.max(1, Math.floor((v * scale + 50) / 100))));
}

/** RGB to YCbCr of JFIF, and back; Cb and Cr are about 128. */
const TO_YCC = [0.299, 0.587, 0.114, -0.168735892, -0.331264108, 0.5, 0.5, -0.418687589, -0.081312411];
const TO_RGB = [1, 0, 1.402, 1, -0.344136286, -0.714136286, 1, 1.772, 0];

/** How levels become whole numbers: as in libjpeg, or not at all in the substitute for BPDA. */
interface Levels {
  rounding: "nearest" | "cubic";
  /** From 0 to 255. */
  whole(x: Tensor): Tensor;
  /** The whole number at or below x + bias. */
  down(x: Tensor, bias: Tensor): Tensor;
}

const FILE: Levels = { rounding: "nearest", whole: (x) => clamp(round(x), 0, 255),
  down: (x, bias) => floor(add(x, bias)) };
/** Soft rounding here would have no slope at whole levels, which is what unattacked images consist of. */
const SMOOTH: Levels = { rounding: "cubic", whole: (x) => x, down: (x) => x };

/** What JPEG's constants are on one engine. */
interface Codec {
  /** [8,8] each. */
  luminance: Tensor;
  colour: Tensor;
  /** A mix of channels [3,3,1,1] and what is added [3]. */
  toYcc: [Tensor, Tensor];
  toRgb: [Tensor, Tensor];
  /** [2], for even and odd columns: libjpeg rounds them by turns, so that its errors have no mean. */
  halving: Tensor;
  doubling: Tensor;
}

function codecOf(gpu: Engine, quality: number): Codec {
  const kept = (values: readonly number[], shape: number[]) => gpu.keep(gpu.tensor(values, shape));
  const table = (t: readonly number[]) => kept(quantisation(t, quality), [8, 8]);
  const back = [0, 1, 2].map((i) => -128 * (TO_RGB[3 * i + 1]! + TO_RGB[3 * i + 2]!));
  return { luminance: table(LUMINANCE), colour: table(COLOUR),
    toYcc: [kept(TO_YCC, [3, 3, 1, 1]), kept([0, 128, 128], [3])],
    toRgb: [kept(TO_RGB, [3, 3, 1, 1]), kept(back, [3])],
    halving: kept([1 / 4, 2 / 4], [2]), doubling: kept([8 / 16, 7 / 16], [2]) };
}

/** Levels [N,C,H,W] through blocks that are quantised by `table`. */
const lossy = (x: Tensor, table: Tensor, { rounding, whole }: Levels): Tensor =>
  whole(jpegBlocks(x, table, { rounding }));

/** Repeats the last entry of `dim` until its size is a multiple of `unit`. */
function padded(x: Tensor, dim: number, unit: number): Tensor {
  const size = x.shape[dim]!;
  const missing = (unit - (size % unit)) % unit;
  return missing ? cat([x, ...Array<Tensor>(missing).fill(slice(x, dim, size - 1, size))], dim) : x;
}

/**
 * Means of 2 x 2, [N,C,H,W] to [N,C,ceil(H/2),8 ceil(W/16)]. libjpeg completes the blocks to the right before it
 * halves, and those below after: that is left to jpegBlocks.
 */
function halved(x: Tensor, bias: Tensor, levels: Levels): Tensor {
  const small = avgPool2d(padded(padded(x, 3, 16), 2, 2), 2);
  const [n, c, h, w] = small.shape as [number, number, number, number];
  return reshape(levels.down(reshape(small, [n, c, h, w / 2, 2]), bias), small.shape);
}

/** Twice as long: 3/4 of the nearer entry and 1/4 of the next one. Entries 2i and 2i + 1 are the dimension dim + 1. */
function doubled(x: Tensor, dim: 2 | 3): Tensor {
  const size = x.shape[dim]!;
  const before = cat([slice(x, dim, 0, 1), slice(x, dim, 0, size - 1)], dim);
  const after = cat([slice(x, dim, 1, size), slice(x, dim, size - 1, size)], dim);
  const near = mul(x, 3 / 4);
  return stack([add(near, mul(before, 1 / 4)), add(near, mul(after, 1 / 4))], dim + 1);
}

/** libjpeg's "fancy" upsampling, [N,C,h,w] to [N,C,2h,2w]. */
function enlarged(x: Tensor, bias: Tensor, levels: Levels): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const tall = reshape(doubled(x, 2), [n, c, 2 * h, w]);
  return reshape(levels.down(doubled(tall, 3), bias), [n, c, 2 * h, 2 * w]);
}

/** Colour levels [N,2,H,W] at half the size (4:2:0) and back. */
function subsampled(codec: Codec, x: Tensor, levels: Levels): Tensor {
  const [, , h, w] = x.shape as [number, number, number, number];
  const small = lossy(halved(x, codec.halving, levels), codec.colour, levels);
  const seen = slice(small, 3, 0, Math.ceil(w / 2)); // a decoder interpolates no padding
  return slice(slice(enlarged(seen, codec.doubling, levels), 2, 0, h), 3, 0, w);
}

function colour(codec: Codec, x: Tensor, levels: Levels): Tensor {
  const ycc = levels.whole(conv2d(x, ...codec.toYcc));
  const brightness = lossy(slice(ycc, 1, 0, 1), codec.luminance, levels);
  const back = cat([brightness, subsampled(codec, slice(ycc, 1, 1, 3), levels)], 1);
  return levels.whole(conv2d(back, ...codec.toRgb));
}

function compressed(codec: Codec, x: Tensor, levels: Levels): Tensor {
  checkTensor("jpeg", "x", x);
  checkRank("jpeg", "x", x, 4, "[N,C,H,W]");
  const whole = levels.whole(mul(x, 255));
  return mul(x.shape[1] === 3 ? colour(codec, whole, levels) : lossy(whole, codec.luminance, levels), 1 / 255);
}

/**
 * Images [N,C,H,W] in [0,1] as a baseline JPEG file of `quality`, a whole number from 1 to 100, gives them back, 8 bits
 * a channel: three channels as YCbCr with colour at half the height and width (4:2:0), any other number each as a grey
 * image. `purify` has no gradient: differentiating it is an error. The substitute for BPDA rounds coefficients by Shin
 * and Song's cubic (2017) and nothing else; it may leave [0,1] a little.
 */
export function jpeg(gpu: Engine, { quality }: { quality: number }): Pick<Purifier, "purify" | "substitute"> {
  if (checkWhole("jpeg", "quality", quality, 1) > 100) fail("jpeg", `quality is ${quality}; 1 to 100 are due`);
  const codec = codecOf(gpu, quality);
  return { purify: (x) => x.gpu.scope(() => compressed(codec, x, FILE)),
    substitute: (x) => x.gpu.scope(() => compressed(codec, x, SMOOTH)) };
}

const row = (quality: number): Defence => ({ name: `jpeg-${quality}`, title: `JPEG ${quality}`,
  open: ({ gpu }) => jpeg(gpu, { quality }) });

export const jpegs: readonly Defence[] = [75, 50, 25].map(row);
