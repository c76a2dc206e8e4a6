// Rows of the reductions.

import { argmax, argmin, grad, max, mean, min, sum } from "../../index.ts";
import { reduce } from "./reference.ts";
import type { InputSpec, OpRow, WrongRow } from "./table.ts";

const sumOf = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
const meanOf = (v: readonly number[]) => sumOf(v) / v.length;
const maxOf = (v: readonly number[]) => v.reduce((a, b) => Math.max(a, b));
const minOf = (v: readonly number[]) => v.reduce((a, b) => Math.min(a, b));

const reduction = (op: string, run: typeof sum, f: (values: number[]) => number,
  spec: Partial<InputSpec> = {}): OpRow[] => {
  const row = (name: string, shape: readonly number[], given: number[], keepdim = false, dim = given): OpRow => ({
    op, name, inputs: { x: { shape, ...spec } },
    run: ({ x }) => run(x!, { dim: given, keepdim }),
    reference: ({ x }) => reduce(x!, dim, f),
    gradient: ["x"],
    shape: shape.map((n, d) => (dim.some((r) => (r + shape.length) % shape.length === d) ? (keepdim ? 1 : -1) : n))
      .filter((n) => n !== -1),
  });
  return [
    row("one axis", [5, 7, 11], [1]),
    row("axes apart, keepdim", [2, 5, 3, 7], [0, 2, 3], true),
    row("last axis from the end", [13, 65], [-1]),
    row("last axis, many rows", [40, 65], [1]), // more than the 16 sums of a workgroup on a GPU
    row("first axis, many columns", [70, 40], [0]),
    row("in two passes", [3, 1301], [1]),
    row("everything, many chunks", [7, 1001], [0, 1]),
    row("axis of size 1", [5, 1, 3], [1]),
    row("no axis named: all of them, as in PyTorch", [5, 3], [], false, [0, 1]),
  ];
};

const arg = (op: string, run: typeof argmax, best: (values: number[]) => number): OpRow[] => {
  const row = (name: string, x: InputSpec, dim: number | undefined, keepdim = false): OpRow => ({
    op, name, inputs: { x },
    run: ({ x }) => run(x!, { dim, keepdim }),
    reference: ({ x }) => reduce(x!, dim === undefined ? [...x!.shape.keys()] : [dim], (v) => v.indexOf(best(v))),
    gradient: "none",
  });
  return [
    row("classes of a batch", { shape: [65, 10] }, 1),
    row("middle axis, keepdim", { shape: [5, 7, 11] }, 1, true),
    row("many chunks", { shape: [3, 1001] }, -1),
    row("ties: the first", { shape: [5, 13], values: [1, 3, 3, 0, 0] }, 1),
    row("ties far apart", { shape: [3, 1001], values: [0, 2, 1, -1] }, 1),
    row("everything", { shape: [5, 7] }, undefined),
  ];
};

/** The gradient of a tie goes to the first: differences cannot show it, so the row computes it by its own rule. */
const firstTie = (op: string, run: typeof max, best: (v: readonly number[]) => number): OpRow => ({
  op, name: "ties: the gradient of the first", inputs: { x: { shape: [4, 1001], values: [1, 3, 0, 3, 0] } },
  run: ({ x }) => grad(() => run(x!, { dim: 1 }), [x!])[0]!,
  reference: ({ x }) =>
    Float64Array.from(x!, (_, i) =>
      Number(i % 1001 === [...x!.subarray(i - (i % 1001), i - (i % 1001) + 1001)].indexOf(best([0, 3])))),
  gradient: [],
});

export const rows: OpRow[] = [
  ...reduction("sum", sum, sumOf),
  ...reduction("mean", mean, meanOf),
  ...reduction("max", max, maxOf, { distinct: true }),
  ...reduction("min", min, minOf, { distinct: true }),
  { op: "sum", name: "of nothing", inputs: { x: { shape: [0, 3] } }, run: ({ x }) => sum(x!, { dim: 0 }),
    reference: () => [0, 0, 0], gradient: ["x"], shape: [3] },
  { op: "sum", name: "a scalar", inputs: { x: { shape: [] } }, run: ({ x }) => sum(x!), reference: ({ x }) => x!,
    gradient: ["x"], shape: [] },
  firstTie("max", max, maxOf),
  firstTie("min", min, minOf),
  ...arg("argmax", argmax, maxOf),
  ...arg("argmin", argmin, minOf),
];

const beyond = (op: string, run: (x: Parameters<typeof sum>[0]) => unknown): WrongRow => ({ op,
  call: (gpu) => run(gpu.zeros([2, 3])), message: /dim 2 is out of range for 2 dimensions \(x \[2,3\]\)/ });

export const wrong: WrongRow[] = [
  beyond("sum", (x) => sum(x, { dim: 2 })),
  beyond("mean", (x) => mean(x, { dim: [0, 2] })),
  beyond("max", (x) => max(x, { dim: 2 })),
  beyond("min", (x) => min(x, { dim: 2 })),
  beyond("argmax", (x) => argmax(x, { dim: 2 })),
  beyond("argmin", (x) => argmin(x, { dim: 2 })),
  { op: "max", call: (gpu) => max(gpu.empty([2], "i32")), message: /x is i32, f32 is due/ },
  { op: "max", call: (gpu) => max(gpu.zeros([2, 0]), { dim: 1 }), message: /no elements along the reduced dimensions/ },
  ...([["argmax", argmax], ["argmin", argmin]] as const).map(([op, run]): WrongRow => ({
    op, message: /has no gradient/,
    call: (gpu) => {
      const x = gpu.zeros([2]);
      return grad(() => run(x), [x]);
    },
  })),
];
