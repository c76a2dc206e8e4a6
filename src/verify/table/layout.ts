// Rows of the ops that move elements: expand, reshape, permute, slice, cat, pad, gather, indexSelect, oneHot.

import { cat, expand, flatten, gather, indexSelect, oneHot, pad, permute, reshape, slice,
  transpose } from "../../index.ts";
import { generate, indexOf } from "./reference.ts";
import { filled, type Host, type InputSpec, type OpRow, type WrongRow } from "./table.ts";

type Shape = readonly number[];
type From = (c: readonly number[]) => number[];

/** A row whose result of `shape` has at c the element of x at from(c). */
const moved = (op: string, name: string, x: InputSpec, run: OpRow["run"], shape: Shape, from: From,
  gradient = ["x"]): OpRow => ({
    op,
    name,
    inputs: { x },
    run,
    shape,
    gradient,
    reference: ({ x }) => generate(shape, (c) => x![indexOf(from(c), x!.shape)]!),
  });

const padded = (x: Host, amounts: readonly [number, number][], value: number) =>
  generate(x.shape.map((n, d) => amounts[d]![0] + n + amounts[d]![1]), (c) => {
    const at = c.map((i, d) => i - amounts[d]![0]);
    return at.every((i, d) => i >= 0 && i < x.shape[d]!) ? x[indexOf(at, x.shape)]! : value;
  });

const gathered = (name: string, dim: number, x: Shape, index: Shape): OpRow => ({
  op: "gather",
  name,
  inputs: { x: { shape: x }, index: { shape: index, below: x[dim]! } },
  run: ({ x, index }) => gather(x!, dim, index!),
  gradient: ["x"],
  shape: index,
  reference: ({ x, index }) =>
    generate(index!.shape, (c) => x![indexOf(c.with(dim, index![indexOf(c, index!.shape)]!), x!.shape)]!),
});

const selected = (name: string, dim: number, x: InputSpec, K: number, gradient: OpRow["gradient"] = ["x"]): OpRow => ({
  op: "indexSelect",
  name,
  inputs: { x, index: { shape: [K], below: x.shape[dim]! } },
  run: ({ x, index }) => indexSelect(x!, dim, index!),
  gradient,
  shape: x.shape.with(dim, K),
  reference: ({ x, index }) =>
    generate(x!.shape.with(dim, K), (c) => x![indexOf(c.with(dim, index![c[dim]!]!), x!.shape)]!),
});

const joined = (name: string, dim: number, a: Shape, b: Shape): OpRow => ({
  op: "cat",
  name,
  inputs: { a: { shape: a }, b: { shape: b } },
  run: ({ a, b }) => cat([a!, b!, a!], dim),
  gradient: ["a", "b"],
  reference: ({ a, b }) => {
    const [n, m] = [a!.shape.at(dim)!, b!.shape.at(dim)!];
    const axis = dim < 0 ? dim + a!.shape.length : dim;
    return generate(a!.shape.with(axis, 2 * n + m), (c) => {
      const i = c[axis]!;
      return i < n || i >= n + m ? a![indexOf(c.with(axis, i < n ? i : i - n - m), a!.shape)]!
        : b![indexOf(c.with(axis, i - n), b!.shape)]!;
    });
  },
});

const LONG = Math.ceil((65535 * 64) / 11) + 1; // times 11: more threads than one row of the grid has

export const rows: OpRow[] = [
  moved("expand", "two dimensions", { shape: [5, 1, 7] }, ({ x }) => expand(x!, [3, 5, 2, 7]), [3, 5, 2, 7],
    (c) => [c[1]!, 0, c[3]!]),
  { op: "expand", name: "more than one row of the grid", inputs: { x: { shape: [1, 11] } },
    run: ({ x }) => expand(x!, [LONG, 11]), reference: ({ x }) => filled(LONG * 11, (i) => x![i % 11]!),
    gradient: ["x"] },
  moved("reshape", "one size worked out", { shape: [5, 3, 7] }, ({ x }) => reshape(x!, [7, -1]), [7, 15], (c) => {
    const i = c[0]! * 15 + c[1]!;
    return [Math.floor(i / 21), Math.floor(i / 7) % 3, i % 7];
  }),
  moved("flatten", "[3,2,5,7]", { shape: [3, 2, 5, 7] }, ({ x }) => flatten(x!), [3, 70],
    (c) => [c[0]!, Math.floor(c[1]! / 35), Math.floor(c[1]! / 7) % 5, c[1]! % 7]),
  moved("permute", "four dimensions", { shape: [2, 3, 5, 7] }, ({ x }) => permute(x!, [2, 0, 3, 1]), [5, 2, 7, 3],
    ([a, b, c, d]) => [b!, d!, a!, c!]),
  moved("permute", "to channels last, one of size 1", { shape: [5, 1, 7, 13] }, ({ x }) => permute(x!, [0, 2, 3, -3]), [
    5,
    7,
    13,
    1,
  ], ([a, b, c, d]) => [a!, d!, b!, c!]),
  moved("permute", "integers", { shape: [3, 5], below: 9 }, ({ x }) => permute(x!, [1, 0]), [5, 3],
    ([a, b]) => [b!, a!], []),
  moved("transpose", "matrix", { shape: [65, 13] }, ({ x }) => transpose(x!, 0, 1), [13, 65], ([a, b]) => [b!, a!]),
  moved("transpose", "last two of three", { shape: [3, 5, 7] }, ({ x }) => transpose(x!, -1, -2), [3, 7, 5],
    ([a, b, c]) => [a!, c!, b!]),
  moved("slice", "rows", { shape: [13, 5] }, ({ x }) => slice(x!, 0, 3, 11), [8, 5], ([a, b]) => [a! + 3, b!]),
  moved("slice", "middle axis from the end", { shape: [3, 11, 7] }, ({ x }) => slice(x!, 1, -4), [3, 4, 7],
    ([a, b, c]) => [a!, b! + 7, c!]),
  moved("slice", "columns, one", { shape: [5, 7] }, ({ x }) => slice(x!, -1, 6, 7), [5, 1], ([a]) => [a!, 6]),
  joined("rows", 0, [3, 5], [2, 5]),
  joined("channels", 1, [2, 3, 5, 7], [2, 1, 5, 7]),
  joined("last axis", -1, [5, 7], [5, 11]),
  { op: "pad", name: "an image batch", inputs: { x: { shape: [2, 3, 5, 7] } }, run: ({ x }) => pad(x!, [1, 2, 3, 0]),
    reference: ({ x }) => padded(x!, [[0, 0], [0, 0], [3, 0], [1, 2]], 0), gradient: ["x"], shape: [2, 3, 8, 10] },
  { op: "pad", name: "with a value, all axes", inputs: { x: { shape: [5, 13] } },
    run: ({ x }) => pad(x!, [0, 4, 2, 1], 1.5), reference: ({ x }) => padded(x!, [[2, 1], [0, 4]], 1.5),
    gradient: ["x"], shape: [8, 17] },
  gathered("last axis", 1, [7, 11], [7, 3]),
  gathered("first axis, more picks than elements", 0, [5, 7], [13, 7]),
  gathered("middle axis, index smaller elsewhere", 1, [5, 7, 11], [3, 9, 5]),
  selected("rows of a batch, four wide", 0, { shape: [11, 3, 4] }, 13),
  selected("rows of odd size", 0, { shape: [11, 7] }, 5),
  selected("channels", 1, { shape: [3, 5, 2, 6] }, 7),
  selected("last axis", 1, { shape: [5, 13] }, 65),
  selected("labels", 0, { shape: [65], below: 10 }, 7, []),
  { op: "oneHot", name: "labels of a batch", inputs: { y: { shape: [65], below: 10 } }, run: ({ y }) => oneHot(y!, 10),
    reference: ({ y }) => generate([65, 10], ([n, c]) => Number(y![n!] === c)), gradient: "none", shape: [65, 10] },
  {
    op: "oneHot",
    name: "a map, some labels outside",
    inputs: { y: { shape: [5, 7], values: [-1, 0, 1, 2, 3], dtype: "i32" } },
    run: ({ y }) => oneHot(y!, 3),
    reference: ({ y }) =>
      generate([5, 7, 3], ([n, m, c]) => (y![n! * 7 + m!]! in [0, 1, 2] ? Number(y![n! * 7 + m!] === c) : NaN)),
    gradient: "none",
    shape: [5, 7, 3],
  },
];

export const wrong: WrongRow[] = [
  { op: "expand", call: (gpu) => expand(gpu.zeros([2, 3]), [2, 4]), message: /x cannot be broadcast to \[2,4\]/ },
  { op: "reshape", call: (gpu) => reshape(gpu.zeros([2, 3]), [4, 2]), message: /\[4,2\] holds 8 elements, x has 6/ },
  { op: "reshape", call: (gpu) => reshape(gpu.zeros([2, 3]), [-1, -1]), message: /more than one -1/ },
  { op: "flatten", call: (gpu) => flatten(gpu.zeros([])), message: /0 dimensions/ },
  { op: "permute", call: (gpu) => permute(gpu.zeros([2, 3]), [0, 0]),
    message: /dims \[0,0\] given; each of the 2 dimensions is due once/ },
  { op: "transpose", call: (gpu) => transpose(gpu.zeros([2, 3]), 0, 2), message: /dim 2 is out of range/ },
  { op: "slice", call: (gpu) => slice(gpu.zeros([2, 3]), 1, 2, 5),
    message: /start 2 and end 5 of dimension 1; 0 <= start <= end <= 3 is due/ },
  { op: "cat", call: (gpu) => cat([gpu.zeros([2, 3]), gpu.zeros([2, 4])]),
    message: /tensor 1 has shape \[2,4\], tensor 0 \[2,3\]; they may differ in dimension 0 only/ },
  { op: "cat", call: () => cat([]), message: /no tensors given/ },
  { op: "pad", call: (gpu) => pad(gpu.zeros([2, 3]), [1, 1, 1]),
    message: /amounts \[1,1,1\] given; pairs of whole numbers/ },
  { op: "gather", call: (gpu) => gather(gpu.zeros([2, 3]), 1, gpu.empty([3, 1], "i32")),
    message: /may exceed x in dimension 1 only/ },
  { op: "gather", call: (gpu) => gather(gpu.zeros([2, 3]), 1, gpu.zeros([2, 3])), message: /index is f32, i32 is due/ },
  { op: "indexSelect", call: (gpu) => indexSelect(gpu.zeros([2, 3]), 0, gpu.empty([2, 2], "i32")),
    message: /index has 2 dimensions, 1 are due: \[K\]/ },
  { op: "indexSelect", call: (gpu) => indexSelect(gpu.zeros([2, 3]), 0, gpu.zeros([2])),
    message: /index is f32, i32 is due/ },
  { op: "oneHot", call: (gpu) => oneHot(gpu.zeros([2]), 3), message: /labels is f32, i32 is due/ },
  { op: "oneHot", call: (gpu) => oneHot(gpu.empty([2], "i32"), 0),
    message: /classes is 0; a whole number >= 1 is due/ },
];
