// Rows of the ops that feed training: images stored as bytes, random shifts, signed noise.

import { byteImages, randomShift, signedNoise, type Shape } from "../../index.ts";
import { normals, uniforms } from "./philox.ts";
import { generate, indexOf } from "./reference.ts";
import { filled, type Host, type OpRow, type WrongRow } from "./table.ts";

const NOISE = { tolerance: 5e-5, gradientTolerance: 5e-5 };
const later = (draw: readonly number[], by: number): number[] => draw.map((v, i) => (i === 2 ? v + by : v));

const byteRow = (name: string, n: number, shape: [number, number, number], B: number): OpRow => {
  const pixels = shape[0] * shape[1] * shape[2];
  return {
    op: "byteImages",
    name,
    inputs: { bytes: { shape: [n, pixels / 4], below: 2 ** 32, dtype: "u32" }, index: { shape: [B], below: n } },
    gradient: "none",
    shape: [B, ...shape],
    run: ({ bytes, index }) => byteImages(bytes!, index!, shape),
    reference: ({ bytes, index }) => filled(B * pixels, (i) => {
      const p = index![Math.floor(i / pixels)]! * pixels + (i % pixels);
      return (Math.floor(bytes![p >> 2]! / 256 ** (p % 4)) % 256) / 255;
    }),
  };
};

/** Rows and columns that place b moves by, and whether it is flipped, from its four uniform numbers. */
const frameOf = (u: ArrayLike<number>, b: number, crop: number, flip: boolean) => {
  const move = (axis: number) => Math.min(2 * crop, Math.floor(u[4 * b + axis]! * (2 * crop + 1))) - crop;
  return { down: move(0), right: move(1), flipped: flip && u[4 * b + 2]! < 0.5 };
};

const augmentedRow = (shape: [number, number, number], n: number, B: number, crop: number, flip: boolean): OpRow => {
  const pixels = shape[0] * shape[1] * shape[2];
  return {
    op: "byteImages",
    name: `[${B} of ${n}] ${shape.join("x")} crop ${crop}${flip ? " flip" : ""}`,
    inputs: { bytes: { shape: [n, pixels / 4], below: 2 ** 32, dtype: "u32" }, index: { shape: [B], below: n } },
    gradient: "none",
    shape: [B, ...shape],
    run: ({ bytes, index }) => byteImages(bytes!, index!, shape, { crop, flip }),
    reference({ bytes, index }, draw) {
      const u = uniforms(4 * B, draw);
      return generate([B, ...shape], ([b, c, h, w]) => {
        const { down, right, flipped } = frameOf(u, b!, crop, flip);
        const from = [c!, h! + down, (flipped ? shape[2] - 1 - w! : w!) + right];
        if (from.some((at, d) => at < 0 || at >= shape[d]!)) return 0;
        const p = index![b!]! * pixels + indexOf(from, shape);
        return (Math.floor(bytes![p >> 2]! / 256 ** (p % 4)) % 256) / 255;
      });
    },
  };
};

const shiftRow = (shape: Shape, most: number): OpRow => ({
  op: "randomShift", name: `[${shape}] by ${most}`, inputs: { x: { shape } }, gradient: ["x"], shape,
  run: ({ x }) => randomShift(x!, most),
  reference({ x }, draw) {
    const u = uniforms(4 * shape[0]!, draw);
    const move = (n: number, axis: number) => Math.min(2 * most, Math.floor(u[4 * n + axis]! * (2 * most + 1))) - most;
    return generate(shape, ([n, c, h, w]) => {
      const from = [n!, c!, h! + move(n!, 0), w! + move(n!, 1)];
      return from.every((i, d) => i >= 0 && i < shape[d]!) ? x![indexOf(from, shape)]! : 0;
    });
  },
});

/**
 * Bilinear interpolation with half-pixel centres, of plane n of `coarse` [N,h,w], at a pixel of a grid `factor` times
 * as fine.
 */
function bilinear(coarse: ArrayLike<number>, [h, w]: readonly [number, number], n: number, factor: number, y: number,
  x: number): number {
  const [py, px] = [y, x].map((v) => Math.max(0, (v + 0.5) / factor - 0.5)) as [number, number];
  const at = (a: number, b: number) => coarse[(n * h + Math.min(a, h - 1)) * w + Math.min(b, w - 1)]!;
  const [a, b] = [Math.floor(py), Math.floor(px)];
  const [fy, fx] = [py - a, px - b];
  return (1 - fy) * ((1 - fx) * at(a, b) + fx * at(a, b + 1)) + fy * ((1 - fx) * at(a + 1, b) + fx * at(a + 1, b + 1));
}

function signedReference(x: Host, other: Host, v: number, draw: readonly number[]): Float64Array {
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const white = normals(x.length, draw);
  const half = normals(x.length / 4, later(draw, 1));
  const quarter = normals(x.length / 16, later(draw, 2));
  const w = uniforms(5 * N, later(draw, 3));
  return generate(x.shape, ([n, c, row, column]) => {
    const plane = n! * C + c!;
    const i = (plane * H + row!) * W + column!;
    const smooth = 1.3 *
      (w[5 * n! + 1]! * bilinear(half, [H / 2, W / 2], plane, 2, row!, column!) +
        w[5 * n! + 2]! * bilinear(quarter, [H / 4, W / 4], plane, 4, row!, column!));
    const s = w[5 * n!]! * white[i]! + smooth + 2 * w[5 * n! + 3]! * (other[i]! - x[i]!);
    return Math.min(1, Math.max(0, x[i]! + v * w[5 * n! + 4]! * Math.sign(s)));
  });
}

const signedRow = (shape: Shape, v: number): OpRow => {
  const image = { shape, low: 0, high: 1 };
  return {
    op: "signedNoise",
    name: `[${shape}] v ${v}`,
    inputs: { x: image, other: image },
    gradient: "none",
    shape,
    ...NOISE,
    run: ({ x, other }) => signedNoise(x!, other!, v),
    reference: ({ x, other }, draw) => signedReference(x!, other!, v, draw),
  };
};

export const rows: OpRow[] = [
  byteRow("[5 of 7] 1x4x4", 7, [1, 4, 4], 5),
  byteRow("[65 of 3] 3x2x6", 3, [3, 2, 6], 65),
  augmentedRow([3, 6, 10], 7, 23, 2, true),
  augmentedRow([1, 3, 4], 5, 300, 5, true),
  augmentedRow([4, 5, 7], 3, 11, 0, true),
  augmentedRow([3, 4, 5], 3, 11, 1, false),
  shiftRow([5, 1, 7, 11], 2),
  shiftRow([3, 3, 5, 5], 4),
  shiftRow([2, 1, 3, 5], 0),
  signedRow([3, 1, 8, 12], 0.4),
  signedRow([5, 1, 28, 28], 0.7),
  signedRow([3, 3, 12, 8], 0.5),
  signedRow([2, 3, 32, 32], 0.06),
];

export const wrong: WrongRow[] = [
  { op: "byteImages", call: (gpu) => byteImages(gpu.zeros([2, 4]), gpu.empty([1], "i32"), [1, 4, 4]),
    message: /bytes is f32, u32 is due/ },
  { op: "byteImages", call: (gpu) => byteImages(gpu.empty([2, 4], "u32"), gpu.zeros([1]), [1, 4, 4]),
    message: /index is f32, i32 is due/ },
  { op: "byteImages", call: (gpu) => byteImages(gpu.empty([2, 4], "u32"), gpu.empty([1], "i32"), [1, 3, 4]),
    message: /an image of shape \[1,3,4\] has 12 pixels, 16 are stored \(bytes \[2,4\]\)/ },
  { op: "byteImages", call: (gpu) => byteImages(gpu.empty([2, 4], "u32"), gpu.empty([1], "i32"), [1, 4, 4],
    { crop: -1 }), message: /crop is -1; a whole number >= 0 is due/ },
  { op: "byteImages", call: (gpu) => byteImages(gpu.empty([2, 4], "u32"), gpu.empty([1], "i32"), [1, 4, 4],
    { flip: 0.5 as never }), message: /flip is 0.5; true or false is due/ },
  { op: "byteImages", call: (gpu) => byteImages(gpu.empty([2, 4], "u32"), gpu.empty([1], "i32"), [1, 4, 4],
    { mirror: true } as never), message: /no option named mirror; there are crop, flip, generator/ },
  { op: "randomShift", call: (gpu) => randomShift(gpu.zeros([2, 3]), 1),
    message: /x has 2 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "randomShift", call: (gpu) => randomShift(gpu.zeros([1, 1, 3, 3]), 0.5),
    message: /most is 0.5; a whole number >= 0 is due/ },
  { op: "signedNoise", call: (gpu) => signedNoise(gpu.zeros([2, 1, 6, 8]), gpu.zeros([2, 1, 6, 8]), 0.4),
    message: /sides that are multiples of 4 are due \(x \[2,1,6,8\]\)/ },
  { op: "signedNoise", call: (gpu) => signedNoise(gpu.zeros([2, 8, 8]), gpu.zeros([2, 8, 8]), 0.4),
    message: /x has 3 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "signedNoise", call: (gpu) => signedNoise(gpu.zeros([2, 1, 8, 8]), gpu.zeros([1, 1, 8, 8]), 0.4),
    message: /other has shape \[1,1,8,8\], \[2,1,8,8\] is due/ },
  { op: "signedNoise", call: (gpu) => signedNoise(gpu.zeros([2, 1, 8, 8]), gpu.zeros([2, 1, 8, 8]), -1),
    message: /v is -1; a number >= 0 is due/ },
];
