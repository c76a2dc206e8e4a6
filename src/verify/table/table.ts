// The table of op tests: what a row is, and its seeded inputs. check.ts holds a row to its reference; the files beside
// this one hold the rows, a family each; index.ts collects them.

import type { DType, Engine, Shape, Tensor } from "../../index.ts";

/** An input as a reference sees it: float64, row-major, with its shape. */
export type Host = Float64Array & { readonly shape: Shape };

export interface InputSpec {
  shape: Shape;
  /** Random numbers are uniform in [low, high); [-2, 2) if left out. */
  low?: number;
  high?: number;
  /** Exact values, repeated until the shape is full, instead of random ones. */
  values?: readonly number[];
  /** Random whole numbers 0..below-1 of type i32: labels, indices. */
  below?: number;
  /** Shuffled values at least 0.05 apart, for ops that compare elements with each other. */
  distinct?: true;
  /** f32 if left out, i32 with `below`. */
  dtype?: DType;
}

export interface OpRow {
  /** The op's name in src/kernels/index.ts. */
  op: string;
  /** What is special about this row: "stride 2, groups 2". Together with `op` it is the row's id. */
  name: string;
  inputs: Record<string, InputSpec>;
  /** Must return a new tensor or a view. An op that overwrites its input gets a copy of it in here. */
  run: (t: Record<string, Tensor>) => Tensor;
  /**
   * The result in float64, row-major. `draw` is the generator's state before `run`: [key low, key high, counter low,
   * counter high].
   */
  reference: (x: Record<string, Host>, draw: readonly number[]) => ArrayLike<number>;
  /** Inputs whose gradient is checked; [] where one exists but this row leaves it out, "none" where the op has none. */
  gradient: readonly string[] | "none";
  /** Kinks: random inputs keep 0.01 away from these. */
  avoid?: readonly number[];
  /** Largest |y - reference| over largest |reference|; 1e-5 if left out. */
  tolerance?: number;
  /** The same for gradients; 2e-5 if left out. */
  gradientTolerance?: number;
  /** Holds every element to `tolerance` of itself, so that small ones count beside large ones. */
  each?: true;
  /** The result's shape, where the row checks it. */
  shape?: Shape;
}

/** A call that must throw one sentence: it begins with the op's name and matches `message`. */
export interface WrongRow {
  op: string;
  call: (gpu: Engine) => unknown;
  message: RegExp;
}

export const idOf = (row: { op: string; name: string }): string => `${row.op} ${row.name}`;

/** Random numbers in [0, 1) from a text seed (mulberry32). */
export function seeded(seed: string): () => number {
  let state = 2166136261;
  for (const c of seed) state = Math.imul(state ^ c.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A host array with a shape. */
export function host(data: ArrayLike<number>, shape: Shape): Host {
  return Object.assign(new Float64Array(data), { shape });
}

/** n numbers made by f; a plain loop, since a row may have millions. */
export function filled(n: number, f: (i: number) => number): Float64Array {
  const data = new Float64Array(n);
  for (let i = 0; i < n; i++) data[i] = f(i);
  return data;
}

function shuffled(n: number, random: () => number): Float64Array {
  const values = filled(n, (i) => (i - n / 2) * 0.0625 + 0.03);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

function uniform(n: number, { low = -2, high = 2 }: InputSpec, avoid: readonly number[],
  random: () => number): Float64Array {
  const draw = (): number => {
    const v = Math.fround(low + (high - low) * random());
    return avoid.some((kink) => Math.abs(v - kink) < 0.01) ? draw() : v;
  };
  return filled(n, draw);
}

const dtypeOf = (spec: InputSpec): DType => spec.dtype ?? (spec.below ? "i32" : "f32");

/** The row's inputs for a seed, rounded to float32: the reference and the GPU see the same numbers. */
export function makeInputs(row: OpRow, seed: string): Record<string, { host: Host; dtype: DType }> {
  const make = (name: string, spec: InputSpec) => {
    const random = seeded(`${idOf(row)} ${name} ${seed}`);
    const n = spec.shape.reduce((a, b) => a * b, 1);
    const { values, below } = spec;
    const data = values ? filled(n, (i) => Math.fround(values[i % values.length]!))
      : below ? filled(n, () => Math.floor(random() * below))
      : spec.distinct ? shuffled(n, random)
      : uniform(n, spec, row.avoid ?? [], random);
    return { host: Object.assign(data, { shape: spec.shape }), dtype: dtypeOf(spec) };
  };
  return Object.fromEntries(Object.entries(row.inputs).map(([name, spec]) => [name, make(name, spec)]));
}
