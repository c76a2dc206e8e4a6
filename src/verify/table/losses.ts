// Rows of softmax, logSoftmax and the losses.

import { binaryCrossEntropyWithLogits, crossEntropy, l1Loss, logSoftmax, mseLoss, nllLoss, softmax, squaredError,
  type Shape, type Tensor } from "../../index.ts";
import { coordinates, indexOf, map } from "./reference.ts";
import { type Host, type OpRow, type WrongRow } from "./table.ts";

const REDUCTIONS = ["mean", "sum", "none"] as const;
type Reduction = (typeof REDUCTIONS)[number];

const total = (v: ArrayLike<number>): number => Array.from(v).reduce((a, b) => a + b, 0);
const reduced = (terms: Float64Array, reduction: Reduction): Float64Array =>
  reduction === "none" ? terms : Float64Array.of(total(terms) / (reduction === "mean" ? terms.length : 1));

/** x - log sum exp(x) over the axis `dim`. */
export function logSoftmaxOf(x: Host, dim = x.shape.length - 1): Float64Array {
  const kept = x.shape.map((n, d) => (d === dim ? 1 : n));
  const group = (i: number) => indexOf(coordinates(i, x.shape), kept);
  const most = new Map<number, number>();
  const sums = new Map<number, number>();
  x.forEach((v, i) => most.set(group(i), Math.max(most.get(group(i)) ?? -Infinity, v)));
  x.forEach((v, i) => sums.set(group(i), (sums.get(group(i)) ?? 0) + Math.exp(v - most.get(group(i))!)));
  return map(x, (v, i) => v - most.get(group(i))! - Math.log(sums.get(group(i))!));
}

const softmaxRows = (op: string, run: typeof softmax, f: (x: Host, dim: number) => Float64Array): OpRow[] => {
  const row = (name: string, shape: Shape, dim: number, more: Partial<OpRow["inputs"][string]> = {}): OpRow => ({
    op, name, inputs: { x: { shape, ...more } }, run: ({ x }) => run(x!, { dim }),
    reference: ({ x }) => f(x!, dim < 0 ? dim + shape.length : dim), gradient: ["x"], shape,
  });
  return [
    row("[5,7]", [5, 7], -1),
    row("around a workgroup", [65, 10], 1),
    row("dim 1 of 4", [3, 5, 7, 2], 1),
    row("dim 0", [11, 13], 0),
    row("one class", [5, 1], -1),
    row("long rows", [3, 1001], -1),
    row("large logits", [7, 5], -1, { low: -90, high: 90 }),
  ];
};

/** Values, labels and gradients of crossEntropy at one setting. */
function crossEntropyRow(name: string, [N, C]: [number, number], options: Parameters<typeof crossEntropy>[2] = {},
  spread = 2): OpRow {
  const { reduction = "mean", labelSmoothing: s = 0 } = options;
  return {
    op: "crossEntropy", name, gradient: ["logits"],
    inputs: { logits: { shape: [N, C], low: -spread, high: spread }, labels: { shape: [N], below: C } },
    run: ({ logits, labels }) => crossEntropy(logits!, labels!, options),
    reference({ logits, labels }) {
      const logp = logSoftmaxOf(logits!);
      const terms = Float64Array.from({ length: N }, (_, n) => {
        const row = logp.subarray(n * C, (n + 1) * C);
        return -(1 - s) * row[labels![n]!]! - (s / C) * total(row);
      });
      return reduced(terms, reduction);
    },
  };
}

const nllRow = (reduction: Reduction): OpRow => ({
  op: "nllLoss", name: reduction, gradient: ["logp"],
  inputs: { logp: { shape: [13, 7], high: 0 }, labels: { shape: [13], below: 7 } },
  run: ({ logp, labels }) => nllLoss(logp!, labels!, { reduction }),
  reference: ({ logp, labels }) => reduced(map(labels!, (y, n) => -logp![n * 7 + y]!), reduction),
});

type Pair = typeof mseLoss;
const pairRows = (op: string, run: Pair, f: (a: number, b: number) => number, more: Partial<OpRow> = {}): OpRow[] => {
  const row = (name: string, shape: Shape, reduction: Reduction): OpRow => ({
    op, name, inputs: { a: { shape }, b: { shape, low: 0, high: 1 } }, gradient: ["a", "b"],
    run: ({ a, b }) => run(a!, b!, { reduction }),
    reference: ({ a, b }) => reduced(map(a!, (v, i) => f(v, b![i]!)), reduction), ...more,
  });
  return [
    ...REDUCTIONS.map((r) => row(`${r}, [5,7,11]`, [5, 7, 11], r)),
    ...REDUCTIONS.map((r) => row(`${r}, [13,3,8,8]`, [13, 3, 8, 8], r)),
  ];
};
/** |a - b| has a kink where a = b: inputs that are never equal. */
const apart = (rows: OpRow[]): OpRow[] =>
  rows.map((r) => ({ ...r,
    inputs: { a: { ...r.inputs.a!, values: [-1.5, -0.25, 0.5, 1.75, 0.125] },
      b: { ...r.inputs.b!, values: [0.75, 0.25, 0.375] } } })
  );

const squaredErrorRow = (shape: Shape): OpRow => ({
  op: "squaredError", name: `[${shape}]`, inputs: { x: { shape }, xhat: { shape } }, gradient: ["x", "xhat"],
  run: ({ x, xhat }) => squaredError(x!, xhat!), shape: [shape[0]!],
  reference({ x, xhat }) {
    const sums = new Float64Array(shape[0]!);
    x!.forEach((v, i) => (sums[Math.floor((i * shape[0]!) / x!.length)]! += (v - xhat![i]!) ** 2));
    return sums;
  },
});

/** An almost sure, right prediction: 1 - p is 1e-9, so a gradient p - 1 taken in float32 would be zero. */
const saturated: OpRow = {
  op: "crossEntropy",
  name: "a sure prediction keeps its gradient",
  gradient: ["logits"],
  gradientTolerance: 1e-4,
  each: true,
  inputs: { logits: { shape: [1, 3], values: [21, 0, -1] }, labels: { shape: [1], dtype: "i32", values: [0] } },
  run: ({ logits, labels }) => crossEntropy(logits!, labels!, { reduction: "sum" }),
  reference: ({ logits }) => [Math.log1p(Math.exp(logits![1]! - logits![0]!) + Math.exp(logits![2]! - logits![0]!))],
};

export const rows: OpRow[] = [
  ...softmaxRows("softmax", softmax, (x, dim) => logSoftmaxOf(x, dim).map(Math.exp)),
  ...softmaxRows("logSoftmax", logSoftmax, logSoftmaxOf),
  ...REDUCTIONS.map((reduction) => crossEntropyRow(reduction, [13, 10], { reduction })),
  crossEntropyRow("around a workgroup", [65, 7]),
  crossEntropyRow("one row, one class", [1, 1], { reduction: "sum" }),
  crossEntropyRow("large logits", [11, 5], { reduction: "none" }, 90),
  crossEntropyRow("label smoothing", [11, 10], { labelSmoothing: 0.1 }),
  crossEntropyRow("label smoothing of everything, none", [5, 7], { labelSmoothing: 1, reduction: "none" }),
  saturated,
  ...REDUCTIONS.map(nllRow),
  ...pairRows("mseLoss", mseLoss, (a, b) => (a - b) ** 2),
  ...apart(pairRows("l1Loss", l1Loss, (a, b) => Math.abs(a - b))),
  ...pairRows("binaryCrossEntropyWithLogits", binaryCrossEntropyWithLogits,
    (a, b) => Math.max(a, 0) - a * b + Math.log1p(Math.exp(-Math.abs(a)))),
  squaredErrorRow([13, 1, 28, 28]),
  squaredErrorRow([5, 3, 7, 11]),
  squaredErrorRow([7]),
];

const pairWrong = (op: string, run: Pair): WrongRow[] => [
  { op, call: (gpu) => run(gpu.zeros([2, 3]), gpu.zeros([3, 2])),
    message: /the second input has shape \[3,2\], \[2,3\] is due/ },
  { op, call: (gpu) => run(gpu.zeros([2]), gpu.zeros([2]), { reduction: "max" as "sum" }),
    message: /reduction is "max"; "mean", "sum" or "none" is due/ },
];
const targetWrong = (op: string, run: (x: Tensor, y: Tensor) => Tensor, name: string): WrongRow[] => [
  { op, call: (gpu) => run(gpu.zeros([2, 3]), gpu.empty([3], "i32")), message: /labels has shape \[3\], \[2\] is due/ },
  { op, call: (gpu) => run(gpu.zeros([2, 3]), gpu.zeros([2])), message: /labels is f32, i32 is due/ },
  { op, call: (gpu) => run(gpu.zeros([2, 3, 4]), gpu.empty([2], "i32")), message: new RegExp(`${name} has 3 ` +
    `dimensions, 2 are due: \\[N,C\\]`) },
];

export const wrong: WrongRow[] = [
  { op: "softmax", call: (gpu) => softmax(gpu.zeros([2, 3]), { dim: 2 }),
    message: /dim 2 is out of range for 2 dimensions/ },
  { op: "logSoftmax", call: (gpu) => logSoftmax(gpu.empty([2, 3], "i32")), message: /x is i32, f32 is due/ },
  ...targetWrong("crossEntropy", crossEntropy, "logits"),
  { op: "crossEntropy", call: (gpu) => crossEntropy(gpu.zeros([2, 3]), gpu.empty([2], "i32"), { labelSmoothing: 2 }),
    message: /labelSmoothing is 2; a number from 0 to 1 is due/ },
  ...targetWrong("nllLoss", nllLoss, "logp"),
  ...pairWrong("mseLoss", mseLoss),
  ...pairWrong("l1Loss", l1Loss),
  ...pairWrong("binaryCrossEntropyWithLogits", binaryCrossEntropyWithLogits),
  { op: "squaredError", call: (gpu) => squaredError(gpu.zeros([]), gpu.zeros([])),
    message: /x has no batch dimension/ },
  { op: "squaredError", call: (gpu) => squaredError(gpu.zeros([2, 3]), gpu.zeros([2, 4])),
    message: /xhat has shape \[2,4\], \[2,3\] is due/ },
];
