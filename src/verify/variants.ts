// Every variant that the tuner may choose computes the same, not only the preferred one.

import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { agrees, toleranceOf } from "../engine/tuner.ts";
import { conv2d, matmul } from "../kernels/index.ts";
import { rows } from "./table/index.ts";
import { filled, idOf, makeInputs, seeded, type OpRow } from "./table/table.ts";

/** Beginnings of ids, around the edges of the tiles: a row each, or a few that differ in a transpose or a stride. */
export const VARIED = [
  "conv2d 3x3", "conv2d 2x2", "conv2d 1x2,", "conv2d 7x7,", "conv2d 65 output channels", "conv2d 33 input channels",
  "conv2d 130 channels", "conv2d 68 channels", "conv2d 2 groups of 34",
  "conv2d 65 segments", "conv2d many parts", "conv2d dilation [3,2]", "conv2d 3 groups",
  "conv2d depthwise", "conv2d dense", "convTranspose2d dense", "conv2d Winograd", "conv2d 2x3, stride 4",
  "conv2d relu", "convTranspose2d 3x3", "convTranspose2d 4x4, stride 2, padding 1", "convTranspose2d 8x6",
  "convTranspose2d 33 channels", "convTranspose2d 2 groups", "convTranspose2d relu", "linear around",
  "linear whole vec4s", "linear a long sum", "linear many rows", "matmul odd, NN", "matmul around",
  "matmul beyond a tile, TT", "matmul beyond a tile, whole vec4s, TN", "matmul beyond a tile of 128",
  "matmul batched, NT", "matmul batched, whole vec4s, TT", "matmul a for all of b, NN", "matmul b for all of a, TN",
  "matmul a long sum",
];

export const variedRows = (): OpRow[] => rows.filter((row) => VARIED.some((start) => idOf(row).startsWith(start)));

/** To the tuner's tolerance, over the largest number. */
const closely = (gpu: Engine) => (a: Float32Array, b: Float32Array): boolean =>
  agrees(a, b, toleranceOf(gpu.precision));

/** The results read back. */
async function computed(gpu: Engine, run: () => Tensor[]): Promise<Float32Array[]> {
  const made = gpu.scope(run);
  const data: Float32Array[] = [];
  for (const t of made) data.push(await t.data());
  made.forEach((t) => t.dispose());
  return data;
}

/** Numbers that are not finite, at these places of an input or of "dy". */
type Bad = Readonly<Record<string, ReadonlyMap<number, number>>>;

/** A row's result and gradients as a function of nothing; what it needs is added to `made`. */
function callOf(gpu: Engine, row: OpRow, made: Tensor[], bad: Bad = {}): () => Tensor[] {
  const upload = (name: string, numbers: Float64Array, shape: Shape) => {
    const data = new Float32Array(numbers);
    bad[name]?.forEach((v, i) => (data[i] = v));
    made.push(gpu.tensor(data, shape));
    return made.at(-1)!;
  };
  const t = Object.fromEntries(Object.entries(makeInputs(row, "variants")).map(([name, { host }]) =>
    [name, upload(name, host, host.shape)]));
  const random = seeded(`${idOf(row)} dy`);
  const dy = filled(row.shape!.reduce((a, b) => a * b, 1), () => 2 * random() - 1);
  const last = upload("dy", dy, row.shape!);
  return () => {
    const { value, grads } = valueAndGrad(() => row.run(t), Object.values(t), last);
    return [value, ...grads];
  };
}

export interface Comparing {
  /** Gets "op variant" of all that ran. */
  tried?: Set<string>;
  /** The variants that are compared with the preferred ones; all of them by default. */
  only?: readonly string[];
  /** Variants that are left out altogether. */
  without?: string;
  /** Whether two results are the same; by default to the tuner's tolerance. */
  same?: (a: Float32Array, b: Float32Array) => boolean;
}

/**
 * Runs something with every variant of every heavy op in it, one at a time: "op variant: output i" for each that
 * differs from what the preferred variants give.
 */
export async function differing(gpu: Engine, run: () => Tensor[],
  { tried, only, without, same = closely(gpu) }: Comparing = {}): Promise<string[]> {
  // shape classes of one op share their names
  const heavy = new Map(gpu.tuner.heavy(run).map(({ op, variants }) => [op, variants.filter((v) => v !== without)]));
  const wrong: string[] = [];
  try {
    for (const [op, [first]] of heavy) gpu.tuner.force(op, first!);
    const due = await computed(gpu, run);
    for (const [op, [first, ...others]] of heavy) {
      for (const name of others.filter((n) => only?.includes(n) ?? true)) {
        gpu.tuner.force(op, name);
        tried?.add(`${op} ${name}`);
        const found = await computed(gpu, run);
        found.forEach((data, i) => same(data, due[i]!) || wrong.push(`${op} ${name}: output ${i}`));
      }
      gpu.tuner.force(op, first!);
    }
  } finally {
    for (const op of heavy.keys()) gpu.tuner.force(op, null);
  }
  return wrong;
}

/**
 * Products so large that their operands are packed first, too large for the table's reference: [batch,M,N,K],
 * transposed.
 */
const LARGE = [[1, 515, 772, 514, false, true], [1, 512, 768, 516, true, false],
  [2, 512, 768, 512, false, false]] as const;

/** The variants by which a large product differs, see `differing`. */
export async function differingInLarge(gpu: Engine): Promise<string[]> {
  const wrong: string[] = [];
  for (const [B, M, N, K, transposeA, transposeB] of LARGE) {
    const random = seeded(`large ${M}`);
    const make = (rows: number, columns: number) =>
      gpu.tensor(new Float32Array(filled(B * rows * columns, () => 2 * random() - 1)), [B, rows, columns]);
    const [a, b] = [transposeA ? make(K, M) : make(M, K), transposeB ? make(N, K) : make(K, N)];
    wrong.push(...(await differing(gpu, () => [matmul(a, b, { transposeA, transposeB })])));
    [a, b].forEach((t) => t.dispose());
  }
  return wrong;
}

/**
 * Convolutions [N,C,31,31] to O channels by 3x3 whose transformed images a CPU takes in two chunks: these two variants,
 * beside the preferred one.
 */
const CHUNKED = [["winograd", 4, 128, 32], ["columns", 4, 32, 8]] as const;

/** The variants by which a convolution in chunks differs, see `differing`. */
export async function differingInChunks(gpu: Engine): Promise<string[]> {
  const wrong: string[] = [];
  for (const [variant, N, C, O] of CHUNKED) {
    const random = seeded(`chunks ${variant}`);
    const make = (shape: number[]) =>
      gpu.tensor(new Float32Array(filled(shape.reduce((a, b) => a * b, 1), () => 2 * random() - 1)), shape);
    const made = [make([N, C, 31, 31]), make([O, C, 3, 3]), make([N, O, 31, 31])];
    const [x, w, dy] = made as [Tensor, Tensor, Tensor];
    wrong.push(...(await differing(gpu, () => {
      const { value, grads } = valueAndGrad(() => conv2d(x, w, undefined, { padding: 1 }), [x, w], dy);
      return [value, ...grads];
    }, { only: [variant] })));
    made.forEach((t) => t.dispose());
  }
  return wrong;
}

/** The variants by which a row's result or gradients differ, see `differing`. */
export async function differingIn(gpu: Engine, row: OpRow, comparing: Comparing = {}): Promise<string[]> {
  const made: Tensor[] = [];
  try {
    return await differing(gpu, callOf(gpu, row, made), comparing);
  } finally {
    made.forEach((t) => t.dispose());
  }
}

/** Of VARIED, those whose kernels guard NaN and infinity in different ways: at edges, in padding, beyond a row. */
const GUARDED = ["conv2d 3x3", "conv2d 2x2", "conv2d depthwise", "conv2d dilation [3,2]", "conv2d 2x3, stride 4",
  "convTranspose2d 3x3", "convTranspose2d 4x4, stride 2, padding 1", "linear around", "matmul odd, NN"];

/** A row for each of GUARDED. */
export const guardedRows = (): OpRow[] => GUARDED.map((start) => variedRows().find((r) => idOf(r).startsWith(start))!);

/** NaN and infinities at the same places, the other numbers to `tolerance` of the largest. */
const agreesInSpecial = (tolerance: number) => (a: Float32Array, b: Float32Array): boolean => {
  const scale = b.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1e-30);
  return a.every((v, i) => Object.is(v, b[i]) || Math.abs(v - b[i]!) <= tolerance * scale);
};

/**
 * The variants by which a row differs once some numbers are NaN or infinite: the first, one in the middle and the last
 * of an input, or of the gradient that comes in. Winograd is left out, which mixes the pixels of a tile.
 */
export async function differingInSpecial(gpu: Engine, row: OpRow): Promise<string[]> {
  const sizes = { ...Object.fromEntries(Object.entries(row.inputs).map(([name, { shape }]) => [name, shape])),
    dy: row.shape! };
  const wrong: string[] = [];
  for (const [name, shape] of Object.entries(sizes)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const bad = new Map([[0, NaN], [Math.floor(size / 2) + 1, Infinity], [size - 1, -Infinity]]);
    const made: Tensor[] = [];
    const found = await differing(gpu, callOf(gpu, row, made, { [name]: bad }), { without: "winograd",
      same: agreesInSpecial(toleranceOf(gpu.precision)) });
    wrong.push(...found.map((what) => `${what} where ${name} is not finite`));
    made.forEach((t) => t.dispose());
  }
  return wrong;
}
