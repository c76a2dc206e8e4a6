// Rows of products by letters, of bent losses and of comparisons, i32 included.

import * as ops from "../../index.ts";
import { WHOLE, CUBE, at, each, line, sumOf, type Shape } from "./lines.ts";
import { generate, indexOf } from "./reference.ts";
import type { OpRow, WrongRow } from "./table.ts";

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

export const rows: OpRow[] = [...products, ...losses, ...comparisons];

const T = (gpu: ops.Engine, ...shape: number[]) => gpu.zeros(shape);
export const wrong: WrongRow[] = [
  { op: "einsum", call: (gpu) => ops.einsum("ij,jk->ik", T(gpu, 2, 3), T(gpu, 4, 2)),
    message: /letter j has size 3 and 4/ },
  { op: "einsum", call: (gpu) => ops.einsum("ii->i", T(gpu, 2, 2)), message: /letter twice/ },
  { op: "einsum", call: (gpu) => ops.einsum("i...->i", T(gpu, 2, 2)), message: /is no equation/ },
  { op: "smoothL1Loss", call: (gpu) => ops.smoothL1Loss(T(gpu, 2), T(gpu, 2), { beta: -1 }), message: /beta is -1/ },
  { op: "huberLoss", call: (gpu) => ops.huberLoss(T(gpu, 2), T(gpu, 2), { delta: 0 }), message: /delta is 0/ },
  ...(["ge", "le", "ne"] as const).map((op): WrongRow => ({
    op, call: (gpu) => ops[op](gpu.zeros([2], "i32"), T(gpu, 2)), message: /b is f32, i32 is due/ })),
  { op: "eq", call: (gpu) => ops.eq(gpu.zeros([2], "i32"), 0.5), message: /b is 0.5 beside a tensor of i32/ },
];
