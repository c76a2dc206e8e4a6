// Rows of conv2d and convTranspose2d. The kernels part the work by kernel width (rows of 2, 3 or 4 taps at stride 1 or
// 2), by the phases of the stride, by tiles of 4, 8, 16, 32 and 64 channels and by segments of four outputs.

import { conv2d, convTranspose2d, type Shape } from "../../index.ts";
import { sizeOf } from "./reference.ts";
import { filled, host, type Host, type OpRow, type WrongRow } from "./table.ts";

type Pair = number | [number, number];
type Shape4 = [number, number, number, number];
interface Options {
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  outputPadding?: Pair;
  groups?: number;
  relu?: boolean;
}
type More = Options & { noBias?: true; tolerance?: number; };

const pair = (v: Pair): [number, number] => (typeof v === "number" ? [v, v] : v);

function sizesOf({ stride = 1, padding = 0, dilation = 1, outputPadding = 0, groups = 1 }: Options) {
  const [[SH, SW], [PH, PW], [DH, DW], extra] = [stride, padding, dilation, outputPadding].map(pair) as [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ];
  return { SH, SW, PH, PW, DH, DW, extra, groups };
}

/**
 * For each product of a convolution from x [N,C,H,W] to y [N,O,OH,OW] with w [O,C/groups,KH,KW]: y += x w, or the
 * other way round x += y w, which is the transposed convolution of y.
 */
function convolve(x: Host, w: Host, y: Host, options: Options, transposed: boolean): void {
  const [N, O, OH, OW] = y.shape as Shape4;
  const [, Cg, KH, KW] = w.shape as Shape4;
  const [, C, H, W] = x.shape as Shape4;
  const { SH, SW, PH, PW, DH, DW, groups } = sizesOf(options);
  for (let at = 0; at < N * O * OH * OW; at++) {
    const ow = at % OW;
    const oh = Math.floor(at / OW) % OH;
    const o = Math.floor(at / (OW * OH)) % O;
    // image n, first channel of the group
    const plane = Math.floor(at / (OW * OH * O)) * C + Math.floor((o * groups) / O) * Cg;
    for (let row = 0; row < Cg * KH; row++) { // of the kernel: channel, then height
      const h = oh * SH + (row % KH) * DH - PH;
      if (h < 0 || h >= H) continue;
      const image = ((plane + Math.floor(row / KH)) * H + h) * W;
      const taps = (o * Cg * KH + row) * KW;
      for (let j = 0, v = ow * SW - PW; j < KW; j++, v += DW) {
        if (v < 0 || v >= W) continue;
        if (transposed) x[image + v]! += y[at]! * w[taps + j]!;
        else y[at]! += x[image + v]! * w[taps + j]!;
      }
    }
  }
}

/** A result of `shape` that holds its channels' bias. */
const biased = (shape: Shape4, bias: Host | undefined): Host => {
  const area = shape[2] * shape[3];
  return host(filled(sizeOf(shape), (i) => bias?.[Math.floor(i / area) % shape[1]] ?? 0), shape);
};

const outputs = (size: number, k: number, s: number, p: number, d: number): number =>
  Math.floor((size + 2 * p - d * (k - 1) - 1) / s) + 1;

function convShape(x: Shape, w: Shape, options: Options): Shape4 {
  const { SH, SW, PH, PW, DH, DW } = sizesOf(options);
  return [x[0]!, w[0]!, outputs(x[2]!, w[2]!, SH, PH, DH), outputs(x[3]!, w[3]!, SW, PW, DW)];
}

function transposedShape(x: Shape, w: Shape, options: Options): Shape4 {
  const { SH, SW, PH, PW, DH, DW, extra, groups } = sizesOf(options);
  const size = (n: number, k: number, s: number, p: number, d: number, e: number) =>
    (n - 1) * s - 2 * p + d * (k - 1) + e + 1;
  return [x[0]!, w[1]! * groups, size(x[2]!, w[2]!, SH, PH, DH, extra[0]), size(x[3]!, w[3]!, SW, PW, DW, extra[1])];
}

function row(op: "conv2d" | "convTranspose2d", name: string, x: Shape4, weight: Shape4,
  { noBias, tolerance, ...options }: More = {}): OpRow {
  const forward = op === "conv2d";
  const shape = (forward ? convShape : transposedShape)(x, weight, options);
  const bias: OpRow["inputs"] = noBias ? {} : { bias: { shape: [shape[1]] } };
  return {
    op, name, shape, gradient: ["x", "weight", ...Object.keys(bias)], tolerance, gradientTolerance: tolerance,
    inputs: { x: { shape: x }, weight: { shape: weight }, ...bias },
    run: (t) => (forward ? conv2d : convTranspose2d)(t.x!, t.weight!, t.bias, options),
    reference(t) {
      const y = biased(shape, t.bias);
      if (forward) convolve(t.x!, t.weight!, y, options, false);
      else convolve(y, t.weight!, t.x!, options, true);
      return options.relu ? y.map((v) => Math.max(v, 0)) : y;
    },
  };
}

const conv = (...args: [string, Shape4, Shape4, More?]): OpRow => row("conv2d", ...args);
const up = (...args: [string, Shape4, Shape4, More?]): OpRow => row("convTranspose2d", ...args);

/**
 * Kernel heights and widths 1 to 5 and 7, on an image that is not square; the row length of the result is a multiple of
 * 4 or not.
 */
const KERNELS: [number, number][] = [[1, 1], [1, 2], [2, 2], [3, 2], [3, 3], [1, 3], [2, 4], [4, 4], [5, 1], [3, 5], [5,
  4], [2, 7], [7, 7]];
const kernelRows = KERNELS.flatMap(([KH, KW]): OpRow[] => [
  conv(`${KH}x${KW}`, [2, 3, 9, 6 + KW], [5, 3, KH, KW]),
  conv(`${KH}x${KW}, rows of a multiple of 4`, [1, 2, 8, 7 + KW], [3, 2, KH, KW], { noBias: true }),
  conv(`${KH}x${KW}, stride 2, padding 1`, [1, 3, 8, 11], [4, 3, KH, KW], { stride: 2, padding: 1 }),
]);

/** Output channels (of y and of dx) around the tiles' edges. */
const channelRows = [4, 8, 9, 16, 17, 32, 33, 64, 65].flatMap((n): OpRow[] => [
  conv(`${n} output channels`, [1, 2, 3, 6], [n, 2, 3, 3], { padding: 1 }),
  conv(`${n} input channels`, [1, n, 4, 3], [2, n, 2, 3], { padding: 1 }),
]);

const convRows: OpRow[] = [
  ...kernelRows,
  ...channelRows,
  conv("130 channels to 129", [1, 130, 2, 3], [129, 130, 1, 1]),
  conv("68 channels to 66, 3x2, stride 2", [3, 68, 7, 6], [66, 68, 3, 2], { stride: 2, padding: 1, relu: true }),
  conv("2 groups of 34 channels to 66", [1, 68, 5, 7], [132, 34, 2, 2], { groups: 2 }),
  conv("63 segments", [1, 2, 7, 36], [3, 2, 1, 1]),
  conv("64 segments", [1, 2, 16, 16], [3, 2, 1, 1]),
  conv("65 segments", [5, 2, 13, 4], [3, 2, 1, 1]),
  conv("many parts of the weight gradient", [7, 2, 20, 21], [5, 2, 3, 3], { padding: 1 }),
  conv("as in the MNIST classifier", [1, 16, 7, 7], [32, 16, 3, 3], { padding: 1 }),
  conv("dense, between 2x2 images", [5, 6, 2, 2], [3, 6, 3, 3], { padding: 1 }),
  conv("dense, 2x2 to one pixel, relu", [3, 5, 2, 2], [8, 5, 3, 3], { stride: 2, padding: 1, relu: true }),
  conv("dense, 5x5 on 2x3", [2, 2, 2, 3], [4, 2, 5, 5], { padding: 2, noBias: true }),
  conv("dense, dilation 2", [4, 8, 1, 1], [4, 8, 3, 3], { padding: 2, dilation: 2 }),
  conv("dense, the whole image", [6, 3, 4, 2], [12, 3, 4, 2]),
  conv("Winograd", [2, 32, 7, 9], [36, 32, 3, 3], { padding: 1 }),
  conv("Winograd, no padding, relu", [1, 36, 6, 10], [32, 36, 3, 3], { relu: true }),
  conv("Winograd, padding [2,1]", [1, 32, 3, 2], [32, 32, 3, 3], { padding: [2, 1], noBias: true }),
  conv("Winograd, tiles of one output", [3, 32, 3, 3], [32, 32, 3, 3]),
  conv("stride [1,2]", [2, 3, 7, 11], [5, 3, 3, 3], { stride: [1, 2] }),
  conv("stride [2,1], padding [0,2]", [2, 3, 11, 7], [5, 3, 3, 3], { stride: [2, 1], padding: [0, 2] }),
  conv("stride [1,3], padding [2,0]", [1, 3, 7, 13], [5, 3, 4, 5], { stride: [1, 3], padding: [2, 0] }),
  conv("1x1, stride [3,2]: phases without a tap", [2, 3, 7, 8], [5, 3, 1, 1], { stride: [3, 2] }),
  conv("2x3, stride 4: phases without a tap", [2, 3, 11, 13], [5, 3, 2, 3], { stride: 4, padding: 1 }),
  conv("a stride beyond the image", [2, 3, 5, 7], [4, 3, 3, 2], { stride: 9 }),
  conv("padding beyond the kernel", [1, 2, 3, 5], [3, 2, 2, 3], { padding: [4, 5] }),
  conv("dilation [2,1]", [2, 3, 9, 7], [5, 3, 3, 3], { dilation: [2, 1] }),
  conv("dilation [1,2]", [2, 3, 7, 12], [5, 3, 3, 3], { dilation: [1, 2], padding: 1 }),
  conv("dilation 2, stride 2: phases without a tap", [1, 3, 11, 13], [5, 3, 3, 3], { dilation: 2, stride: 2 }),
  conv("dilation [3,2], stride [2,3]", [1, 3, 13, 11], [5, 3, 3, 4], { dilation: [3, 2], stride: [2, 3],
    padding: [2, 1] }),
  conv("dilation [4,6], stride [6,4]", [1, 2, 17, 19], [3, 2, 3, 2], { dilation: [4, 6], stride: [6, 4] }),
  conv("2 groups", [2, 6, 7, 5], [10, 3, 3, 3], { groups: 2, padding: 1 }),
  conv("3 groups of 17 to 9 channels, 2x2, stride 2", [1, 51, 4, 6], [27, 17, 2, 2], { groups: 3, stride: 2 }),
  conv("depthwise", [2, 5, 9, 7], [5, 1, 3, 3], { groups: 5, padding: 1 }),
  conv("depthwise, stride 2, dilation 2, rows of 8", [1, 7, 9, 19], [7, 1, 3, 3], { groups: 7, stride: 2, dilation: 2,
    noBias: true }),
  conv("depthwise, 3 outputs a channel", [2, 5, 5, 8], [15, 1, 4, 2], { groups: 5 }),
  conv("one input channel", [2, 1, 11, 13], [5, 1, 3, 3], { padding: 1, noBias: true }),
  conv("one output channel", [2, 5, 5, 7], [1, 5, 3, 4]),
  conv("one of everything", [1, 1, 1, 1], [1, 1, 1, 1]),
  conv("one column", [3, 2, 13, 1], [5, 2, 3, 1], { padding: [1, 0] }),
  conv("a kernel as large as the image", [3, 3, 5, 7], [4, 3, 5, 7]),
  conv("relu", [2, 3, 7, 9], [5, 3, 3, 3], { padding: 1, relu: true }),
  conv("relu without bias, 4x4, stride 2", [2, 3, 8, 10], [17, 3, 4, 4], { stride: 2, padding: 1, relu: true,
    noBias: true }),
  conv("no image", [0, 3, 5, 7], [4, 3, 3, 3]),
  conv("across dispatch rows", [1, 1, 1399, 1510], [1, 1, 1, 1], { tolerance: 1e-4 }),
];

/** Kernels at stride 2 fall into phases of 1 to 4 taps. */
const upKernels = KERNELS.flatMap(([KH, KW]): OpRow[] => [
  up(`${KH}x${KW}`, [2, 3, 4, 5], [3, 4, KH, KW]),
  up(`${KH}x${KW}, stride 2`, [1, 3, 3, 5], [3, 5, KH, KW], { stride: 2, noBias: true }),
]);

const upRows: OpRow[] = [
  ...upKernels,
  ...[8, 16, 17, 33, 65].map((n) => up(`${n} channels to ${n + 1}`, [1, n, 2, 3], [n, n + 1, 3, 3], { padding: 1 })),
  up("4x4, stride 2, padding 1", [2, 5, 7, 5], [5, 3, 4, 4], { stride: 2, padding: 1 }),
  up("8x6, stride 2, padding 3", [1, 3, 5, 6], [3, 4, 8, 6], { stride: 2, padding: 3 }),
  up("as in the VAE's decoder", [1, 32, 3, 5], [32, 16, 4, 4], { stride: 2, padding: 1 }),
  up("dense, one pixel to 2x2", [3, 8, 1, 1], [8, 3, 2, 2], { relu: true }),
  up("Winograd", [2, 32, 5, 6], [32, 40, 3, 3], { padding: 1, relu: true }),
  up("stride 2, padding 1, outputPadding 1", [2, 3, 5, 7], [3, 5, 3, 3], { stride: 2, padding: 1, outputPadding: 1 }),
  up("stride [3,1], padding [2,1], outputPadding [2,0]", [1, 3, 5, 7], [3, 5, 5, 3], { stride: [3, 1], padding: [2, 1],
    outputPadding: [2, 0] }),
  up("2x2, stride 3, outputPadding [1,2]: phases without a tap", [2, 3, 3, 5], [3, 5, 2, 2], { stride: 3,
    outputPadding: [1, 2] }),
  up("1x1, stride [2,4]", [2, 3, 3, 5], [3, 5, 1, 1], { stride: [2, 4] }),
  up("dilation [2,1], outputPadding [1,0]", [2, 3, 5, 7], [3, 4, 3, 3], { dilation: [2, 1], outputPadding: [1, 0] }),
  up("dilation 2, stride 2", [1, 3, 4, 5], [3, 5, 3, 3], { dilation: 2, stride: 2, outputPadding: 1 }),
  up("dilation [3,2], stride [2,3], padding [1,2]", [1, 3, 5, 4], [3, 5, 3, 4], { dilation: [3, 2], stride: [2, 3],
    padding: [1, 2], outputPadding: [2, 1] }),
  up("2 groups", [2, 6, 5, 4], [6, 5, 3, 3], { groups: 2, stride: 2 }),
  up("depthwise", [2, 5, 5, 7], [5, 1, 4, 4], { groups: 5, stride: 2, padding: 1 }),
  up("one input channel", [2, 1, 5, 7], [1, 5, 3, 3], { padding: 1 }),
  up("one output channel", [2, 5, 3, 7], [5, 1, 4, 4], { stride: 2, padding: 1 }),
  up("one pixel", [5, 13, 1, 1], [13, 7, 4, 5]),
  up("one of everything", [1, 1, 1, 1], [1, 1, 1, 1]),
  up("relu", [2, 3, 5, 7], [3, 5, 3, 3], { stride: 2, padding: 1, outputPadding: 1, relu: true }),
  up("no image", [0, 3, 5, 7], [3, 4, 3, 3], { stride: 2 }),
];

export const rows: OpRow[] = [...convRows, ...upRows];

/** A call on zeros; `bias` is its number of elements. */
const wrongConv = (message: RegExp, x: Shape, w: Shape, options: Options = {}, bias?: number): WrongRow => ({
  op: "conv2d",
  message,
  call: (gpu) => conv2d(gpu.zeros(x), gpu.zeros(w), bias === undefined ? bias : gpu.zeros([bias]), options),
});
const wrongUp = (message: RegExp, x: Shape, w: Shape, options: Options = {}, bias?: number): WrongRow => ({
  op: "convTranspose2d",
  message,
  call: (gpu) => convTranspose2d(gpu.zeros(x), gpu.zeros(w), bias === undefined ? bias : gpu.zeros([bias]), options),
});

export const wrong: WrongRow[] = [
  wrongConv(/x has 3 dimensions, 4 are due: \[N,C,H,W\]/, [3, 9, 7], [8, 3, 3, 3]),
  wrongConv(/weight has 2 dimensions, 4 are due: \[O,C\/groups,KH,KW\]/, [2, 3, 9, 7], [8, 3]),
  wrongConv(/weight has 4 input channels, x has 3 \(x \[2,3,9,7\], weight \[8,4,3,3\]\)/, [2, 3, 9, 7], [8, 4, 3, 3]),
  wrongConv(/weight has 3 input channels, x has 4 in 2 groups/, [2, 4, 9, 7], [8, 3, 3, 3], { groups: 2 }),
  wrongConv(/5 output channels cannot be parted into 2 groups/, [2, 4, 9, 7], [5, 2, 3, 3], { groups: 2 }),
  wrongConv(/groups is 0; a whole number >= 1 is due/, [2, 4, 9, 7], [5, 2, 3, 3], { groups: 0 }),
  wrongConv(/stride is \[1,0\]; a whole number >= 1 or a pair of them is due/, [2, 3, 9, 7], [8, 3, 3, 3], {
    stride: [1, 0],
  }),
  wrongConv(/padding is -1; a whole number >= 0/, [2, 3, 9, 7], [8, 3, 3, 3], { padding: -1 }),
  wrongConv(/dilation is 0.5; a whole number >= 1/, [2, 3, 9, 7], [8, 3, 3, 3], { dilation: 0.5 }),
  wrongConv(
    /the kernel does not fit into x with padding \[0,1\] and dilation \[1,5\] \(x \[2,3,9,7\], weight \[8,3,3,3\]\)/,
    [2, 3, 9, 7],
    [8, 3, 3, 3],
    { padding: [0, 1], dilation: [1, 5] },
  ),
  wrongConv(/bias has shape \[3\], \[8\] is due/, [2, 3, 9, 7], [8, 3, 3, 3], {}, 3),
  { op: "conv2d", message: /x is i32, f32 is due/,
    call: (gpu) => conv2d(gpu.empty([1, 1, 3, 3], "i32"), gpu.zeros([1, 1, 3, 3])) },
  { op: "conv2d", message: /bias is i32, f32 is due/,
    call: (gpu) => conv2d(gpu.zeros([1, 1, 3, 3]), gpu.zeros([1, 1, 3, 3]), gpu.empty([1], "i32")) },
  wrongUp(/x has 3 dimensions, 4 are due: \[N,C,H,W\]/, [2, 3, 9], [3, 8, 3, 3]),
  wrongUp(/weight has 4 input channels, x has 3 \(x \[2,3,9,7\], weight \[4,8,3,3\]\)/, [2, 3, 9, 7], [4, 8, 3, 3]),
  wrongUp(/3 input channels cannot be parted into 2 groups/, [2, 3, 9, 7], [3, 8, 3, 3], { groups: 2 }),
  wrongUp(/outputPadding \[2,0\] must be less than stride \[2,2\] or dilation \[1,1\]/, [2, 3, 9, 7], [3, 8, 3, 3], {
    stride: 2,
    outputPadding: [2, 0],
  }),
  wrongUp(/outputPadding is -1; a whole number >= 0/, [2, 3, 9, 7], [3, 8, 3, 3], { outputPadding: -1 }),
  wrongUp(/the result would have the size 1x-1; use less padding/, [2, 3, 5, 3], [3, 8, 3, 3], { padding: 3 }),
  wrongUp(/bias has shape \[3\], \[8\] is due/, [2, 3, 9, 7], [3, 8, 3, 3], {}, 3),
];
