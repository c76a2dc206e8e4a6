// Rows of the pointwise ops of two and three tensors.

import * as ops from "../../index.ts";
import { broadcast, map } from "./reference.ts";
import type { Host, InputSpec, OpRow, WrongRow } from "./table.ts";

type Options = Partial<Pick<OpRow, "gradient">> & { a?: Partial<InputSpec>; b?: Partial<InputSpec> };

const SHAPES: [name: string, a: readonly number[], b: readonly number[]][] = [
  ["same shape", [5, 7, 11], [5, 7, 11]],
  ["around a workgroup", [65, 4], [65, 4]],
  ["bias of channels", [2, 5, 3, 7], [5, 1, 1]],
  ["both broadcast", [5, 1, 7], [1, 3, 1]],
  ["scalar", [13], []],
  ["scalar first, one dimension more", [], [1, 13]],
  ["five dimensions, alternating", [2, 1, 3, 1, 5], [1, 3, 1, 2, 1]],
];

type Binary = "add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "pow" | "gt" | "lt" | "eq";

const binary = (op: Binary, f: (a: number, b: number) => number,
  { gradient = ["a", "b"], ...spec }: Options = {}): OpRow[] =>
  SHAPES.map(([name, a, b]) => ({
    op, name, gradient,
    inputs: { a: { shape: a, ...spec.a }, b: { shape: b, ...spec.b } },
    run: ({ a, b }) => ops[op](a!, b!),
    reference: ({ a, b }) => broadcast(a!, b!, f),
  }));

/** b a number: the reference sees b, the op its value. */
const byNumber = (op: Binary, value: number, f: (a: number, b: number) => number,
  gradient: OpRow["gradient"] = ["x"]): OpRow => ({
    op,
    name: `by the number ${value}`,
    inputs: { x: { shape: [7, 5] } },
    run: ({ x }) => ops[op](x!, value),
    reference: ({ x }) => map(x!, (v) => f(v, value)),
    gradient,
  });

const STEPS = { values: [0, 1, -1, 2, 1] };
const positive = { low: 0.2, high: 3 };
const compare = (f: (a: number, b: number) => boolean) => (a: number, b: number) => Number(f(a, b));

/** Differences at a tie give the mean of both sides, which is what each operand gets. */
const ties = (op: "maximum" | "minimum", f: (a: number, b: number) => number): OpRow => ({
  op, name: "ties", inputs: { a: { shape: [7], values: [1, 2, -3] }, b: { shape: [7], values: [1, -2, -3] } },
  run: ({ a, b }) => ops[op](a!, b!), reference: ({ a, b }) => broadcast(a!, b!, f), gradient: ["a", "b"],
});

const choose = (cond: Host, a: Host, b: Host) => {
  const picked = broadcast(cond, a, (c, v) => (c ? v : NaN));
  return broadcast(picked, b, (v, w) => (Number.isNaN(v) ? w : v));
};
const where = (name: string, cond: InputSpec, a: readonly number[], b: readonly number[]): OpRow => ({
  op: "where",
  name,
  inputs: { cond, a: { shape: a }, b: { shape: b } },
  run: ({ cond, a, b }) => ops.where(cond!, a!, b!),
  reference: ({ cond, a, b }) => choose(cond!, a!, b!),
  gradient: ["a", "b"],
});

export const rows: OpRow[] = [
  ...binary("add", (a, b) => a + b),
  ...binary("sub", (a, b) => a - b),
  ...binary("mul", (a, b) => a * b),
  ...binary("div", (a, b) => a / b, { b: positive }),
  ...binary("maximum", Math.max, { a: { distinct: true }, b: { low: 0.045, high: 0.046 } }),
  ...binary("minimum", Math.min, { a: { distinct: true }, b: { low: 0.045, high: 0.046 } }),
  ...binary("pow", Math.pow, { a: positive }),
  ...binary("gt", compare((a, b) => a > b), { a: STEPS, b: { values: [1, 0, 2] }, gradient: "none" }),
  ...binary("lt", compare((a, b) => a < b), { a: STEPS, b: { values: [1, 0, 2] }, gradient: "none" }),
  ...binary("eq", compare((a, b) => a === b), { a: STEPS, b: { values: [1, 0, 2] }, gradient: "none" }),
  ties("maximum", Math.max),
  ties("minimum", Math.min),
  byNumber("add", 2.5, (a, b) => a + b),
  byNumber("sub", 2.5, (a, b) => a - b),
  byNumber("mul", 2.5, (a, b) => a * b),
  byNumber("div", 2.5, (a, b) => a / b),
  byNumber("gt", 0, compare((a, b) => a > b), "none"),
  { op: "mul", name: "with itself", inputs: { x: { shape: [7, 5] } }, run: ({ x }) => ops.mul(x!, x!),
    reference: ({ x }) => map(x!, (v) => v * v), gradient: ["x"] },
  { op: "pow", name: "whole exponents beyond 64 of a negative base",
    inputs: { a: { shape: [6], values: [-1.01, -1.01, -0.97, -0.97, -1.02, 1.02] },
      b: { shape: [6], values: [65, 66, 101, 70, -75, 80] } },
    run: ({ a, b }) => ops.pow(a!, b!), reference: ({ a, b }) => broadcast(a!, b!, Math.pow), gradient: ["a"] },
  { op: "pow", name: "whole exponents of a negative base",
    inputs: { a: { shape: [9], low: -2, high: -1 }, b: { shape: [9], values: [0, 1, 2, 3, -1, -2, 7, 12, -5] } },
    run: ({ a, b }) => ops.pow(a!, b!), reference: ({ a, b }) => broadcast(a!, b!, Math.pow), gradient: ["a"] },
  where("same shape", { shape: [5, 13], values: [0, 1, 1] }, [5, 13], [5, 13]),
  where("mask of integers, all broadcast", { shape: [5, 1, 1], values: [0, 3, -1], dtype: "i32" }, [7, 1], [1, 11]),
  where("rows of a batch", { shape: [5, 1], below: 2 }, [5, 65], [65]),
  { op: "where", name: "numbers", inputs: { x: { shape: [65] } }, run: ({ x }) => ops.where(ops.gt(x!, 0), 1, x!),
    reference: ({ x }) => map(x!, (v) => (v > 0 ? 1 : v)), gradient: ["x"], avoid: [0] },
];

const two: Binary[] = ["add", "sub", "mul", "div", "maximum", "minimum", "pow", "gt", "lt", "eq"];

export const wrong: WrongRow[] = [
  ...two.map((op): WrongRow => ({ op, call: (gpu) => ops[op](gpu.zeros([2, 3]), gpu.zeros([4])),
    message: /sizes 3 and 4 of dimension -1 cannot be broadcast \(a \[2,3\], b \[4\]\)/ })
  ),
  ...two.map((op): WrongRow => ({ op, call: (gpu) => ops[op](gpu.zeros([2]), gpu.empty([2], "i32")),
    message: /b is i32, f32 is due/ })
  ),
  ...(["gt", "lt", "eq"] as const).map((op): WrongRow => ({ op, call: (gpu) => derive(gpu, (x) => ops[op](x, 0)),
    message: /has no gradient/ })
  ),
  { op: "where", call: (gpu) => ops.where(gpu.zeros([2]), gpu.zeros([3]), 0), message: /cannot be broadcast/ },
  { op: "where", call: (gpu) => ops.where(gpu.zeros([2]), 1, gpu.empty([2], "i32")), message: /b is i32, f32 is due/ },
];

function derive(gpu: ops.Engine, fn: (x: ops.Tensor) => ops.Tensor): unknown {
  const x = gpu.zeros([2]);
  return ops.grad(() => fn(x), [x]);
}
