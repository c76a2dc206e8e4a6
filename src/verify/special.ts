// The cases of ops/special_values: NaN, infinities and huge numbers. The manifest's `op` names the op.

import type { SafeTensor, SafeTensors } from "../data/safetensors.ts";
import type { Tensor } from "../engine/tensor.ts";
import * as ops from "../kernels/index.ts";
import type { Args } from "./args.ts";
import { SMALLEST, Unsupported, numbers } from "./case.ts";
import type { Inputs, OpGroup } from "./group.ts";

const dim = (args: Args) => ({ dim: args.number("dim", -1) });
const convolution = (args: Args) => ({ stride: args.pair("stride", 1), padding: args.pair("padding", 0) });

const OPS: Record<string, (t: Inputs, args: Args) => Tensor> = {
  relu: (t) => ops.relu(t("x")),
  leaky_relu: (t, args) => ops.leakyRelu(t("x"), args.number("slope", 0.01)),
  elu: (t) => ops.elu(t("x")),
  silu: (t) => ops.silu(t("x")),
  gelu: (t) => ops.gelu(t("x")),
  sigmoid: (t) => ops.sigmoid(t("x")),
  tanh: (t) => ops.tanh(t("x")),
  softplus: (t) => ops.softplus(t("x")),
  abs: (t) => ops.abs(t("x")),
  neg: (t) => ops.neg(t("x")),
  sign: (t) => ops.sign(t("x")),
  square: (t) => ops.square(t("x")),
  exp: (t) => ops.exp(t("x")),
  sqrt: (t) => ops.sqrt(t("x")),
  log: (t) => ops.log(t("x")),
  clamp: (t, args) => ops.clamp(t("x"), args.number("lo", -Infinity), args.number("hi", Infinity)),
  clamp_min: (t, args) => ops.clamp(t("x"), args.number("lo", -Infinity), Infinity),
  clamp_max: (t, args) => ops.clamp(t("x"), -Infinity, args.number("hi", Infinity)),
  pow: (t, args) => ops.pow(t("x"), args.has("exponent") ? args.number("exponent", 1) : t("exponent")),
  maximum: (t) => ops.maximum(t("a"), t("b")),
  minimum: (t) => ops.minimum(t("a"), t("b")),
  add: (t) => ops.add(t("a"), t("b")),
  sub: (t) => ops.sub(t("a"), t("b")),
  mul: (t) => ops.mul(t("a"), t("b")),
  div: (t) => ops.div(t("a"), t("b")),
  max: (t, args) => ops.max(t("x"), dim(args)),
  min: (t, args) => ops.min(t("x"), dim(args)),
  sum: (t, args) => ops.sum(t("x"), dim(args)),
  mean: (t, args) => ops.mean(t("x"), dim(args)),
  softmax: (t, args) => ops.softmax(t("x"), dim(args)),
  log_softmax: (t, args) => ops.logSoftmax(t("x"), dim(args)),
  argmax: (t, args) => ops.argmax(t("x"), dim(args)),
  argmin: (t, args) => ops.argmin(t("x"), dim(args)),
  matmul: (t) => ops.matmul(t("a"), t("b")),
  linear: (t) => ops.linear(t("x"), t("w"), t.find("b")),
  conv2d: (t, args) => ops.conv2d(t("x"), t("w"), t.find("b"), convolution(args)),
  "conv2d+relu": (t, args) => ops.conv2d(t("x"), t("w"), t.find("b"), { ...convolution(args), relu: true }),
  convTranspose2d: (t, args) => ops.convTranspose2d(t("x"), t("w"), t.find("b"), convolution(args)),
  maxPool2d: (t, args) =>
    ops.maxPool2d(t("x"), args.pair("kernel", 2), { stride: args.pair("stride", args.pair("kernel", 2)) }),
  avgPool2d: (t, args) =>
    ops.avgPool2d(t("x"), args.pair("kernel", 2), { stride: args.pair("stride", args.pair("kernel", 2)) }),
  "sqrt(relu(x))": (t) => ops.sqrt(ops.relu(t("x"))),
};

export const special: OpGroup = (_, t, args) => {
  const name = args.text("op", "");
  const run = OPS[name];
  if (!run) throw new Unsupported(`purigrad has no op ${name || "without a name"} for special values`);
  return run(t, args);
};

/** What is larger is judged by itself: beside it everything else would be small. */
const HUGE = 1e20;

/**
 * The largest error of an element, relative to itself where it is huge, else to the largest that is not; Infinity where
 * NaN or an infinity is due and something else came, or the other way round. `judged` leaves elements out.
 */
export function elementError(got: ArrayLike<number>, due: ArrayLike<number>, judged: (i: number) => boolean): number {
  if (got.length !== due.length) return Infinity;
  const scale = Array.from(due, Math.abs).reduce((m, d) => (d <= HUGE ? Math.max(m, d) : m), SMALLEST);
  let worst = 0;
  for (let i = 0; i < due.length; i++) {
    const [g, d] = [got[i]!, due[i]!];
    if (!judged(i) || g === d || (Number.isNaN(g) && Number.isNaN(d))) continue;
    if (!Number.isFinite(g) || !Number.isFinite(d)) return Infinity;
    worst = Math.max(worst, Math.abs(g - d) / Math.max(scale, Math.abs(d)));
  }
  return worst;
}

/** Winograd's kernels take a convolution of so many channels and may spread NaN over a tile of 4x4 outputs. */
const WINOGRAD_CHANNELS = 32;
const TILE = 4;

/** Of an image batch [N,C,H,W], the elements that are NaN or have none near them. */
function awayFromNaN(due: ArrayLike<number>, shape: readonly number[]): (i: number) => boolean {
  if (shape.length !== 4 || shape[1]! < WINOGRAD_CHANNELS) return () => true;
  const [, , H, W] = shape as [number, number, number, number];
  const at = (i: number) => [Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W] as const;
  const bad = Array.from({ length: due.length }, (_, i) => i).filter((i) => Number.isNaN(due[i])).map(at);
  return (i) => {
    const [plane, h, w] = at(i);
    return Number.isNaN(due[i]) ||
      !bad.some(([p, y, x]) => p === plane && Math.abs(y - h) <= TILE && Math.abs(x - w) <= TILE);
  };
}

/** The elements of a result that count. A GPU may take an input below the normal float32 numbers for zero. */
export function judgedOf(stored: SafeTensors, due: SafeTensor): (i: number) => boolean {
  const away = awayFromNaN(numbers(due), due.shape);
  const inputs = Object.entries(stored).flatMap(([name, t]) => (name.startsWith("in.") ? [numbers(t)] : []));
  const beside = inputs.filter((x) => x.length === numbers(due).length);
  const tiny = (v: number) => v !== 0 && Math.abs(v) < SMALLEST;
  return (i) => away(i) && !beside.some((x) => tiny(x[i]!));
}
