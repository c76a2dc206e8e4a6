// Rows of pooling, upsampling, batch normalisation and dropout.

import { avgPool2d, batchNorm, dropout, globalAvgPool2d, maxPool2d, upsampleNearest2d, type Shape,
  type Tensor } from "../../index.ts";
import { uniforms } from "./philox.ts";
import { coordinates, generate, map, reduce } from "./reference.ts";
import { type Host, type OpRow, type WrongRow } from "./table.ts";

type Window = { kernel: number | [number, number]; stride?: number | [number, number];
  padding?: number | [number, number]; dilation?: number | [number, number]; ceilMode?: boolean; };
const pair = (v: number | readonly number[]): [number, number] => (typeof v === "number" ? [v, v] : [v[0]!, v[1]!]);

/** For each window of x, the values inside x and how many places inside the padded edge it covers. */
const optionsOf = ({ kernel: _, ...options }: Window) => options;

function windows(x: Host, { kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false }: Window,
  f: (inside: number[], covered: number) => number): Host {
  const [N, C, ...size] = x.shape as [number, number, number, number];
  const [k, s, p, d] = [kernel, stride, padding, dilation].map(pair);
  const out = [0, 1].map((a) => {
    const steps = (size[a]! + 2 * p![a]! - d![a]! * (k![a]! - 1) - 1) / s![a]!;
    const n = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return ceilMode && (n - 1) * s![a]! >= size[a]! + p![a]! ? n - 1 : n;
  });
  return generate([N, C, ...out], ([n, c, ...o]) => {
    const inside: number[] = [];
    let covered = 0;
    for (let i = 0; i < k![0]; i++)
      for (let j = 0; j < k![1]; j++) {
        const at = [i, j].map((w, a) => o[a]! * s![a]! + w * d![a]! - p![a]!);
        if (at.every((v, a) => v < size[a]! + p![a]!)) covered++;
        if (at.every((v, a) => v >= 0 && v < size[a]!))
          inside.push(x[((n! * C + c!) * size[0]! + at[0]!) * size[1]! + at[1]!]!);
      }
    return f(inside, covered);
  });
}

const maxRow = (name: string, shape: Shape, w: Window,
  spec: OpRow["inputs"][string] = { shape, distinct: true }): OpRow => ({
    op: "maxPool2d",
    name,
    inputs: { x: spec },
    gradient: ["x"],
    run: ({ x }) => maxPool2d(x!, w.kernel, optionsOf(w)),
    reference: ({ x }) => windows(x!, w, (v) => Math.max(...v)),
  });

const avgRow = (name: string, shape: Shape, w: Window & { countIncludePad?: boolean }): OpRow => ({
  op: "avgPool2d", name, inputs: { x: { shape } }, gradient: ["x"],
  run: ({ x }) => avgPool2d(x!, w.kernel, optionsOf(w)),
  reference: ({ x }) =>
    windows(x!, w, (v, covered) => v.reduce((a, b) => a + b, 0) / (w.countIncludePad === false ? v.length : covered)),
});

function upsampleRow(shape: Shape, scale: number | [number, number]): OpRow {
  const [sh, sw] = pair(scale);
  const [N, C, H, W] = shape as [number, number, number, number];
  return {
    op: "upsampleNearest2d",
    name: `[${shape}] by ${scale}`,
    inputs: { x: { shape } },
    gradient: ["x"],
    shape: [N, C, H * sh, W * sw],
    run: ({ x }) => upsampleNearest2d(x!, scale),
    reference: ({ x }) =>
      generate([N, C, H * sh, W * sw], ([n, c, h, w]) =>
        x![((n! * C + c!) * H + Math.floor(h! / sh)) * W + Math.floor(w! / sw)]!),
  };
}

const axesOf = (shape: Shape): number[] => shape.map((_, i) => i).filter((i) => i !== 1);
const channel = (i: number, shape: Shape): number => coordinates(i, shape)[1]!;

/** Batch mean and variance (divisor: values per channel) of each channel. */
function moments(x: Host): { mean: Float64Array; variance: Float64Array; count: number } {
  const mean = reduce(x, axesOf(x.shape), (v) => v.reduce((a, b) => a + b, 0) / v.length);
  const variance = reduce(x, axesOf(x.shape), (v) => {
    const m = v.reduce((a, b) => a + b, 0) / v.length;
    return v.reduce((a, b) => a + (b - m) ** 2, 0) / v.length;
  });
  return { mean, variance, count: x.length / x.shape[1]! };
}

const affine = (shape: Shape) => ({ x: { shape }, gamma: { shape: [shape[1]!], low: 0.5, high: 1.5 },
  beta: { shape: [shape[1]!] } });
const running = (shape: Shape) => ({ mean: { shape: [shape[1]!] },
  variance: { shape: [shape[1]!], low: 0.5, high: 2 } });

function trainRow(name: string, shape: Shape, more: Partial<OpRow> & { relu?: boolean } = {}): OpRow {
  const { relu = false, ...rest } = more;
  return {
    op: "batchNorm", name, inputs: affine(shape), gradient: ["x", "gamma", "beta"], shape, gradientTolerance: 5e-5,
    run: ({ x, gamma, beta }) => batchNorm(x!, gamma!, beta!, { training: true, relu }),
    reference({ x, gamma, beta }) {
      const { mean, variance } = moments(x!);
      return map(x!, (v, i) => {
        const c = channel(i, shape);
        const y = (gamma![c]! * (v - mean[c]!)) / Math.sqrt(variance[c]! + 1e-5) + beta![c]!;
        return relu ? Math.max(y, 0) : y;
      });
    },
    ...rest,
  };
}

const evalRow = (shape: Shape): OpRow => ({
  op: "batchNorm",
  name: `running statistics, [${shape}]`,
  inputs: { ...affine(shape), ...running(shape) },
  gradient: ["x", "gamma", "beta"],
  shape,
  run: ({ x, gamma, beta, mean, variance }) =>
    batchNorm(x!, gamma!, beta!, { runningMean: mean!, runningVar: variance!, eps: 0.01 }),
  reference: ({ x, gamma, beta, mean, variance }) =>
    map(x!, (v, i) => {
      const c = channel(i, shape);
      return (gamma![c]! * (v - mean![c]!)) / Math.sqrt(variance![c]! + 0.01) + beta![c]!;
    }),
});

/** What training leaves in the running statistics; the row's inputs stay as they were. */
function updateRow(name: "mean" | "variance", shape: Shape): OpRow {
  const copy = (t: Tensor) => { const y = t.gpu.empty(t.shape); t.gpu.copy(t, y); return y; };
  return {
    op: "batchNorm",
    name: `updates the running ${name}`,
    inputs: { ...affine(shape), ...running(shape) },
    gradient: [],
    shape: [shape[1]!],
    run({ x, gamma, beta, mean, variance }) {
      const stats = { mean: copy(mean!), variance: copy(variance!) };
      batchNorm(x!, gamma!, beta!, { runningMean: stats.mean, runningVar: stats.variance, training: true,
        momentum: 0.3 });
      return stats[name];
    },
    reference(t) {
      const { mean, variance, count } = moments(t.x!);
      const batch = name === "mean" ? mean : variance.map((v) => (v * count) / (count - 1));
      return map(t[name]!, (old, c) => 0.7 * old + 0.3 * batch[c]!);
    },
  };
}

const dropoutRow = (shape: Shape, rate: number): OpRow => ({
  op: "dropout", name: `${rate} of [${shape}]`, inputs: { x: { shape } }, gradient: ["x"], shape,
  run: ({ x }) => dropout(x!, rate),
  reference({ x }, draw) {
    const u = uniforms(x!.length, draw);
    return map(x!, (v, i) => (u[i]! >= Math.fround(rate) ? v / (1 - rate) : 0));
  },
});

export const rows: OpRow[] = [
  maxRow("2x2", [2, 3, 6, 8], { kernel: 2 }),
  maxRow("2x2 with a rest", [2, 3, 7, 5], { kernel: 2 }),
  maxRow("3x3, stride 2, padding 1", [1, 5, 7, 11], { kernel: 3, stride: 2, padding: 1 }),
  maxRow("overlapping, not square", [2, 1, 9, 7], { kernel: [3, 2], stride: [1, 2], padding: [1, 0] }),
  maxRow("dilation 2", [1, 2, 9, 8], { kernel: 2, stride: 1, dilation: 2 }),
  maxRow("ceil mode", [1, 2, 8, 6], { kernel: 3, stride: 2, padding: 1, ceilMode: true }),
  maxRow("ceil mode drops a window behind the edge", [1, 1, 3, 5], { kernel: 1, stride: 3, ceilMode: true }),
  maxRow("negative values and padding", [1, 2, 5, 5], { kernel: 3, stride: 2, padding: 1 }, { shape: [1, 2, 5, 5],
    values: Array.from({ length: 25 }, (_, i) => -1 - ((i * 7) % 25)) }),
  maxRow("across dispatch rows", [1, 1, 65, 67], { kernel: 2 }),
  avgRow("2x2", [2, 3, 6, 8], { kernel: 2 }),
  avgRow("3x3, stride 2, padding 1", [1, 5, 7, 11], { kernel: 3, stride: 2, padding: 1 }),
  avgRow("padding not counted", [1, 5, 7, 11], { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
  avgRow("ceil mode", [1, 2, 8, 6], { kernel: 3, stride: 2, padding: 1, ceilMode: true }),
  avgRow("ceil mode, padding not counted", [1, 2, 8, 6], { kernel: [3, 2], stride: 2, padding: 1, ceilMode: true,
    countIncludePad: false }),
  { op: "globalAvgPool2d", name: "[3,5,7,11]", inputs: { x: { shape: [3, 5, 7, 11] } }, gradient: ["x"], shape: [3, 5],
    run: ({ x }) => globalAvgPool2d(x!),
    reference: ({ x }) => reduce(x!, [2, 3], (v) => v.reduce((a, b) => a + b, 0) / v.length) },
  upsampleRow([2, 3, 5, 7], 2),
  upsampleRow([1, 2, 3, 5], [3, 1]),
  trainRow("batch statistics, [3,5,7,11]", [3, 5, 7, 11]),
  trainRow("batch statistics, [13,7]", [13, 7]),
  trainRow("batch statistics, many parts", [37, 2, 12, 12]),
  trainRow("relu", [5, 3, 8, 8], { relu: true }),
  trainRow("a mean far from zero", [5, 3, 8, 8], {
    inputs: { ...affine([5, 3, 8, 8]), x: { shape: [5, 3, 8, 8], low: 100, high: 101 } },
    tolerance: 1e-4,
    gradientTolerance: 1e-3,
  }),
  evalRow([3, 5, 7, 11]),
  evalRow([13, 7]),
  evalRow([2, 3, 4, 4]),
  updateRow("mean", [3, 5, 7, 11]),
  updateRow("variance", [3, 5, 7, 11]),
  dropoutRow([5, 7, 11], 0.5),
  dropoutRow([65, 4], 0.1),
  dropoutRow([13], 0),
];

export const wrong: WrongRow[] = [
  { op: "maxPool2d", call: (gpu) => maxPool2d(gpu.zeros([2, 3, 4]), 2),
    message: /x has 3 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "maxPool2d", call: (gpu) => maxPool2d(gpu.zeros([1, 1, 2, 2]), 3),
    message: /a window of \[3,3\] with dilation \[1,1\] does not fit into x with padding \[0,0\] \(x \[1,1,2,2\]\)/ },
  { op: "maxPool2d", call: (gpu) => maxPool2d(gpu.zeros([1, 1, 4, 4]), 2, { padding: 2 }),
    message: /padding \[2,2\] is more than half of the window \[2,2\]/ },
  { op: "avgPool2d", call: (gpu) => avgPool2d(gpu.zeros([1, 1, 4, 4]), 2, { stride: 0 }),
    message: /stride is 0; a whole number >= 1 or a pair of them is due/ },
  { op: "globalAvgPool2d", call: (gpu) => globalAvgPool2d(gpu.zeros([2, 3])),
    message: /x has 2 dimensions, 4 are due: \[N,C,H,W\]/ },
  { op: "upsampleNearest2d", call: (gpu) => upsampleNearest2d(gpu.zeros([1, 1, 2, 2]), 1.5),
    message: /scale is 1.5; a whole number >= 1 or a pair of them is due/ },
  { op: "batchNorm", call: (gpu) => batchNorm(gpu.zeros([2, 3]), gpu.zeros([2]), gpu.zeros([3])),
    message: /weight has shape \[2\], \[3\] is due/ },
  { op: "batchNorm", call: (gpu) => batchNorm(gpu.zeros([2, 3]), gpu.zeros([3]), gpu.zeros([3])),
    message: /there are no running statistics; give them or set training/ },
  { op: "batchNorm", call: (gpu) => batchNorm(gpu.zeros([1, 3]), gpu.zeros([3]), gpu.zeros([3]), { training: true }),
    message: /training needs more than one value per channel/ },
  { op: "dropout", call: (gpu) => dropout(gpu.zeros([2]), 1.5), message: /p is 1.5; a number from 0 to 1 is due/ },
];
