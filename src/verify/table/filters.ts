// Rows of the image filters.

import { jpegBlocks, medianBlur, tvDenoise, type Shape } from "../../index.ts";
import { generate, indexOf } from "./reference.ts";
import { filled, type Host, type OpRow, type WrongRow } from "./table.ts";

const within = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));

/** The nine pixels around [n,c,h,w], those outside taken from the edge. */
const around = (x: Host, [n, c, h, w]: readonly number[]): number[] =>
  [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) =>
    x[indexOf([n!, c!, within(h! + a, x.shape[2]!), within(w! + b, x.shape[3]!)], x.shape)]!));

const median = (v: number[]): number => (v.some(Number.isNaN) ? NaN : v.sort((a, b) => a - b)[4]!);

const medianRow = (name: string, shape: Shape, spec: OpRow["inputs"][string] = { shape, distinct: true }): OpRow => ({
  op: "medianBlur", name, inputs: { x: spec }, gradient: spec.distinct ? ["x"] : [], shape,
  run: ({ x }) => medianBlur(x!),
  reference: ({ x }) => generate(shape, (at) => median(around(x!, at))),
});

/** Chambolle's iteration on one plane, with the dual field as two arrays. */
function denoised(x: Float64Array, H: number, W: number, weight: number, steps: number): Float64Array {
  let [down, right] = [new Float64Array(H * W), new Float64Array(H * W)];
  const div = (i: number) => down[i]! + right[i]! - (i >= W ? down[i - W]! : 0) - (i % W ? right[i - 1]! : 0);
  for (let s = 0; s < steps; s++) {
    const field = x.map((v, i) => div(i) - v / weight);
    const toDown = field.map((v, i) => (i + W < H * W ? field[i + W]! - v : 0));
    const toRight = field.map((v, i) => ((i + 1) % W ? field[i + 1]! - v : 0));
    const shrink = (p: Float64Array, g: Float64Array) =>
      p.map((v, i) => (v + 0.25 * g[i]!) / (1 + 0.25 * Math.hypot(toDown[i]!, toRight[i]!)));
    [down, right] = [shrink(down, toDown), shrink(right, toRight)];
  }
  return x.map((v, i) => v - weight * div(i));
}

const tvRow = (shape: Shape, weight: number, steps: number): OpRow => ({
  op: "tvDenoise", name: `[${shape}] weight ${weight}, ${steps} steps`, inputs: { x: { shape, low: 0, high: 1 } },
  gradient: ["x"], shape,
  run: ({ x }) => tvDenoise(x!, { weight, steps }),
  reference({ x }) {
    const [N, C, H, W] = shape as [number, number, number, number];
    const planes = Array.from({ length: N * C }, (_, p) =>
      denoised(Float64Array.from(x!.subarray(p * H * W, (p + 1) * H * W)), H, W, weight, steps));
    return filled(N * C * H * W, (i) => planes[Math.floor(i / (H * W))]![i % (H * W)]!);
  },
});

const DCT = Array.from({ length: 8 }, (_, u) => Array.from({ length: 8 }, (_, k) =>
  (u ? Math.SQRT2 : 1) * Math.cos(((2 * k + 1) * u * Math.PI) / 16) / Math.sqrt(8)));

/** Coefficients of an 8 x 8 block, or with `back` the block of coefficients. */
function dct(block: readonly number[], back: boolean): number[] {
  const e = (u: number, k: number) => (back ? DCT[k]![u]! : DCT[u]![k]!);
  const rows = block.map((_, t) => [...DCT.keys()].reduce((s, k) =>
    s + block[8 * (t >> 3) + k]! * e(t % 8, k), 0));
  return rows.map((_, t) => [...DCT.keys()].reduce((s, k) => s + e(t >> 3, k) * rows[8 * k + (t % 8)]!, 0));
}

/** Quantised block by block, halves away from zero; `soft` adds the cube of what was rounded off. */
export function quantised(x: Host, table: Host, soft: boolean): Host {
  const [H, W] = x.shape.slice(2) as [number, number];
  const done = new Map<string, number[]>();
  const blockOf = (n: number, c: number, top: number, left: number) => {
    const block = Array.from({ length: 64 }, (_, t) =>
      x[indexOf([n, c, within(top + (t >> 3), H), within(left + (t % 8), W)], x.shape)]! - 128);
    const multiples = dct(block, false).map((v, t) => {
      const whole = Math.sign(v) * Math.floor(Math.abs(v / table[t]!) + 0.5);
      return (whole + (soft ? (v / table[t]! - whole) ** 3 : 0)) * table[t]!;
    });
    return dct(multiples, true).map((v) => v + 128);
  };
  return generate(x.shape, ([n, c, h, w]) => {
    const key = `${n} ${c} ${h! >> 3} ${w! >> 3}`;
    if (!done.has(key)) done.set(key, blockOf(n!, c!, h! & ~7, w! & ~7));
    return done.get(key)![8 * (h! % 8) + (w! % 8)]!;
  });
}

const TABLE = filled(64, (t) => 3 + ((t * 7) % 40));

const jpegRow = (shape: Shape, rounding: "nearest" | "cubic", whole = false): OpRow => ({
  op: "jpegBlocks", name: `[${shape}] ${rounding}${whole ? ", whole numbers" : ""}`,
  inputs: { x: whole ? { shape, values: [...filled(101, (i) => (i * 37) % 256)] } : { shape, low: 0, high: 255 },
    table: { shape: [8, 8], values: [...TABLE] } },
  gradient: rounding === "cubic" ? ["x"] : "none", shape, gradientTolerance: 2e-4,
  run: ({ x, table }) => jpegBlocks(x!, table!, { rounding }),
  reference: ({ x, table }) => quantised(x!, table!, rounding === "cubic"),
});

export const rows: OpRow[] = [
  medianRow("[2,3,7,5]", [2, 3, 7, 5]),
  medianRow("one row, one column", [3, 2, 1, 1]),
  medianRow("narrow", [1, 2, 2, 13]),
  medianRow("across workgroups", [1, 3, 28, 29]),
  medianRow("ties", [1, 1, 7, 9], { shape: [1, 1, 7, 9], values: [0, 1, 1, 0, 0.5] }),
  medianRow("NaN", [1, 1, 5, 7], { shape: [1, 1, 5, 7], values: [NaN, ...filled(34, (i) => (i * 11) % 35)] }),
  jpegRow([2, 3, 8, 16], "nearest"),
  jpegRow([1, 2, 13, 7], "nearest", true),
  jpegRow([2, 1, 28, 28], "nearest"),
  jpegRow([1, 3, 8, 8], "cubic"),
  jpegRow([2, 1, 11, 5], "cubic"),
  jpegRow([1, 1, 1, 17], "cubic", true),
  tvRow([2, 3, 7, 5], 0.1, 30),
  tvRow([1, 1, 28, 28], 0.5, 7),
  tvRow([3, 1, 1, 9], 0.2, 5),
  tvRow([2, 1, 6, 1], 1, 1),
  tvRow([1, 2, 5, 9], 0.02, 2),
];

export const wrong: WrongRow[] = [
  { op: "medianBlur", call: (gpu) => medianBlur(gpu.zeros([2, 3, 4])),
    message: /x has 3 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "jpegBlocks", call: (gpu) => jpegBlocks(gpu.zeros([1, 1, 8, 8]), gpu.zeros([64])),
    message: /table has shape \[64\], \[8,8\] is due/ },
  { op: "jpegBlocks",
    call: (gpu) => jpegBlocks(gpu.zeros([1, 1, 8, 8]), gpu.zeros([8, 8]), { rounding: "soft" as "cubic" }),
    message: /rounding is "soft"; "nearest" or "cubic" is due/ },
  { op: "tvDenoise", call: (gpu) => tvDenoise(gpu.zeros([4, 4])),
    message: /x has 2 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "tvDenoise", call: (gpu) => tvDenoise(gpu.zeros([1, 1, 4, 4]), { weight: 0 }),
    message: /weight is 0; a number > 0 is due/ },
  { op: "tvDenoise", call: (gpu) => tvDenoise(gpu.zeros([1, 1, 4, 4]), { steps: NaN }),
    message: /steps is NaN; a whole number >= 1 is due/ },
];
