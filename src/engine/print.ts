// Tensors as text, laid out and rounded as PyTorch prints them (torch/_tensor_str.py, precision 4, threshold 1000).

import { sizeOf, type Shape } from "./host.ts";

type Values = Float32Array | Int32Array | Uint32Array;

/** Nested arrays of numbers; a number for a scalar. */
export type NestedNumbers = number | NestedNumbers[];

const PRECISION = 4;
/** More elements than this are summarised: the first and last three of each dimension are shown. */
const THRESHOLD = 1000;
const EDGE = 3;
const WIDTH = 80;

/** The values of a tensor of `shape` as nested arrays. */
export function nest(values: Values, shape: Shape): NestedNumbers {
  const build = (depth: number, at: number): NestedNumbers => {
    if (depth === shape.length) return values[at]!;
    const step = sizeOf(shape.slice(depth + 1));
    return Array.from({ length: shape[depth]! }, (_, i) => build(depth + 1, at + i * step));
  };
  return build(0, 0);
}

/** As print(tensor) in PyTorch: `tensor([[1., 2.], [3., 4.]])`; types other than f32 are named. */
export function printed(values: Values, shape: Shape): string {
  const suffix = values instanceof Float32Array ? "" : `, dtype=${values instanceof Int32Array ? "i32" : "u32"}`;
  if (sizeOf(shape) === 0) return `tensor(${shape.length > 1 ? `[], size=(${shape.join(", ")})` : "[]"}${suffix})`;
  const indent = "tensor(".length;
  return `tensor(${layout(values, shape, indent)}${suffix})`;
}

/** One way to write all numbers of a tensor, at one width. */
function formatter(values: ArrayLike<number>, whole: boolean): (v: number) => string {
  const write = whole ? String
    : style(Array.from(values).filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs), values);
  const name = (v: number) => (Number.isNaN(v) ? "nan" : Number.isFinite(v) ? write(v) : v > 0 ? "inf" : "-inf");
  const width = Math.max(...Array.from(values, (v) => name(v).length));
  return (v) => name(v).padStart(width);
}

function style(magnitudes: number[], values: ArrayLike<number>): (v: number) => string {
  const [least, most] = [magnitudes.reduce((a, b) => Math.min(a, b), Infinity),
    magnitudes.reduce((a, b) => Math.max(a, b), 0)];
  const integral = Array.from(values).every((v) => !Number.isFinite(v) || Number.isInteger(v));
  if (integral) return most / least > 1000 || most > 1e8 ? exponent : (v) => `${signed(v, 0)}.`;
  return most / least > 1000 || most > 1e8 || least < 1e-4 ? exponent : (v) => signed(v, PRECISION);
}

const signed = (v: number,
  digits: number): string => (Object.is(v, -0) ? `-${(0).toFixed(digits)}` : v.toFixed(digits));

const exponent = (v: number): string => v.toExponential(PRECISION).replace(/e([+-])(\d)$/, "e$10$2");

function layout(values: Values, shape: Shape, indent: number): string {
  const summarise = values.length > THRESHOLD;
  const shownAt = (n: number): (number | null)[] =>
    summarise && n > 2 * EDGE
      ? [...Array.from({ length: EDGE }, (_, i) => i), null, ...Array.from({ length: EDGE }, (_, i) => n - EDGE + i)]
      : Array.from({ length: n }, (_, i) => i);
  const step = (depth: number) => sizeOf(shape.slice(depth + 1));
  const shown: number[] = [];
  const visit = (depth: number, at: number): void => {
    if (depth === shape.length) return void shown.push(values[at]!);
    shownAt(shape[depth]!).forEach((i) => i !== null && visit(depth + 1, at + i * step(depth)));
  };
  visit(0, 0);
  const format = formatter(shown, !(values instanceof Float32Array));
  if (shape.length === 0) return format(values[0]!).trim();
  const rows = (depth: number, at: number): string => {
    const items = shownAt(shape[depth]!).map((i) => {
      if (i === null) return depth === shape.length - 1 ? " ..." : "...";
      return depth === shape.length - 1 ? format(values[at + i]!) : rows(depth + 1, at + i * step(depth));
    });
    if (depth === shape.length - 1) return `[${wrap(items, indent + depth + 1)}]`;
    return `[${items.join(`,${"\n".repeat(shape.length - 1 - depth)}${" ".repeat(indent + depth + 1)}`)}]`;
  };
  return rows(0, 0);
}

/** As many numbers a line as fit into WIDTH columns. */
function wrap(items: string[], indent: number): string {
  const each = items[0]!.length + 2;
  const count = Math.max(1, Math.floor((WIDTH - indent) / each));
  const lines = Array.from({ length: Math.ceil(items.length / count) },
    (_, i) => items.slice(i * count, (i + 1) * count).join(", "));
  return lines.join(`,\n${" ".repeat(indent)}`);
}
