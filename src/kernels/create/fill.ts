// Tensors from sizes: ones, arange, linspace, eye, and those of another tensor's shape.

import { HOST } from "../../engine/host.ts";
import { describeValue, type DType, type Runtime, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkNumber, checkWhole, fail } from "../check.ts";

/** Host data of an op that makes a tensor; `gpu` must be an engine. */
function made(op: string, gpu: Runtime, data: readonly number[], shape: Shape, dtype: DType): Tensor {
  if (!HOST[dtype]) fail(op, `dtype is ${describeValue(dtype)}; "f32", "i32" or "u32" is due`);
  if (typeof gpu?.tensor !== "function") fail(op, `${describeValue(gpu)} given as the engine; createEngine() makes ` +
    `one`);
  return gpu.tensor(HOST[dtype].from(data), shape, dtype);
}

/** A tensor of ones, of any shape. */
export function ones(gpu: Runtime, shape: Shape, dtype: DType = "f32"): Tensor {
  if (typeof gpu?.full !== "function") fail("ones", `${describeValue(gpu)} given as the engine; createEngine() makes ` +
    `one`);
  return gpu.full(shape, 1, dtype);
}

/** Zeros of x's shape and type. */
export const zerosLike = (x: Tensor): Tensor => checkAnyTensor("zerosLike", "x", x).gpu.full(x.shape, 0, x.dtype);

/** Ones of x's shape and type. */
export const onesLike = (x: Tensor): Tensor => checkAnyTensor("onesLike", "x", x).gpu.full(x.shape, 1, x.dtype);

/** A tensor of x's shape and type whose elements are all `value`. */
export function fullLike(x: Tensor, value: number): Tensor {
  if (typeof value !== "number") fail("fullLike", `value is ${describeValue(value)}; a number is due`);
  return checkAnyTensor("fullLike", "x", x).gpu.full(x.shape, value, x.dtype);
}

/**
 * start, start + step, .. below `end` (above it where step < 0) as [n], as torch.arange; arange(gpu, n) begins at 0.
 */
export function arange(gpu: Runtime, start: number, end?: number, step = 1, dtype: DType = "f32"): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  for (const [name, value] of Object.entries({ start: from, end: to, step })) checkNumber("arange", name, value);
  const count = Math.ceil((to - from) / step);
  if (step === 0 || !Number.isFinite(count) || count < 0)
    fail("arange", `start ${from}, end ${to} and step ${step} reach no end; step must lead from start to end`);
  return made("arange", gpu, Array.from({ length: count }, (_, i) => from + i * step), [count], dtype);
}

/** `steps` numbers from start to end, both included, at equal distances: [steps], as torch.linspace. */
export function linspace(gpu: Runtime, start: number, end: number, steps: number): Tensor {
  checkNumber("linspace", "start", start);
  checkNumber("linspace", "end", end);
  checkWhole("linspace", "steps", steps, 0);
  const step = (end - start) / (steps - 1);
  const at = (i: number) => (2 * i < steps ? start + i * step : end - (steps - 1 - i) * step); // exact at both ends
  return made("linspace", gpu, Array.from({ length: steps }, (_, i) => (steps === 1 ? start : at(i))), [steps], "f32");
}

/** The matrix [n,m] ([n,n] without m) with ones on the diagonal. */
export function eye(gpu: Runtime, n: number, m = n, dtype: DType = "f32"): Tensor {
  checkWhole("eye", "n", n, 0);
  checkWhole("eye", "m", m, 0);
  const ones = Array.from({ length: n * m }, (_, i) => (i % m === Math.floor(i / m) ? 1 : 0));
  return made("eye", gpu, ones, [n, m], dtype);
}
