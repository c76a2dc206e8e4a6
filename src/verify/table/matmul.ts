// Rows of matmul and linear. The kernels part the work by tiles of 4, 8, 16, 64 and 128 rows and columns; vec4 loads
// need K and N (and M, where a is transposed) to be multiples of 4; few tiles with a long sum are parted along K.

import { linear, matmul, type MatmulOptions, type Shape } from "../../index.ts";
import { sizeOf } from "./reference.ts";
import { filled, host, type Host, type OpRow, type WrongRow } from "./table.ts";

/** y [b,M,N] = op(a) op(b), with the strides of the transposes; an operand without a batch serves them all. */
function product(a: Host, b: Host, [batch, M, N, K]: number[],
  { transposeA = false, transposeB = false }: MatmulOptions): Float64Array {
  const [rowA, stepA] = transposeA ? [1, M!] : [K!, 1];
  const [stepB, columnB] = transposeB ? [1, K!] : [N!, 1];
  const [batchA, batchB] = [a.shape.length > 2 ? M! * K! : 0, b.shape.length > 2 ? K! * N! : 0];
  return filled(batch! * M! * N!, (i) => {
    const [n, m, e] = [i % N!, Math.floor(i / N!) % M!, Math.floor(i / (M! * N!))];
    let sum = 0;
    for (let k = 0; k < K!; k++)
      sum += a[e * batchA + m * rowA + k * stepA]! * b[e * batchB + k * stepB + n * columnB]!;
    return sum;
  });
}

interface Batches { lead?: Shape; leadA?: Shape; leadB?: Shape }

/** [M,K] x [K,N], each stored transposed where `t` says so ("NT": b is), with leading batch dimensions. */
function multiply(name: string, [M, K, N]: [number, number, number], t: "NN" | "NT" | "TN" | "TT" = "NN",
  { lead = [], leadA = lead, leadB = lead }: Batches = {}): OpRow {
  const options = { transposeA: t[0] === "T", transposeB: t[1] === "T" };
  const batch = leadA.length ? leadA : leadB;
  const a = [...leadA, ...(options.transposeA ? [K, M] : [M, K])];
  const b = [...leadB, ...(options.transposeB ? [N, K] : [K, N])];
  return {
    op: "matmul",
    name: `${name}, ${t}: [${a}] x [${b}]`,
    inputs: { a: { shape: a }, b: { shape: b } },
    gradient: ["a", "b"],
    shape: [...batch, M, N],
    run: (x) => matmul(x.a!, x.b!, options),
    reference: (x) => product(x.a!, x.b!, [sizeOf(batch), M, N, K], options),
  };
}

const TRANSPOSES = ["NN", "NT", "TN", "TT"] as const;
const each = (name: string, sizes: [number, number, number], batches?: Batches): OpRow[] =>
  TRANSPOSES.map((t) => multiply(name, sizes, t, batches));

const products: OpRow[] = [
  ...each("odd", [5, 7, 11]),
  ...each("whole vec4s", [8, 16, 12]),
  ...each("around the tiles", [17, 20, 36]),
  ...each("beyond a tile", [65, 7, 67]),
  ...each("beyond a tile, whole vec4s", [68, 8, 68]),
  ...each("batched", [5, 7, 3], { lead: [3] }),
  ...each("batched, whole vec4s", [4, 8, 12], { lead: [2, 3] }),
  ...each("a for all of b", [5, 4, 8], { leadB: [3] }),
  ...each("b for all of a", [4, 8, 7], { leadA: [3] }),
  ...[3, 4, 7, 8, 9, 15, 16].map((M) => multiply(`${M} rows`, [M, 8, 8])),
  ...[31, 32, 33, 63, 64].map((N) => multiply(`${N} columns`, [5, 12, N])),
  ...[1, 2, 3, 4, 5].map((K) => multiply(`a sum of ${K}`, [6, K, 8])),
  multiply("K, not N, a multiple of 4", [7, 8, 5]),
  multiply("N, not K, a multiple of 4", [7, 5, 8]),
  multiply("one row", [1, 13, 5]),
  multiply("one column", [11, 13, 1], "TT"),
  multiply("one of everything", [1, 1, 1]),
  multiply("a long sum", [5, 1037, 3]),
  multiply("a long sum, whole vec4s", [4, 1040, 8], "TN"),
  multiply("beyond a tile of 128", [129, 8, 130], "NT"),
  multiply("a batch of one for all", [3, 5, 4], "NN", { leadA: [1], leadB: [] }),
  multiply("no rows", [0, 3, 4]),
  multiply("no sum", [3, 0, 4]),
  multiply("no batch", [3, 4, 5], "NN", { lead: [0] }),
];

function dense(name: string, N: number, inputs: number, outputs: number, noBias?: true): OpRow {
  const bias: OpRow["inputs"] = noBias ? {} : { bias: { shape: [outputs] } };
  return {
    op: "linear",
    name: `${name}: ${inputs} to ${outputs}, ${N} rows`,
    shape: [N, outputs],
    gradient: ["x", "weight", ...Object.keys(bias)],
    inputs: { x: { shape: [N, inputs] }, weight: { shape: [outputs, inputs] }, ...bias },
    run: ({ x, weight, bias }) => linear(x!, weight!, bias),
    reference({ x, weight, bias }) {
      const y = product(x!, weight!, [1, N, outputs, inputs], { transposeB: true });
      return host(y.map((v, i) => v + (bias?.[i % outputs] ?? 0)), [N, outputs]);
    },
  };
}

const layers: OpRow[] = [
  dense("odd", 5, 7, 11),
  dense("odd, no bias", 13, 11, 5, true),
  dense("whole vec4s", 16, 64, 32),
  dense("whole vec4s, no bias", 8, 20, 12, true),
  dense("around the tiles", 17, 65, 33),
  dense("a long sum", 4, 784, 20),
  dense("one row", 1, 128, 10),
  dense("one input", 7, 1, 5),
  dense("one output", 9, 13, 1),
  dense("one of everything", 1, 1, 1),
  dense("many rows, so that the weight gradient is a long sum", 530, 3, 5),
  dense("no rows", 0, 3, 5),
];

export const rows: OpRow[] = [...products, ...layers];

const wrongMatmul = (message: RegExp, a: Shape, b: Shape, options: MatmulOptions = {}): WrongRow =>
  ({ op: "matmul", message, call: (gpu) => matmul(gpu.zeros(a), gpu.zeros(b), options) });
const wrongLinear = (message: RegExp, x: Shape, weight: Shape, bias?: Shape): WrongRow =>
  ({ op: "linear", message, call: (gpu) => linear(gpu.zeros(x), gpu.zeros(weight), bias && gpu.zeros(bias)) });

export const wrong: WrongRow[] = [
  wrongMatmul(/both operands need at least 2 dimensions \(a \[3\], b \[3,4\]\)/, [3], [3, 4]),
  wrongMatmul(/the summed dimension is 3 in a and 2 in b \(a \[4,3\], b \[2,3\]\)/, [4, 3], [2, 3]),
  wrongMatmul(/the summed dimension is 4 in a and 3 in b/, [4, 3], [2, 3], { transposeA: true, transposeB: true }),
  wrongMatmul(/the batch dimensions differ; expand one of them \(a \[2,4,3\], b \[5,3,2\]\)/, [2, 4, 3], [5, 3, 2]),
  { op: "matmul", message: /b is i32, f32 is due/, call: (gpu) => matmul(gpu.zeros([2, 2]), gpu.empty([2, 2], "i32")) },
  wrongLinear(/x has 3 dimensions, 2 are due: \[N,in\]/, [2, 3, 4], [5, 4]),
  wrongLinear(/weight has 1 dimensions, 2 are due: \[out,in\]/, [2, 3], [3]),
  wrongLinear(/weight takes 4 inputs, x has 3 \(x \[2,3\], weight \[5,4\]\)/, [2, 3], [5, 4]),
  wrongLinear(/bias has shape \[3\], \[5\] is due/, [2, 3], [5, 3], [3]),
  { op: "linear", message: /x is i32, f32 is due/, call: (gpu) => linear(gpu.empty([2, 3], "i32"), gpu.zeros([5, 3])) },
];
