// Rows that feed NaN, infinities, zeros of both signs and huge numbers: forward and backward, where PyTorch lets them
// go.
// Gradients are due as PyTorch's formulas give them (tools/autograd/derivatives.yaml), a gate selects and does not
// multiply.

import {
  abs,
  add,
  addNoise,
  argmax,
  argmin,
  batchNorm,
  binaryCrossEntropyWithLogits,
  clamp,
  crossEntropy,
  div,
  dropout,
  elu,
  exp,
  gelu,
  grad,
  gt,
  leakyRelu,
  log,
  logSoftmax,
  lt,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  minimum,
  mseLoss,
  mul,
  neg,
  pow,
  relu,
  sigmoid,
  sign,
  silu,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  where,
  type Tensor,
} from "../../index.ts";
import type { Host, OpRow } from "./table.ts";

const VALUES = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 3e38, -3e38, 30, -30, 2];
const INCOMING = [1, -0.5, NaN, Infinity, -Infinity, 0];

/** Every value of a with every value of b. */
const pairs = (a: readonly number[],
  b: readonly number[]): [number[], number[]] => [a.flatMap((v) => b.map(() => v)), a.flatMap(() => [...b])];

const each = { tolerance: 2e-5, each: true } as const;

/** f and its gradient dx(x, dy) on all special values and incoming gradients. */
function unary(op: string, run: (x: Tensor) => Tensor, f: (x: number) => number, dx: (x: number, dy: number) => number,
  name = ""): OpRow[] {
  const [x, dy] = pairs(VALUES, INCOMING);
  const shape = [x.length];
  return [
    { op, name: `special values${name}`, inputs: { x: { shape, values: x } }, run: ({ x: t }) => run(t!),
      reference: ({ x: h }) => h!.map(f), gradient: [], ...each },
    {
      op,
      name: `gradient at special values${name}`,
      inputs: { x: { shape, values: x }, dy: { shape, values: dy } },
      run: ({ x: t, dy: g }) => grad(() => run(t!), [t!], g!)[0]!,
      reference: ({ x: h, dy: g }) => h!.map((v, i) => dx(v, g![i]!)),
      gradient: [],
      ...each,
    },
  ];
}

const round = Math.fround;
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const gated = (open: (x: number) => boolean) => (x: number, dy: number) => (open(x) ? dy : 0);

const unaries: OpRow[] = [
  ...unary("relu", relu, (x) => (x <= 0 ? 0 : x), gated((x) => !(x <= 0))),
  ...unary("leakyRelu", (x) => leakyRelu(x, 0.1), (x) => (x > 0 ? x : 0.1 * x), (x, dy) => (x > 0 ? dy : 0.1 * dy)),
  ...unary("elu", elu, (x) => (x > 0 ? x : Math.expm1(x)), (x, dy) => (x > 0 ? dy : dy * Math.exp(x))),
  ...unary("abs", abs, Math.abs, (x, dy) => dy * (Math.sign(x) || 0)),
  ...unary("neg", neg, (x) => -x, (_, dy) => -dy),
  ...unary("sign", sign, (x) => Math.sign(x) || 0, () => 0),
  ...unary("square", square, (x) => Math.fround(x * x), (x, dy) => round(dy * round(2 * x))),
  ...unary("exp", exp, (x) => Math.fround(Math.exp(x)), (x, dy) => dy * Math.fround(Math.exp(x))),
  ...unary("log", log, Math.log, (x, dy) => dy / x),
  ...unary("sqrt", sqrt, Math.sqrt, (x, dy) => dy * (0.5 / Math.sqrt(x))),
  ...unary("sigmoid", sigmoid, sigma, (x, dy) => dy * (sigma(x) * sigma(-x))),
  ...unary("tanh", tanh, Math.tanh, (x, dy) => dy * (1 / Math.cosh(x) ** 2)).map((row) => ({ ...row,
    tolerance: 1e-4 })
  ),
  ...unary("softplus", softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), (x, dy) => dy * sigma(x)),
  ...unary("silu", silu, (x) => x * sigma(x), (x, dy) => dy * (sigma(x) * (1 + x * sigma(-x)))),
  ...unary("clamp", (x) => clamp(x, -0.5, 1), (x) => (x < -0.5 ? -0.5 : x > 1 ? 1 : x),
    gated((x) => x >= -0.5 && x <= 1)),
  ...unary("clamp", (x) => clamp(x, 0, Infinity), (x) => (x < 0 ? 0 : x), gated((x) => x >= 0), ", no upper bound"),
  ...unary("clamp", (x) => clamp(x, -Infinity, 0), (x) => (x > 0 ? 0 : x), gated((x) => x <= 0), ", no lower bound"),
  ...[2, 3, 0, 1, -1, -2, 0.5, -0.5, 1.5, 65, -65, 70].flatMap((n) =>
    unary("pow", (x) => pow(x, n), (x) => Math.fround(x ** n),
      (x, dy) => (n === 0 ? 0 : dy * round(n * round(x ** (n - 1)))), `, to the ${n}`).map((row) => ({ ...row,
        tolerance: 2e-4 })
      )
  ),
  { op: "gelu", name: "NaN and infinities", inputs: { x: { shape: [3], values: [NaN, Infinity, 40] } },
    run: ({ x }) => gelu(x!), reference: () => [NaN, Infinity, 40], gradient: [], ...each },
];

/** f(a, b) and its two gradients on all pairs of special values. */
function binary(op: string, run: (a: Tensor, b: Tensor) => Tensor, f: (a: number, b: number) => number,
  da?: (a: number, b: number, dy: number) => number, db?: typeof da): OpRow[] {
  const [a, b] = pairs(VALUES, VALUES);
  const shape = [a.length];
  const values = { a: { shape, values: a }, b: { shape, values: b } };
  const forward: OpRow = { op, name: "special values", inputs: values, run: (t) => run(t.a!, t.b!),
    reference: (h) => h.a!.map((v, i) => f(v, h.b![i]!)), gradient: da ? [] : "none", ...each };
  const backward = (which: 0 | 1, d: NonNullable<typeof da>, incoming: number): OpRow => ({
    op,
    name: `gradient of ${"ab"[which]} at special values, dy ${incoming}`,
    inputs: { ...values, dy: { shape, values: [incoming] } },
    run: (t) => grad(() => run(t.a!, t.b!), [t.a!, t.b!], t.dy!)[which]!,
    reference: (h) => h.a!.map((v, i) => d(v, h.b![i]!, incoming)), gradient: [], ...each,
  });
  const gradients = da && db ? [1, Infinity, NaN].flatMap((dy) => [backward(0, da, dy), backward(1, db, dy)]) : [];
  return [forward, ...gradients];
}

const half = (beaten: boolean, tie: boolean, dy: number) => (beaten ? 0 : tie ? dy / 2 : dy);
const largest = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : a > b ? a : b);
const smallest = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : a < b ? a : b);

const binaries: OpRow[] = [
  ...binary("add", add, (a, b) => round(a + b), (_a, _b, dy) => dy, (_a, _b, dy) => dy),
  ...binary("sub", sub, (a, b) => round(a - b), (_a, _b, dy) => dy, (_a, _b, dy) => -dy),
  ...binary("mul", mul, (a, b) => round(a * b), (_a, b, dy) => dy * b, (a, _b, dy) => dy * a),
  ...binary("div", div, (a, b) => round(a / b), (_a, b, dy) => dy / b,
    (a, b, dy) => round(dy * round(-round(a / b) / b))).map((row) => ({ ...row,
      inputs: { ...row.inputs,
        b: { ...row.inputs.b!,
          values: row.inputs.b!.values!.map((v) => (Math.abs(v) > 1e30 && Number.isFinite(v) ? 4 : v)) } } })
    ),
  ...binary("maximum", maximum, largest, (a, b, dy) => half(a < b, a === b, dy),
    (a, b, dy) => half(a > b, a === b, dy)),
  ...binary("minimum", minimum, smallest, (a, b, dy) => half(a > b, a === b, dy),
    (a, b, dy) => half(a < b, a === b, dy)),
  ...binary("gt", gt, (a, b) => Number(a > b)),
  ...binary("lt", lt, (a, b) => Number(a < b)),
];

const POWERS = [0, -0, 1, -1, 0.5, 2, NaN, Infinity, -Infinity, -2.5];
const [base, exponent] = pairs(POWERS, POWERS);
const powers: OpRow[] = [
  {
    op: "pow",
    name: "special bases and exponents",
    inputs: { a: { shape: [base.length], values: base }, b: { shape: [base.length], values: exponent } },
    run: (t) => pow(t.a!, t.b!),
    gradient: [],
    tolerance: 1e-4,
    each: true,
    reference: (h) =>
      h.a!.map((v,
        i) => (v === 1 || (v === -1 && !Number.isFinite(h.b![i]!) && !Number.isNaN(h.b![i]!)) ? 1 : v ** h.b![i]!)
      ),
  },
  {
    op: "pow",
    name: "gradient of the base at 0",
    inputs: { a: { shape: [5], values: [0] }, b: { shape: [5], values: [0, 0.5, 1, 2, -1] } },
    run: (t) => grad(() => pow(t.a!, t.b!), [t.a!])[0]!,
    reference: () => [0, Infinity, 1, 0, -Infinity],
    gradient: [],
  },
  {
    op: "pow",
    name: "gradient of the exponent at 0",
    inputs: { a: { shape: [4], values: [0, 0, 0, 2] }, b: { shape: [4], values: [0, 2, -1, 0] } },
    run: (t) => grad(() => pow(t.a!, t.b!), [t.b!])[0]!,
    reference: () => [0, 0, -Infinity, Math.LN2],
    gradient: [],
  },
];

/** Behind a closed gate an infinite or missing derivative does no harm. */
const behind = (name: string, run: (x: Tensor) => Tensor, due: number[]): OpRow => ({
  op: "relu", name: `a closed gate: ${name}`, inputs: { x: { shape: [4], values: [4, 1, -1, 0] } },
  run: ({ x }) => grad(() => run(x!), [x!])[0]!, reference: () => due, gradient: [],
});
const gates: OpRow[] = [
  behind("sqrt of relu", (x) => sqrt(relu(x)), [0.25, 0.5, 0, 0]),
  behind("log of relu", (x) => log(relu(x)), [0.25, 1, 0, 0]),
  behind("sqrt of clamp", (x) => sqrt(clamp(x, 0.25, 9)), [0.25, 0.5, 0, 0]),
  behind("a root of relu", (x) => pow(relu(x), 0.5), [0.25, 0.5, 0, 0]),
  behind("where", (x) => where(gt(x, 0), sqrt(x), 0), [0.25, 0.5, NaN, NaN]),
  behind("log of maximum", (x) => log(maximum(x, 0.5)), [0.25, 1, 0, 0]),
];

const ROWS = [1, 2, 3, 4, NaN, 0, 1, 2, Infinity, 3, 1, 0, -Infinity, 1, 2, 0, -Infinity, -Infinity, -Infinity,
  -Infinity, NaN, NaN, 5, Infinity];
const rowsOf = (x: Host): number[][] => Array.from({ length: 6 }, (_, n) => [...x.subarray(4 * n, 4 * n + 4)]);
const softmaxOf = (v: number[]): number[] => {
  const m = v.reduce(largest);
  const e = v.map((x) => Math.exp(x - m));
  return e.map((x) => x / e.reduce((a, b) => a + b));
};
const firstExtreme = (v: number[],
  best: typeof largest) => (v.some(Number.isNaN) ? v.findIndex(Number.isNaN) : v.indexOf(v.reduce(best)));
const rowOp = (op: string, run: (x: Tensor) => Tensor, f: (row: number[]) => number | number[],
  gradient: "none" | [] = []): OpRow => ({
    op,
    name: "rows with special values",
    inputs: { x: { shape: [6, 4], values: ROWS } },
    run: ({ x }) => run(x!),
    reference: ({ x }) => rowsOf(x!).flatMap(f),
    gradient,
  });
const dim = { dim: 1 };
const reductions: OpRow[] = [
  rowOp("sum", (x) => sum(x, dim), (v) => v.reduce((a, b) => a + b)),
  rowOp("mean", (x) => mean(x, dim), (v) => v.reduce((a, b) => a + b) / 4),
  rowOp("max", (x) => max(x, dim), (v) => v.reduce(largest)),
  rowOp("min", (x) => min(x, dim), (v) => v.reduce(smallest)),
  rowOp("argmax", (x) => argmax(x, dim), (v) => firstExtreme(v, largest), "none"),
  rowOp("argmin", (x) => argmin(x, dim), (v) => firstExtreme(v, smallest), "none"),
  rowOp("softmax", (x) => softmax(x, dim), softmaxOf),
  rowOp("logSoftmax", (x) => logSoftmax(x, dim),
    (v) => (Number.isFinite(v.reduce(largest)) ? softmaxOf(v).map(Math.log) : v.map(() => NaN))),
  ...[0, 1].map((label): OpRow => ({
    op: "crossEntropy",
    name: `rows with special values, label ${label}`,
    inputs: { x: { shape: [6, 4], values: ROWS }, y: { shape: [6], values: [label], dtype: "i32" } },
    run: ({ x, y }) => crossEntropy(x!, y!, { reduction: "none" }),
    reference: ({ x }) => rowsOf(x!).map((v) => -Math.log(softmaxOf(v)[label]!)),
    gradient: [],
  })),
  {
    op: "crossEntropy",
    name: "gradient at a NaN logit",
    inputs: { x: { shape: [2, 3], values: [1, NaN, 2, 1, 1, 1] }, y: { shape: [2], values: [0], dtype: "i32" } },
    run: ({ x, y }) => grad(() => crossEntropy(x!, y!, { reduction: "sum" }), [x!])[0]!,
    reference: () => [NaN, NaN, NaN, -2 / 3, 1 / 3, 1 / 3],
    gradient: [],
  },
  { op: "mseLoss", name: "NaN and infinity",
    inputs: { a: { shape: [4], values: [1, NaN, Infinity, -Infinity] }, b: { shape: [4], values: [2] } },
    run: (t) => mseLoss(t.a!, t.b!, { reduction: "none" }), reference: () => [1, NaN, Infinity, Infinity],
    gradient: [] },
  { op: "binaryCrossEntropyWithLogits", name: "NaN and infinity",
    inputs: { a: { shape: [4], values: [0, NaN, Infinity, -Infinity] }, b: { shape: [4], values: [0.5] } },
    run: (t) => binaryCrossEntropyWithLogits(t.a!, t.b!, { reduction: "none" }),
    reference: () => [Math.LN2, NaN, NaN, Infinity], gradient: [] },
];

const plane = [1, NaN, 3, 2, Infinity, -Infinity, 4, 5, -1, -Infinity, -Infinity, -Infinity, 0, NaN, -Infinity,
  -Infinity];
const others: OpRow[] = [
  { op: "maxPool2d", name: "special values", inputs: { x: { shape: [1, 1, 4, 4], values: plane } },
    run: ({ x }) => maxPool2d(x!, 2), reference: () => [NaN, 5, NaN, -Infinity], gradient: [] },
  {
    op: "batchNorm",
    name: "a bad pixel and relu",
    inputs: { x: { shape: [1, 2, 1, 2], values: [NaN, -1, 2, Infinity] }, c: { shape: [2], values: [1] },
      z: { shape: [2], values: [0] } },
    run: ({ x, c, z }) => batchNorm(x!, c!, z!, { runningMean: z!, runningVar: c!, eps: 0, relu: true }),
    reference: () => [NaN, 0, 2, Infinity],
    gradient: [],
  },
  {
    op: "batchNorm",
    name: "the gate of relu selects",
    inputs: { x: { shape: [1, 1, 1, 3], values: [1, -1, 2] }, c: { shape: [1], values: [1] },
      z: { shape: [1], values: [0] }, dy: { shape: [1, 1, 1, 3], values: [1, NaN, Infinity] } },
    run: ({ x, c, z, dy }) =>
      grad(() => batchNorm(x!, c!, z!, { runningMean: z!, runningVar: c!, eps: 0, relu: true }), [x!], dy!)[0]!,
    reference: () => [1, 0, Infinity],
    gradient: [],
  },
  { op: "addNoise", name: "NaN stays", inputs: { x: { shape: [3], values: [NaN, Infinity, -Infinity] } },
    run: ({ x }) => addNoise(x!, 0.1, { clamp: [0, 1] }), reference: () => [NaN, 1, 0], gradient: [] },
  { op: "addNoise", name: "no bounds", inputs: { x: { shape: [3], values: [NaN, Infinity, -Infinity] } },
    run: ({ x }) => addNoise(x!, 0.1), reference: () => [NaN, Infinity, -Infinity], gradient: [] },
  { op: "dropout", name: "a dropped infinity is 0", inputs: { x: { shape: [64], values: [Infinity] } },
    run: ({ x }) => dropout(x!, 1), reference: () => new Array<number>(64).fill(0), gradient: [] },
];

export const rows: OpRow[] = [...unaries, ...binaries, ...powers, ...gates, ...reductions, ...others];
