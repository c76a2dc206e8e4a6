// Rows of variance, std, logsumexp and norm, and of the norms of a layer.

import * as ops from "../../index.ts";
import { CUBE, DISTINCT, at, each, line, sumOf, varianceOf } from "./lines.ts";
import { generate, reduce } from "./reference.ts";
import type { InputSpec, OpRow, WrongRow } from "./table.ts";

const statistic = (op: string, name: string, x: InputSpec, dim: number[], run: (x: ops.Tensor) => ops.Tensor,
  f: (v: number[]) => number): OpRow => ({
    op, name, inputs: { x }, run: (t) => run(t.x!), reference: (t) => reduce(t.x!, dim, f), gradient: ["x"],
  });
const FAR: InputSpec = { shape: [4, 33], low: 100, high: 101 };

const statistics: OpRow[] = [
  statistic("variance", "of everything", CUBE, [0, 1, 2], (x) => ops.variance(x), (v) => varianceOf(v, 1)),
  { ...statistic("variance", "far from 0, correction 0", FAR, [1], (x) => ops.variance(x, { dim: 1, correction: 0 }),
    (v) => varianceOf(v, 0)), tolerance: 1e-4, gradientTolerance: 1e-3 },
  statistic("std", "two axes, keepdim", CUBE, [0, 2], (x) => ops.std(x, { dim: [0, 2], keepdim: true }),
    (v) => Math.sqrt(varianceOf(v, 1))),
  statistic("logsumexp", "last axis", CUBE, [2], (x) => ops.logsumexp(x, -1),
    (v) => Math.log(sumOf(v.map(Math.exp)))),
  statistic("logsumexp", "large numbers", { shape: [3, 5], low: 500, high: 505 }, [1], (x) => ops.logsumexp(x, 1),
    (v) => Math.max(...v) + Math.log(sumOf(v.map((a) => Math.exp(a - Math.max(...v)))))),
  {
    ...statistic("logsumexp", "infinities", { shape: [3, 2],
      values: [-Infinity, -Infinity, Infinity, 1, 0, -Infinity] }, [1], (x) => ops.logsumexp(x, 1),
      (v) => Math.max(...v)),
    gradient: [],
  },
  ...[1, 2, 3, 0.5].map((p) =>
    statistic("norm", `p ${p}`, { shape: [4, 9], low: 0.2, high: 2 }, [1], (x) => ops.norm(x, { p, dim: 1 }),
      (v) => sumOf(v.map((a) => Math.abs(a) ** p)) ** (1 / p))
  ),
  statistic("norm", "p Infinity", DISTINCT, [0, 1, 2], (x) => ops.norm(x, { p: Infinity }),
    (v) => Math.max(...v.map(Math.abs))),
  { op: "norm", name: "gradient at 0", inputs: { x: { shape: [3], values: [0] } },
    run: ({ x }) => ops.grad(() => ops.norm(x!), [x!])[0]!, reference: () => [0, 0, 0], gradient: [] },
];

const normalised = (v: readonly number[], i: number, eps: number) =>
  (v[i]! - sumOf(v) / v.length) / Math.sqrt(varianceOf(v, 0) + eps);
const norms: OpRow[] = [
  {
    op: "layerNorm", name: "two dimensions, weight and bias",
    inputs: { x: { shape: [3, 5, 7] }, weight: { shape: [5, 7] }, bias: { shape: [5, 7] } },
    run: ({ x, weight, bias }) => ops.layerNorm(x!, [5, 7], { weight, bias }), gradient: ["x", "weight", "bias"],
    reference: ({ x, weight, bias }) => x!.map((_, i) => {
      const row = [...x!.slice(i - (i % 35), i - (i % 35) + 35)];
      return normalised(row, i % 35, 1e-5) * weight![i % 35]! + bias![i % 35]!;
    }),
  },
  each("layerNorm", "the last dimension, eps 0.1", CUBE, (x) => ops.layerNorm(x, [7], { eps: 0.1 }), [3, 5, 7],
    (x, c) => normalised(line(x, 2, c), c[2]!, 0.1)),
  each("layerNorm", "a single number", { shape: [3, 1] }, (x) => ops.layerNorm(x, [1]), [3, 1], () => 0),
  {
    op: "groupNorm", name: "2 groups",
    inputs: { x: { shape: [2, 6, 3, 2] }, weight: { shape: [6] }, bias: { shape: [6] } },
    run: ({ x, weight, bias }) => ops.groupNorm(x!, 2, { weight, bias }), gradient: ["x", "weight", "bias"],
    reference: ({ x, weight, bias }) => x!.map((_, i) => {
      const channel = Math.floor(i / 6) % 6;
      const block = [...x!.slice(i - (i % 18), i - (i % 18) + 18)];
      return normalised(block, i % 18, 1e-5) * weight![channel]! + bias![channel]!;
    }),
  },
  {
    op: "conv1d", name: "stride 2, padding 1, dilation 2, groups 2",
    inputs: { x: { shape: [2, 4, 11] }, w: { shape: [6, 2, 3] }, b: { shape: [6] } }, gradient: ["x", "w", "b"],
    run: ({ x, w, b }) => ops.conv1d(x!, w!, b!, { stride: 2, padding: 1, dilation: 2, groups: 2 }), shape: [2, 6, 5],
    reference: ({ x, w, b }) =>
      generate([2, 6, 5], ([n, o, l]) => {
        let sum = b![o!]!;
        for (let c = 0; c < 2; c++) {
          for (let k = 0; k < 3; k++) {
            const i = 2 * l! - 1 + 2 * k;
            if (i >= 0 && i < 11) sum += at(w!, [o!, c, k]) * at(x!, [n!, (o! < 3 ? 0 : 2) + c, i]);
          }
        }
        return sum;
      }),
  },
];

export const rows: OpRow[] = [...statistics, ...norms];

const T = (gpu: ops.Engine, ...shape: number[]) => gpu.zeros(shape);
export const wrong: WrongRow[] = [
  { op: "variance", call: (gpu) => ops.variance(gpu.zeros([2], "i32")), message: /x is i32, f32 is due/ },
  { op: "std", call: () => ops.std(3 as unknown as ops.Tensor), message: /3/ },
  { op: "logsumexp", call: (gpu) => ops.logsumexp(T(gpu, 2), 3), message: /dim 3 is out of range/ },
  { op: "norm", call: (gpu) => ops.norm(T(gpu, 2), { p: -1 }), message: /p is -1/ },
  { op: "layerNorm", call: (gpu) => ops.layerNorm(T(gpu, 2, 3), [2]), message: /last dimensions of x are due/ },
  { op: "groupNorm", call: (gpu) => ops.groupNorm(T(gpu, 2, 5), 2), message: /5 channels cannot be parted into 2/ },
  { op: "conv1d", call: (gpu) => ops.conv1d(T(gpu, 2, 5), T(gpu, 1, 5, 1)), message: /x has 2 dimensions, 3 are due/ },
];
