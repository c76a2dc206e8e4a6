// Rows of the ops that part, join, pick, mask and make tensors.

import * as ops from "../../index.ts";
import { WHOLE, CUBE, at, each, type Shape } from "./lines.ts";
import { coordinates, generate, indexOf } from "./reference.ts";
import type { InputSpec, OpRow, WrongRow } from "./table.ts";

const MATRIX: InputSpec = { shape: [2, 6, 5] };
const triangles: OpRow[] = [-7, -1, 0, 2].flatMap((k) => [
  each("tril", `diagonal ${k}`, MATRIX, (x) => ops.tril(x, k), [2, 6, 5],
    (x, c) => (c[2]! - c[1]! <= k ? x[indexOf(c, x.shape)]! : 0)),
  each("triu", `diagonal ${k}`, MATRIX, (x) => ops.triu(x, k), [2, 6, 5],
    (x, c) => (c[2]! - c[1]! >= k ? x[indexOf(c, x.shape)]! : 0)),
]);

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

export const rows: OpRow[] = [...triangles, ...parts, ...picked, ...creators];

const T = (gpu: ops.Engine, ...shape: number[]) => gpu.zeros(shape);
export const wrong: WrongRow[] = [
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
  { op: "arange", call: (gpu) => ops.arange(gpu, 0, 1, -1), message: /reach no end/ },
  { op: "linspace", call: (gpu) => ops.linspace(gpu, 0, 1, 2.5), message: /steps is 2.5/ },
  { op: "eye", call: (gpu) => ops.eye(gpu, -1), message: /n is -1/ },
  { op: "ones", call: () => ops.ones(null as unknown as ops.Engine, [2]), message: /null given as the engine/ },
  { op: "onesLike", call: () => ops.onesLike(1 as unknown as ops.Tensor), message: /x is 1/ },
  { op: "zerosLike", call: () => ops.zerosLike(1 as unknown as ops.Tensor), message: /x is 1/ },
  { op: "fullLike", call: () => ops.fullLike(1 as unknown as ops.Tensor, 2), message: /x is 1/ },
  { op: "cast", call: (gpu) => ops.cast(T(gpu, 2), "f16" as "f32"), message: /dtype is "f16"/ },
];
