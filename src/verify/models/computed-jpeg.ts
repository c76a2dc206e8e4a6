// JPEG of colour images from its parts, in float64 on the host: mixed channels, colour at half the size, blocks, and
// libjpeg's way back.

import { jpeg } from "../../defences/jpeg.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";
import { quantised } from "../table/filters.ts";
import { host } from "../table/table.ts";

/** Annex K of ITU-T T.81. */
const K1 = `16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 18 22 37 56
  68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99`;
const K2 = `17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
  ${"99 ".repeat(32)}`;

/** A table at a quality, as libjpeg scales it. */
function tableOf(text: string, quality: number): number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return text.trim().split(/\s+/).map((v) =>
    Math.min(255, Math.max(1, Math.floor((Number(v) * scale + 50) / 100))));
}

type Plane = number[][];
const planeOf = (h: number, w: number, v: (y: number, x: number) => number): Plane =>
  Array.from({ length: h }, (_, y) => Array.from({ length: w }, (__, x) => v(y, x)));
const each = (p: Plane, f: (v: number, x: number) => number): Plane => p.map((line) => line.map((v, x) => f(v, x)));
const near = (p: Plane, y: number, x: number): number =>
  p[Math.min(Math.max(y, 0), p.length - 1)]![Math.min(Math.max(x, 0), p[0]!.length - 1)]!;

/** As a file is read, or as its substitute for BPDA is, which rounds nothing but coefficients. */
interface Kind {
  soft: boolean;
  whole(v: number): number;
  down(v: number, bias: number): number;
}
const HARD: Kind = { soft: false, whole: (v) => Math.min(255, Math.max(0, Math.round(v))),
  down: (v, bias) => Math.floor(v + bias) };
const SOFT: Kind = { soft: true, whole: (v) => v, down: (v) => v };

function lossy(p: Plane, table: number[], { soft, whole }: Kind): Plane {
  const [h, w] = [p.length, p[0]!.length];
  const done = quantised(host(p.flat(), [1, 1, h, w]), host(table, [8, 8]), soft);
  return planeOf(h, w, (y, x) => whole(done[y * w + x]!));
}

/** Means of 2 x 2; the last column is repeated up to a multiple of 16, the last row to an even number. */
const halved = (p: Plane, { down }: Kind): Plane =>
  planeOf(Math.ceil(p.length / 2), 8 * Math.ceil(p[0]!.length / 16), (y, x) =>
    down((near(p, 2 * y, 2 * x) + near(p, 2 * y, 2 * x + 1) + near(p, 2 * y + 1, 2 * x) +
      near(p, 2 * y + 1, 2 * x + 1)) / 4, x % 2 ? 2 / 4 : 1 / 4));

/** Twice as large: 9, 3, 3 and 1 sixteenths of the four nearest. */
const enlarged = (p: Plane, { down }: Kind): Plane =>
  planeOf(2 * p.length, 2 * p[0]!.length, (y, x) => {
    const [row, column, below, beside] = [y >> 1, x >> 1, y % 2 ? 1 : -1, x % 2 ? 1 : -1];
    return down((9 * near(p, row, column) + 3 * near(p, row + below, column) + 3 * near(p, row, column + beside) +
      near(p, row + below, column + beside)) / 16, x % 2 ? 7 / 16 : 8 / 16);
  });

/** Red, green and blue through YCbCr. */
function compressed([r, g, b]: Plane[], quality: number, kind: Kind): number[] {
  const [h, w] = [r!.length, r![0]!.length];
  const mixed = (f: (r: number, g: number, b: number) => number): Plane =>
    planeOf(h, w, (y, x) => kind.whole(f(r![y]![x]!, g![y]![x]!, b![y]![x]!)));
  const brightness = lossy(mixed((u, v, s) => 0.299 * u + 0.587 * v + 0.114 * s), tableOf(K1, quality), kind);
  const colour = (p: Plane): Plane => {
    const small = lossy(halved(p, kind), tableOf(K2, quality), kind);
    return enlarged(small.map((line) => line.slice(0, Math.ceil(w / 2))), kind);
  };
  const blue = colour(mixed((u, v, s) => 128 - 0.168735892 * u - 0.331264108 * v + 0.5 * s));
  const red = colour(mixed((u, v, s) => 128 + 0.5 * u - 0.418687589 * v - 0.081312411 * s));
  const back = (f: (y: number, cb: number, cr: number) => number): Plane =>
    planeOf(h, w, (y, x) => kind.whole(f(brightness[y]![x]!, blue[y]![x]! - 128, red[y]![x]! - 128)) / 255);
  return [back((y, _, cr) => y + 1.402 * cr), back((y, cb, cr) => y - 0.344136286 * cb - 0.714136286 * cr),
    back((y, cb) => y + 1.772 * cb)].flat(2);
}

/** Smooth colours with some noise, levels from 0 to 255. */
function picture(h: number, w: number): Plane[] {
  const noise = numbers("jpeg", 3 * h * w);
  return [0, 1, 2].map((c) => planeOf(h, w, (y, x) =>
    Math.round(127.5 + 90 * Math.sin(0.3 * x + 0.21 * y + 2 * c) + 30 * noise[(c * h + y) * w + x]!)));
}

async function runColour(gpu: Engine, h: number, w: number, quality: number): Promise<Check[]> {
  const planes = picture(h, w);
  const x = gpu.tensor(planes.map((p) => each(p, (v) => v / 255)).flat(2), [1, 3, h, w]);
  const { purify, substitute } = jpeg(gpu, { quality });
  const [hard, soft] = [purify(x), substitute!(x)];
  const checks = [await check("the file", hard, compressed(planes, quality, HARD)),
    await check("its substitute", soft, compressed(planes, quality, SOFT), 1e-4)];
  [x, hard, soft].forEach((t) => t.dispose());
  return checks;
}

export const jpegCases = (): Case[] => [
  one("jpeg", "colour 16x16, quality 75", (gpu) => runColour(gpu, 16, 16, 75)),
  one("jpeg", "colour 19x21, quality 30", (gpu) => runColour(gpu, 19, 21, 30)),
  one("jpeg", "colour 7x34, quality 95", (gpu) => runColour(gpu, 7, 34, 95)),
];
