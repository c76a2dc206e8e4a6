// Every shape check of the ops and its wording: the op, what came, what was due.

import { sizeOf, type Shape, type Tensor } from "../engine/tensor.ts";

/** What has a shape. */
interface Shaped {
  readonly shape: Shape;
}

export const show = (t: Shaped): string => `[${t.shape}]`;

export function fail(op: string, message: string, tensors: Record<string, Shaped> = {}): never {
  const came = Object.entries(tensors).map(([name, t]) => `${name} ${show(t)}`);
  throw new Error(`${op}: ${message}${came.length ? ` (${came.join(", ")})` : ""}`);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** t has `rank` dimensions; `legend` names them, e.g. "[N,C,H,W]". */
export function checkRank(op: string, name: string, t: Tensor, rank: number, legend: string): void {
  if (t.shape.length !== rank) fail(op, `${name} has ${t.shape.length} dimensions, ${rank} are due: ${legend}`, { [name]: t });
}

export function checkShape(op: string, name: string, t: Tensor, due: Shape): void {
  if (!sameShape(t.shape, due)) fail(op, `${name} has shape ${show(t)}, [${due}] is due`);
}

export function checkDType(op: string, name: string, t: Tensor, due: Tensor["dtype"]): void {
  if (t.dtype !== due) fail(op, `${name} is ${t.dtype}, ${due} is due`);
}

/** The optional bias [channels] of a layer. */
export function checkBias(op: string, bias: Tensor | undefined, channels: number): void {
  if (!bias) return;
  checkShape(op, "bias", bias, [channels]);
  checkDType(op, "bias", bias, "f32");
}

/** The index of `dim` in a shape; negative ones count from the end, as in PyTorch. */
export function checkDim(op: string, dim: number, t: Tensor): number {
  const rank = t.shape.length;
  if (!Number.isInteger(dim) || dim < -rank || dim >= rank) fail(op, `dim ${dim} is out of range for ${rank} dimensions`, { x: t });
  return dim < 0 ? dim + rank : dim;
}

/** A whole number of at least `least`, or a pair of them (height, width). */
export function checkPair(op: string, name: string, value: number | readonly [number, number], least: number): [number, number] {
  const pair = typeof value === "number" ? [value, value] : [...value];
  if (pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < least))
    fail(op, `${name} is ${JSON.stringify(value)}; a whole number >= ${least} or a pair of them is due`);
  return pair as [number, number];
}

/** The shape of a op b after broadcasting, as in PyTorch. */
export function broadcastShape(op: string, a: Shaped, b: Shaped): number[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[i - rank + a.shape.length] ?? 1;
    const y = b.shape[i - rank + b.shape.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) fail(op, `sizes ${x} and ${y} of dimension ${i - rank} cannot be broadcast`, { a, b });
    return x === 1 ? y : x;
  });
}

export function checkSize(op: string, x: Tensor, shape: Shape): void {
  if (sizeOf(shape) !== x.size) fail(op, `[${shape}] holds ${sizeOf(shape)} elements, x has ${x.size}`, { x });
}

export type Reduction = "mean" | "sum" | "none";

/** What a loss over n terms does with them: `each` is 1 if it returns them all, `scale` is the factor of their sum. */
export function checkReduction(op: string, reduction: Reduction, n: number): { each: 0 | 1; scale: number } {
  if (!["mean", "sum", "none"].includes(reduction)) fail(op, `reduction is "${reduction}"; "mean", "sum" or "none" is due`);
  return { each: reduction === "none" ? 1 : 0, scale: reduction === "mean" ? 1 / n : 1 };
}

/** Scores [N,C] and labels i32 [N] of a classification loss. */
export function checkTargets(op: string, name: string, scores: Tensor, labels: Tensor): { N: number; C: number } {
  checkRank(op, name, scores, 2, "[N,C]");
  checkDType(op, name, scores, "f32");
  checkDType(op, "labels", labels, "i32");
  checkShape(op, "labels", labels, [scores.shape[0]!]);
  return { N: scores.shape[0]!, C: scores.shape[1]! };
}
