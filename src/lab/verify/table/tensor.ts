// Rows of the ops that a PyTorch user reaches for besides: order, running sums, statistics, triangles, parts, products
// by letters, normalisations, and tensors made from sizes.

import * as ops from "../../../index.ts";
import { coordinates, generate, indexOf, reduce } from "./reference.ts";
import type { Host, InputSpec, OpRow, WrongRow } from "./table.ts";

type Shape = readonly number[];

/** A row of one input whose result has at c the number f(x, c). */
const each = (op: string, name: string, x: InputSpec, run: (t: ops.Tensor) => ops.Tensor, shape: Shape,
  f: (x: Host, c: readonly number[]) => number, gradient: OpRow["gradient"] = ["x"]): OpRow => ({
    op, name, inputs: { x }, run: (t) => run(t.x!), shape, gradient,
    reference: (t) => generate(shape, (c) => f(t.x!, c)),
  });

/** The elements of x along `dim` at the other coordinates of c. */
const line = (x: Host, dim: number, c: readonly number[]): number[] =>
  Array.from({ length: x.shape[dim]! }, (_, r) => x[indexOf(c.with(dim, r), x.shape)]!);

const CUBE: InputSpec = { shape: [3, 5, 7] };
const DISTINCT: InputSpec = { shape: [3, 5, 7], distinct: true };

/** A row whose result along `dim` is f of x's elements there, one line after the other. */
const along = (op: string, name: string, x: InputSpec, dim: number, run: (t: ops.Tensor) => ops.Tensor,
  f: (line: number[]) => readonly number[], gradient: OpRow["gradient"] = ["x"]): OpRow => ({
    op, name, inputs: { x }, run: (t) => run(t.x!), gradient,
    reference: (t) => {
      const { shape } = t.x!;
      const behind = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
      const lines = new Map<number, readonly number[]>();
      t.x!.forEach((_, i) => {
        const start = i - (Math.floor(i / behind) % shape[dim]!) * behind;
        if (!lines.has(start))
          lines.set(start, f(Array.from({ length: shape[dim]! }, (_, r) => t.x![start + r * behind]!)));
      });
      const length = lines.values().next().value!.length;
      return generate(shape.with(dim, length), (c) => lines.get(indexOf(c.with(dim, 0), shape))![c[dim]!]!);
    },
  });

const running = (v: number[]) => {
  let sum = 0;
  return v.map((a) => (sum += a));
};
const sums: OpRow[] = ([[0, [3, 5, 7]], [1, [3, 5, 7]], [2, [2, 3, 129]], [0, [1000]], [1, [2, 300, 3]]] as const).map(
  ([dim, shape]) => along("cumsum", `dim ${dim} of [${shape}]`, { shape }, dim, (x) => ops.cumsum(x, dim), running),
);

const up = (a: number, b: number) => a - b;
const place = (v: readonly number[], k: number, descending: boolean) =>
  [...v.keys()].sort((i, j) => (descending ? up(v[j]!, v[i]!) : up(v[i]!, v[j]!)) || i - j)[k]!;
const TIES = [2, 1, 2, 0, 1, 1, 3, 0];

const orders: OpRow[] = [
  ...[0, 1, 2].map((dim) =>
    along("sort", `dim ${dim}`, DISTINCT, dim, (x) => ops.sort(x, { dim }).values, (v) => v.sort(up))
  ),
  along("sort", "descending, many", { shape: [2, 300], distinct: true }, 1,
    (x) => ops.sort(x, { descending: true }).values, (v) => v.sort((a, b) => b - a)),
  ...[false, true].map((descending) =>
    each("sort", `indices of ties keep their order, ${descending ? "descending" : "ascending"}`,
      { shape: [2, 33], values: TIES }, (x) => ops.sort(x, { descending }).indices, [2, 33],
      (x, c) => place(line(x, 1, c), c[1]!, descending), "none")
  ),
  each("sort", "NaN comes last", { shape: [6], values: [2, NaN, -Infinity, 0, -3, Infinity] },
    (x) => ops.sort(x).values, [6], (_, c) => [-Infinity, -3, 0, 2, Infinity, NaN][c[0]!]!, []),
  each("sort", "one element", { shape: [3, 1] }, (x) => ops.sort(x).values, [3, 1], (x, c) => x[c[0]!]!),
  each("topk", "3 of 7", DISTINCT, (x) => ops.topk(x, 3).values, [3, 5, 3],
    (x, c) => line(x, 2, c).sort((a, b) => b - a)[c[2]!]!),
  each("topk", "the smallest along dim 0", DISTINCT, (x) => ops.topk(x, 2, { dim: 0, largest: false }).values,
    [2, 5, 7], (x, c) => line(x, 0, c).sort(up)[c[0]!]!),
  each("topk", "indices", { shape: [2, 9], distinct: true }, (x) => ops.topk(x, 4).indices, [2, 4],
    (x, c) => place(line(x, 1, c), c[1]!, true), "none"),
];

const sumOf = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
const varianceOf = (v: readonly number[], correction: number) => {
  const mean = sumOf(v) / v.length;
  return sumOf(v.map((a) => (a - mean) ** 2)) / (v.length - correction);
};
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
      (v) => Math.max(...v) + (Number.isFinite(Math.max(...v)) ? 0 : 0)),
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

const MATRIX: InputSpec = { shape: [2, 6, 5] };
const triangles: OpRow[] = [-7, -1, 0, 2].flatMap((k) => [
  each("tril", `diagonal ${k}`, MATRIX, (x) => ops.tril(x, k), [2, 6, 5],
    (x, c) => (c[2]! - c[1]! <= k ? x[indexOf(c, x.shape)]! : 0)),
  each("triu", `diagonal ${k}`, MATRIX, (x) => ops.triu(x, k), [2, 6, 5],
    (x, c) => (c[2]! - c[1]! >= k ? x[indexOf(c, x.shape)]! : 0)),
]);

const at = (x: Host, c: readonly number[]) => x[indexOf(c, x.shape)]!;
const parts: OpRow[] = [
  each("squeeze", "all of size 1", { shape: [1, 3, 1, 2] }, (x) => ops.squeeze(x), [3, 2],
    (x, c) => at(x, [0, c[0]!, 0, c[1]!])),
  each("squeeze", "one of them", { shape: [1, 3, 1] }, (x) => ops.squeeze(x, 0), [3, 1], (x, c) => at(x, [0, ...c])),
  each("unsqueeze", "behind", { shape: [3, 2] }, (x) => ops.unsqueeze(x, -1), [3, 2, 1],
    (x, c) => at(x, c.slice(0, 2))),
  each("flip", "two axes", CUBE, (x) => ops.flip(x, [0, 2]), [3, 5, 7], (x, c) => at(x, [2 - c[0]!, c[1]!, 6 - c[2]!])),
  each("flip", "a number", { shape: [5] }, (x) => ops.flip(x, -1), [5], (x, c) => x[4 - c[0]!]!),
  each("tile", "[2,1,3]", { shape: [3, 2, 2] }, (x) => ops.tile(x, [2, 1, 3]), [6, 2, 6],
    (x, c) => at(x, [c[0]! % 3, c[1]!, c[2]! % 2])),
  each("tile", "more dimensions", { shape: [3] }, (x) => ops.tile(x, [2, 2]), [2, 6], (x, c) => x[c[1]! % 3]!),
  ...[0, 1, -1].map((dim): OpRow => ({
    op: "stack", name: `dim ${dim}`, inputs: { a: { shape: [3, 2] }, b: { shape: [3, 2] } }, gradient: ["a", "b"],
    run: ({ a, b }) => ops.stack([a!, b!], dim),
    reference: ({ a, b }) => {
      const axis = dim < 0 ? 2 : dim;
      return generate([3, 2].toSpliced(axis, 0, 2), (c) => at(c[axis] ? b! : a!, c.toSpliced(axis, 1)));
    },
  })),
  each("split", "the last is smaller", CUBE, (x) => ops.split(x, 2, 1)[2]!, [3, 1, 7],
    (x, c) => at(x, [c[0]!, 4, c[2]!])),
  each("split", "sizes", CUBE, (x) => ops.split(x, [1, 4], 1)[1]!, [3, 4, 7],
    (x, c) => at(x, [c[0]!, c[1]! + 1, c[2]!])),
  each("chunk", "3 of 7", CUBE, (x) => ops.chunk(x, 3, 2)[1]!, [3, 5, 3], (x, c) => at(x, c.with(2, c[2]! + 3))),
];

const picked: OpRow[] = [
  {
    op: "scatterAdd", name: "dim 1, a smaller index",
    inputs: { x: { shape: [3, 5, 7] }, index: { shape: [3, 4, 6], below: 5 }, src: { shape: [3, 4, 6] } },
    run: ({ x, index, src }) => ops.scatterAdd(x!, 1, index!, src!), gradient: ["x", "src"],
    reference: ({ x, index, src }) => {
      const y = x!.slice();
      src!.forEach((v, i) => {
        const c = coordinates(i, src!.shape);
        y[indexOf(c.with(1, index![i]!), x!.shape)]! += v;
      });
      return y;
    },
  },
  {
    op: "embedding", name: "[4,3] of [9,6]", inputs: { index: { shape: [4, 3], below: 9 }, weight: { shape: [9, 6] } },
    run: ({ index, weight }) => ops.embedding(index!, weight!), gradient: ["weight"], shape: [4, 3, 6],
    reference: ({ index, weight }) =>
      generate([4, 3, 6], (c) => at(weight!, [index![c[0]! * 3 + c[1]!]!, c[2]!])),
  },
];

const letters = (equation: string, a: Shape, b: Shape): OpRow => ({
  op: "einsum", name: equation, inputs: { a: { shape: a }, b: { shape: b } }, gradient: ["a", "b"],
  run: (t) => ops.einsum(equation, t.a!, t.b!),
  reference: (t) => {
    const [A, B, out] = equation.split(/,|->/) as [string, string, string];
    const size = (c: string) => (A.includes(c) ? a[A.indexOf(c)]! : b[B.indexOf(c)]!);
    const all = [...new Set(A + B)];
    const y = generate([...out].map(size), () => 0);
    generate(all.map(size), (c) => {
      const of = (word: string) => [...word].map((l) => c[all.indexOf(l)]!);
      y[indexOf(of(out), y.shape)]! += at(t.a!, of(A)) * at(t.b!, of(B));
      return 0;
    });
    return y;
  },
});

const products: OpRow[] = [
  letters("bij,bjk->bik", [2, 3, 4], [2, 4, 5]), letters("ijk,jk->i", [3, 4, 5], [4, 5]),
  letters("nhwc,oc->nohw", [2, 3, 2, 4], [5, 4]), letters("ij,kl->ikjl", [2, 3], [4, 2]),
  letters("bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 5, 4]), letters("ij,ij->", [3, 4], [3, 4]),
  each("einsum", "one operand, a transpose and a sum", CUBE, (x) => ops.einsum("ijk->ki", x), [7, 3],
    (x, c) => sumOf(line(x, 1, [c[1]!, 0, c[0]!]))),
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

const bent = (op: "smoothL1Loss" | "huberLoss", name: string, run: (a: ops.Tensor, b: ops.Tensor) => ops.Tensor,
  f: (d: number) => number, reduced: (v: Float64Array) => number): OpRow => ({
    op, name, inputs: { a: { shape: [3, 5, 7] }, b: { shape: [3, 5, 7] } }, gradient: ["a", "b"],
    run: ({ a, b }) => run(a!, b!), reference: ({ a, b }) => [reduced(a!.map((v, i) => f(Math.abs(v - b![i]!))))],
  });
const total = (v: Float64Array) => v.reduce((a, b) => a + b, 0);
const losses: OpRow[] = [
  bent("smoothL1Loss", "beta 0.5, mean", (a, b) => ops.smoothL1Loss(a, b, { beta: 0.5 }),
    (d) => (d < 0.5 ? d * d : d - 0.25), (v) => total(v) / v.length),
  bent("smoothL1Loss", "beta 0, sum", (a, b) => ops.smoothL1Loss(a, b, { beta: 0, reduction: "sum" }), (d) => d, total),
  bent("huberLoss", "delta 0.7, sum", (a, b) => ops.huberLoss(a, b, { delta: 0.7, reduction: "sum" }),
    (d) => (d < 0.7 ? (d * d) / 2 : 0.7 * (d - 0.35)), total),
];

const WHOLE: InputSpec = { shape: [20], values: [3, -1, 16777217, 16777216, -2147483648, 0, 7], dtype: "i32" };
const comparisons: OpRow[] = [
  ...([["eq", ops.eq, (a, b) => a === b], ["ne", ops.ne, (a, b) => a !== b], ["ge", ops.ge, (a, b) => a >= b],
    ["le", ops.le, (a, b) => a <= b], ["gt", ops.gt, (a, b) => a > b],
    ["lt", ops.lt, (a, b) => a < b]] as [string, typeof ops.eq, (a: number, b: number) => boolean][])
    .map(([op, run, f]): OpRow => ({
      op, name: "i32, numbers that f32 cannot tell apart",
      inputs: { a: WHOLE, b: { ...WHOLE, values: [3, 1, 16777216, 16777216] } }, gradient: "none",
      run: ({ a, b }) => run(a!, b!), reference: ({ a, b }) => a!.map((v, i) => Number(f(v, b![i]!))),
    })),
  ...([["ge", ops.ge, (a, b) => a >= b], ["le", ops.le, (a, b) => a <= b],
    ["ne", ops.ne, (a, b) => a !== b]] as [string, typeof ops.eq, (a: number, b: number) => boolean][])
    .map(([op, run, f]): OpRow => ({
      op, name: "broadcast, NaN and ties", gradient: "none",
      inputs: { a: { shape: [4, 3], values: [1, NaN, -2, 0, 5] }, b: { shape: [3], values: [1, NaN, 0] } },
      run: ({ a, b }) => run(a!, b!), reference: ({ a, b }) => a!.map((v, i) => Number(f(v, b![i % 3]!))),
    })),
  { op: "eq", name: "i32 and a number", inputs: { a: WHOLE }, gradient: "none", run: ({ a }) => ops.eq(a!, 16777217),
    reference: ({ a }) => a!.map((v) => Number(v === 16777217)) },
];

const anchor: Record<string, InputSpec> = { x: { shape: [2, 3] } };
const made = (op: string, name: string, run: (x: ops.Tensor) => ops.Tensor, values: readonly number[],
  shape: Shape): OpRow => ({
    op, name, inputs: anchor, run: ({ x }) => run(x!), reference: () => values, gradient: "none", shape,
  });
const creators: OpRow[] = [
  made("arange", "a count", (x) => ops.arange(x.gpu, 4), [0, 1, 2, 3], [4]),
  made("arange", "down by 0.5", (x) => ops.arange(x.gpu, 1, -0.6, -0.5), [1, 0.5, 0, -0.5], [4]),
  made("linspace", "-1 to 2", (x) => ops.linspace(x.gpu, -1, 2, 5), [-1, -0.25, 0.5, 1.25, 2], [5]),
  made("linspace", "a single step", (x) => ops.linspace(x.gpu, 3, 9, 1), [3], [1]),
  made("eye", "2 x 3", (x) => ops.eye(x.gpu, 2, 3), [1, 0, 0, 0, 1, 0], [2, 3]),
  made("ones", "[2,2]", (x) => ops.ones(x.gpu, [2, 2]), [1, 1, 1, 1], [2, 2]),
  made("onesLike", "[2,3]", (x) => ops.onesLike(x), [1, 1, 1, 1, 1, 1], [2, 3]),
  made("zerosLike", "[2,3]", (x) => ops.zerosLike(x), [0, 0, 0, 0, 0, 0], [2, 3]),
  made("fullLike", "-2.5", (x) => ops.fullLike(x, -2.5), new Array(6).fill(-2.5), [2, 3]),
  each("cast", "f32 to i32: towards 0, limited", { shape: [7], values: [1.9, -1.9, 0, 3e9, -3e9, 2.5, -0.5] },
    (x) => ops.cast(x, "i32"), [7], (_, c) => [1, -1, 0, 2147483520, -2147483648, 2, 0][c[0]!]!, "none"),
  each("cast", "i32 to f32", WHOLE, (x) => ops.cast(x, "f32"), [20], (x, c) => Math.fround(x[c[0]!]!), "none"),
  each("cast", "to the same type: the same numbers and a gradient", CUBE, (x) => ops.mul(ops.cast(x, "f32"), 2),
    [3, 5, 7], (x, c) => 2 * at(x, c)),
];

export const rows: OpRow[] = [
  ...sums, ...orders, ...statistics, ...triangles, ...parts, ...picked, ...products, ...norms, ...losses,
  ...comparisons, ...creators,
];

const T = (gpu: ops.Engine, ...shape: number[]) => gpu.zeros(shape);
export const wrong: WrongRow[] = [
  { op: "cumsum", call: (gpu) => ops.cumsum(T(gpu, 3), 1), message: /dim 1 is out of range/ },
  { op: "sort", call: (gpu) => ops.sort(T(gpu, 3), { dim: 4 }), message: /dim 4 is out of range/ },
  { op: "sort", call: (gpu) => ops.sort(T(gpu, 3), { axis: 0 } as object), message: /no option named axis/ },
  { op: "topk", call: (gpu) => ops.topk(T(gpu, 3), 4), message: /k is 4 and dimension 0 has 3 elements/ },
  { op: "variance", call: (gpu) => ops.variance(gpu.zeros([2], "i32")), message: /x is i32, f32 is due/ },
  { op: "std", call: () => ops.std(3 as unknown as ops.Tensor), message: /3/ },
  { op: "logsumexp", call: (gpu) => ops.logsumexp(T(gpu, 2), 3), message: /dim 3 is out of range/ },
  { op: "norm", call: (gpu) => ops.norm(T(gpu, 2), { p: -1 }), message: /p is -1/ },
  { op: "tril", call: (gpu) => ops.tril(T(gpu, 2)), message: /at least 2 dimensions/ },
  { op: "triu", call: (gpu) => ops.triu(T(gpu, 2, 2), 0.5), message: /diagonal is 0.5/ },
  { op: "squeeze", call: (gpu) => ops.squeeze(T(gpu, 1), 2), message: /dim 2 is out of range/ },
  { op: "unsqueeze", call: (gpu) => ops.unsqueeze(T(gpu, 1), 3), message: /dim 3 is out of range/ },
  { op: "flip", call: (gpu) => ops.flip(T(gpu, 2), [0, 0]), message: /dim 0 is given twice/ },
  { op: "tile", call: (gpu) => ops.tile(T(gpu, 2), [1.5]), message: /1\.5/ },
  { op: "stack", call: (gpu) => ops.stack([T(gpu, 2), T(gpu, 3)]),
    message: /tensor 1 has shape \[3\], tensor 0 \[2\]/ },
  { op: "split", call: (gpu) => ops.split(T(gpu, 5), [2, 2]), message: /do not add up to the 5/ },
  { op: "chunk", call: (gpu) => ops.chunk(T(gpu, 5), 0), message: /chunks is 0/ },
  { op: "scatterAdd", call: (gpu) => ops.scatterAdd(T(gpu, 5), 0, gpu.zeros([2], "i32"), T(gpu, 3)),
    message: /src has shape \[3\]/ },
  { op: "embedding", call: (gpu) => ops.embedding(T(gpu, 5), T(gpu, 3, 2)), message: /index is f32, i32 is due/ },
  { op: "einsum", call: (gpu) => ops.einsum("ij,jk->ik", T(gpu, 2, 3), T(gpu, 4, 2)),
    message: /letter j has size 3 and 4/ },
  { op: "einsum", call: (gpu) => ops.einsum("ii->i", T(gpu, 2, 2)), message: /letter twice/ },
  { op: "einsum", call: (gpu) => ops.einsum("i...->i", T(gpu, 2, 2)), message: /is no equation/ },
  { op: "layerNorm", call: (gpu) => ops.layerNorm(T(gpu, 2, 3), [2]), message: /last dimensions of x are due/ },
  { op: "groupNorm", call: (gpu) => ops.groupNorm(T(gpu, 2, 5), 2), message: /5 channels cannot be parted into 2/ },
  { op: "conv1d", call: (gpu) => ops.conv1d(T(gpu, 2, 5), T(gpu, 1, 5, 1)), message: /x has 2 dimensions, 3 are due/ },
  { op: "smoothL1Loss", call: (gpu) => ops.smoothL1Loss(T(gpu, 2), T(gpu, 2), { beta: -1 }), message: /beta is -1/ },
  { op: "huberLoss", call: (gpu) => ops.huberLoss(T(gpu, 2), T(gpu, 2), { delta: 0 }), message: /delta is 0/ },
  ...(["ge", "le", "ne"] as const).map((op): WrongRow => ({
    op, call: (gpu) => ops[op](gpu.zeros([2], "i32"), T(gpu, 2)), message: /b is f32, i32 is due/ })),
  { op: "eq", call: (gpu) => ops.eq(gpu.zeros([2], "i32"), 0.5), message: /b is 0.5 beside a tensor of i32/ },
  { op: "arange", call: (gpu) => ops.arange(gpu, 0, 1, -1), message: /reach no end/ },
  { op: "linspace", call: (gpu) => ops.linspace(gpu, 0, 1, 2.5), message: /steps is 2.5/ },
  { op: "eye", call: (gpu) => ops.eye(gpu, -1), message: /n is -1/ },
  { op: "ones", call: () => ops.ones(null as unknown as ops.Engine, [2]), message: /null given as the engine/ },
  { op: "onesLike", call: () => ops.onesLike(1 as unknown as ops.Tensor), message: /x is 1/ },
  { op: "zerosLike", call: () => ops.zerosLike(1 as unknown as ops.Tensor), message: /x is 1/ },
  { op: "fullLike", call: () => ops.fullLike(1 as unknown as ops.Tensor, 2), message: /x is 1/ },
  { op: "cast", call: (gpu) => ops.cast(T(gpu, 2), "f16" as "f32"), message: /dtype is "f16"/ },
];
