// Every check of the ops' arguments and its wording: the op, what came, what is due. Only what a caller can get wrong.

import { Tensor, describeValue, sameShape, sizeOf, type DType, type Shape } from "../engine/tensor.ts";

export { sameShape } from "../engine/tensor.ts";

/** What has a shape. */
interface Shaped {
  readonly shape: Shape;
}

export const show = (t: Shaped): string => `[${t.shape}]`;

export function fail(op: string, message: string, tensors: Record<string, Shaped> = {}): never {
  const came = Object.entries(tensors).map(([name, t]) => `${name} ${show(t)}`);
  throw new Error(`${op}: ${message}${came.length ? ` (${came.join(", ")})` : ""}`);
}

// ---- tensors --------------------------------------------------------------------------------------------------------

/** A tensor of any type. */
export function checkAnyTensor(op: string, name: string, t: unknown): Tensor {
  if (!(t instanceof Tensor)) fail(op, `${name} is ${describeValue(t)}; a tensor is due`);
  return t;
}

/** A tensor of the type that is due. */
export function checkTensor(op: string, name: string, t: unknown, due: DType = "f32"): Tensor {
  if (!(t instanceof Tensor)) fail(op, `${name} is ${describeValue(t)}; a tensor is due`);
  if (t.dtype !== due) fail(op, `${name} is ${t.dtype}, ${due} is due`);
  return t;
}

/** t has `rank` dimensions; `legend` names them, e.g. "[N,C,H,W]". */
export function checkRank(op: string, name: string, t: Tensor, rank: number, legend: string): void {
  const { shape } = checkAnyTensor(op, name, t);
  if (shape.length !== rank)
    fail(op, `${name} has ${shape.length} dimensions, ${rank} are due: ${legend}`, { [name]: t });
}

export function checkShape(op: string, name: string, t: Tensor, due: Shape): void {
  checkAnyTensor(op, name, t);
  if (!sameShape(t.shape, due)) fail(op, `${name} has shape ${show(t)}, [${due}] is due`);
}

/** The optional bias [channels] of a layer. */
export function checkBias(op: string, bias: Tensor | undefined | null, channels: number): void {
  if (bias === undefined || bias === null) return;
  checkTensor(op, "bias", bias);
  checkShape(op, "bias", bias, [channels]);
}

/** The shape of a op b after broadcasting, as in PyTorch. */
export function broadcastShape(op: string, a: Shaped, b: Shaped): number[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[i - rank + a.shape.length] ?? 1;
    const y = b.shape[i - rank + b.shape.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      fail(op, `sizes ${x} and ${y} of dimension ${i - rank} cannot be broadcast`, { a, b });
    return x === 1 ? y : x;
  });
}

export function checkSize(op: string, x: Tensor, shape: Shape): void {
  if (sizeOf(shape) !== x.size) fail(op, `[${shape}] holds ${sizeOf(shape)} elements, x has ${x.size}`, { x });
}

/** Scores f32 [N,C] and labels i32 [N] of a classification loss; at least one class. */
export function checkTargets(op: string, name: string, scores: Tensor, labels: Tensor): { N: number; C: number } {
  checkTensor(op, name, scores);
  checkRank(op, name, scores, 2, "[N,C]");
  checkTensor(op, "labels", labels, "i32");
  checkShape(op, "labels", labels, [scores.shape[0]!]);
  const [N, C] = scores.shape as [number, number];
  if (C === 0) fail(op, `${name} has no classes; [N,C] with C >= 1 is due`, { [name]: scores });
  return { N, C };
}

// ---- numbers and options --------------------------------------------------------------------------------------------

/** A number from least to most; NaN is none. */
export function checkNumber(op: string, name: string, value: unknown, least = -Infinity, most = Infinity): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const open = most >= Number.MAX_VALUE;
  const range = least === -Infinity && open ? "" : open ? ` >= ${least}` : ` from ${least} to ${most}`;
  return fail(op, `${name} is ${describeValue(value)}; a number${range} is due`);
}

/** A finite number above 0. */
export function checkPositive(op: string, name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  return fail(op, `${name} is ${describeValue(value)}; a number > 0 is due`);
}

/** A whole number of at least `least`. */
export function checkWhole(op: string, name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  return fail(op, `${name} is ${describeValue(value)}; a whole number >= ${least} is due`);
}

export function checkFlag(op: string, name: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : fail(op, `${name} is ${describeValue(value)}; true or false is due`);
}

/** One of a few words. */
export function checkChoice<T extends string>(op: string, name: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((c) => c === value);
  const list = choices.map((c) => `"${c}"`);
  const due = list.length > 1 ? `${list.slice(0, -1).join(", ")} or ${list.at(-1)}` : list[0];
  return found ?? fail(op, `${name} is ${describeValue(value)}; ${due} is due`);
}

/** An object with no other keys than `names`: a misspelt option would be taken without a word. */
export function checkOptions(op: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || options instanceof Tensor || Array.isArray(options))
    fail(op, `options are ${describeValue(options)}; an object with ${names.join(", ")} is due`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const hint = unknown === "axis" && names.includes("dim") ? "; as in PyTorch it is called dim" : "";
  fail(op, `no option named ${unknown}${hint}; there are ${names.join(", ")}`);
}

/** A whole number of at least `least`, or a pair of them (height, width). */
export function checkPair(op: string, name: string, value: number | readonly [number, number],
  least: number): [number, number] {
  const pair: unknown = typeof value === "number" ? [value, value] : value;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= least))
    return [pair[0], pair[1]];
  const given = Array.isArray(value) ? `[${value.map(describeValue)}]` : describeValue(value);
  return fail(op, `${name} is ${given}; a whole number >= ${least} or a pair of them is due`);
}

// ---- dimensions -----------------------------------------------------------------------------------------------------

/** One axis, or several. */
export type Dims = number | readonly number[];

/** The index of `dim` in a shape; negative ones count from the end, as in PyTorch. */
export function checkDim(op: string, dim: number, t: Tensor): number {
  const rank = checkAnyTensor(op, "x", t).shape.length;
  if (!Number.isInteger(dim))
    fail(op, `dim is ${describeValue(dim)}; a whole number from ${-rank} to ${rank - 1} is due`, { x: t });
  if (dim < -rank || dim >= rank) fail(op, `dim ${dim} is out of range for ${rank} dimensions`, { x: t });
  return dim < 0 ? dim + rank : dim;
}

/** The axes of `dims`, each once; all of them where none is given. */
export function checkDims(op: string, dims: Dims | undefined, t: Tensor): number[] {
  const given = dims === undefined || dims === null ? [] : typeof dims === "number" ? [dims] : dims;
  if (!Array.isArray(given)) fail(op, `dim is ${describeValue(dims)}; a whole number or an array of them is due`);
  const axes = given.map((d) => checkDim(op, d, t));
  const twice = axes.find((axis, i) => axes.indexOf(axis) !== i);
  if (twice !== undefined) fail(op, `dim ${twice} is given twice in [${given}]`, { x: t });
  return axes.length ? axes : t.shape.map((_, i) => i);
}

/** Options that may be given as the axes alone, as PyTorch's second argument: mean(x, 0) is mean(x, { dim: 0 }). */
export function dimOptions<O extends { dim?: Dims }>(op: string, options: O | Dims, names: readonly string[]): O {
  const named = (typeof options === "number" || Array.isArray(options) ? { dim: options } : options) as O;
  checkOptions(op, named, names);
  return named;
}

/** The mean of all elements, their sum, or each by itself. */
export type Reduction = "mean" | "sum" | "none";

/** What a loss over n terms does with them: `each` is 1 if it returns them all, `scale` is the factor of their sum. */
export function checkReduction(op: string, reduction: Reduction, n: number): { each: 0 | 1; scale: number } {
  checkChoice(op, "reduction", reduction, ["mean", "sum", "none"]);
  return { each: reduction === "none" ? 1 : 0, scale: reduction === "mean" ? 1 / n : 1 };
}
