// Rows of running sums and of order: cumsum, sort, topk.

import * as ops from "../../index.ts";
import { DISTINCT, along, each, line } from "./lines.ts";
import type { OpRow, WrongRow } from "./table.ts";

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

export const rows: OpRow[] = [...sums, ...orders];

const T = (gpu: ops.Engine, ...shape: number[]) => gpu.zeros(shape);
export const wrong: WrongRow[] = [
  { op: "cumsum", call: (gpu) => ops.cumsum(T(gpu, 3), 1), message: /dim 1 is out of range/ },
  { op: "sort", call: (gpu) => ops.sort(T(gpu, 3), { dim: 4 }), message: /dim 4 is out of range/ },
  { op: "sort", call: (gpu) => ops.sort(T(gpu, 3), { axis: 0 } as object), message: /no option named axis/ },
  { op: "topk", call: (gpu) => ops.topk(T(gpu, 3), 4), message: /k is 4 and dimension 0 has 3 elements/ },
];
