// Rows of the pointwise ops of one tensor, and of the activations at extreme values.

import * as ops from "../../index.ts";
import type { Tensor } from "../../index.ts";
import { erfc, map } from "./reference.ts";
import type { InputSpec, OpRow, WrongRow } from "./table.ts";

type Unary = (x: Tensor) => Tensor;
type Options = Partial<Pick<OpRow, "avoid" | "tolerance" | "gradientTolerance" | "each" | "gradient">> & Pick<InputSpec,
  "low" | "high">;

/** From far below to far above, away from the kink of relu and its kin. */
const EXTREME = [1e-3, -1e-3, 0.0624, 0.24, -0.24, 0.26, -0.26, 1, -1, 3, -3, 5, -5, 9, -9, 19, 21, -21, 44.5, -44.5,
  60, -60, 88, -87, 100, -100, 1e4, -1e4];

const one = (op: string, name: string, x: InputSpec, run: Unary, f: (v: number) => number,
  more: Options = {}): OpRow => ({
    op,
    name,
    inputs: { x },
    run: ({ x }) => run(x!),
    reference: ({ x }) => map(x!, (v) => f(v)),
    gradient: ["x"],
    ...more,
  });

/** Odd sizes, a dimension of 1, and one more than a workgroup of quads. */
const shapes = (op: string, run: Unary, f: (v: number) => number, { low, high, ...more }: Options = {}): OpRow[] => [
  one(op, "[5,7,11]", { shape: [5, 7, 11], low, high }, run, f, more),
  one(op, "[257,1]", { shape: [257, 1], low, high }, run, f, more),
];

const activation = (op: string, run: Unary, f: (v: number) => number, name = ""): OpRow[] => [
  one(op, `[5,7,11]${name}`, { shape: [5, 7, 11], low: -5, high: 5 }, run, f, { avoid: [0] }),
  one(op, `extreme values${name}`, { shape: [EXTREME.length], values: EXTREME }, run, f, { each: true }),
];

/** Near 0, where a formula may lose digits. */
const tiny = (op: string, run: Unary, f: (v: number) => number): OpRow =>
  one(op, "near 0", { shape: [5], values: [0, 1e-8, -1e-8, 1e-5, -1e-20] }, run, f, { each: true, gradient: [] });

const sigmoid = (v: number) => (v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v)));
const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const gelu = (v: number) => (v * erfc(-v / Math.SQRT2)) / 2;
const geluTanh = (v: number) => v * sigmoid(2 * Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3));
const LARGE = 65535 * 64 * 4 + 5; // elements: more than one row of workgroups

const relu = (v: number) => Math.max(v, 0);

export const rows: OpRow[] = [
  ...activation("relu", ops.relu, relu),
  one("relu", "more than one row of the grid", { shape: [LARGE], values: [1, -2, 3, 0.5, -0.25, 7, -5] }, ops.relu,
    relu),
  ...shapes("neg", ops.neg, (v) => -v),
  ...shapes("sin", ops.sin, Math.sin, { low: -10, high: 10 }),
  ...shapes("cos", ops.cos, Math.cos, { low: -10, high: 10 }),
  one("sin", "far from 0, NaN and infinity", { shape: [8], values: [30000, -12345.5, 1000, 0, 1e-20, NaN, Infinity,
    -Infinity] }, ops.sin, (v) => Math.sin(Math.fround(v)), { gradient: [] }),
  one("cos", "far from 0, NaN and infinity", { shape: [8], values: [30000, -12345.5, 1000, 0, 1e-20, NaN, Infinity,
    -Infinity] }, ops.cos, (v) => Math.cos(Math.fround(v)), { gradient: [] }),
  ...shapes("erf", ops.erf, (v) => 1 - erfc(v), { low: -3, high: 3 }),
  one("erf", "near 0 and far from it", { shape: [9], values: [0, 1e-8, -1e-5, 0.999, 1.001, -1, 9, -20, NaN] }, ops.erf,
    (v) => (Math.abs(v) < 1e-4 ? (2 / Math.sqrt(Math.PI)) * (v - v ** 3 / 3) : 1 - erfc(v)), { each: true,
      gradient: [] }),
  ...([["floor", ops.floor, Math.floor], ["ceil", ops.ceil, Math.ceil], ["round", ops.round,
    (v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v))]] as [string, Unary,
      (v: number) => number][])
    .map(([op, run, f]) =>
      one(op, "halves, whole numbers, NaN", { shape: [13],
        values: [0.5, 1.5, -0.5, -1.5, 2.5, 3, -3, 0.2, -0.2, 1e9, NaN, Infinity, 0.9] }, run, f, { gradient: [] })
    ),
  { op: "floor", name: "its gradient is 0", inputs: { x: { shape: [3] } }, reference: () => [0, 0, 0], gradient: [],
    run: ({ x }) => ops.grad(() => ops.sum(ops.floor(x!)), [x!])[0]! },
  ...shapes("exp", ops.exp, Math.exp, { low: -5, high: 5 }),
  one("exp", "large and small", { shape: [7], values: [-87, -60, -20, 0, 20, 60, 88] }, ops.exp, Math.exp, {
    each: true,
  }),
  ...shapes("log", ops.log, Math.log, { low: 0.1, high: 30 }),
  one("log", "large and small", { shape: [7], values: [1e-30, 1e-10, 0.5, 1.125, 3, 1e10, 1e30] }, ops.log, Math.log, {
    each: true,
    gradient: [],
  }),
  ...shapes("sqrt", ops.sqrt, Math.sqrt, { low: 0.1, high: 30 }),
  ...shapes("abs", ops.abs, Math.abs, { avoid: [0] }),
  ...shapes("sign", ops.sign, Math.sign, { avoid: [0] }),
  one("sign", "of zero", { shape: [5], values: [0, -0, 1e-20, -1e-20, 5] }, ops.sign, Math.sign, { gradient: [] }),
  ...shapes("square", ops.square, (v) => v * v),
  ...shapes("clamp", (x) => ops.clamp(x, -0.5, 1.25), (v) => Math.min(Math.max(v, -0.5), 1.25), {
    avoid: [-0.5, 1.25],
  }),
  ...shapes("pow", (x) => ops.pow(x, 3), (v) => v ** 3).map((row) => ({ ...row, name: `${row.name} cubed` })),
  one("pow", "to 0", { shape: [5, 7] }, (x) => ops.pow(x, 0), () => 1),
  one("pow", "to -2", { shape: [5, 7] }, (x) => ops.pow(x, -2), (v) => v ** -2, { avoid: [0], each: true }),
  one("pow", "to 2.5", { shape: [5, 7], low: 0.1, high: 4 }, (x) => ops.pow(x, 2.5), (v) => v ** 2.5),
  ...activation("leakyRelu", (x) => ops.leakyRelu(x, 0.2), (v) => (v > 0 ? v : 0.2 * v)),
  ...activation("elu", (x) => ops.elu(x, 1.5), (v) => (v > 0 ? v : 1.5 * Math.expm1(v))),
  ...activation("silu", ops.silu, (v) => v * sigmoid(v)),
  ...activation("gelu", (x) => ops.gelu(x), gelu),
  ...activation("gelu", (x) => ops.gelu(x, { approximate: "tanh" }), geluTanh, ", tanh"),
  ...activation("sigmoid", ops.sigmoid, sigmoid),
  ...activation("tanh", ops.tanh, Math.tanh),
  tiny("elu", (x) => ops.elu(x), (v) => (v > 0 ? v : Math.expm1(v))),
  tiny("tanh", ops.tanh, Math.tanh),
  one("tanh", "at the end of its series", { shape: [4], values: [0.2, 0.24, -0.249, 0.125] }, ops.tanh,
    (v) => Math.tanh(Math.fround(v)), { each: true, tolerance: 4e-7, gradient: [] }),
  tiny("gelu", (x) => ops.gelu(x), gelu),
  tiny("silu", ops.silu, (v) => v * sigmoid(v)),
  ...activation("softplus", ops.softplus, softplus),
];

const ofIntegers = (op: string, run: Unary): WrongRow => ({ op, call: (gpu) => run(gpu.empty([2], "i32")),
  message: /x is i32, f32 is due/ });

export const wrong: WrongRow[] = [
  ...(["sin", "cos", "erf", "floor", "ceil", "round"] as const).map((op): WrongRow => ({
    op, call: (gpu) => ops[op](gpu.zeros([2], "i32")), message: /x is i32, f32 is due/ })),
  ...(["relu", "neg", "exp", "log", "sqrt", "abs", "sign", "square", "leakyRelu", "elu", "silu", "gelu", "sigmoid",
    "tanh", "softplus"] as const).map((op) => ofIntegers(op, ops[op] as Unary)),
  ofIntegers("pow", (x) => ops.pow(x, 2)),
  { op: "pow", call: (gpu) => ops.pow(gpu.zeros([2, 3]), gpu.zeros([2])),
    message: /sizes 3 and 2 of dimension -1 cannot be broadcast/ },
  { op: "clamp", call: (gpu) => ops.clamp(gpu.zeros([2]), 1, 0), message: /min is 1 and max is 0; min <= max is due/ },
];
