// The cases of ops/activation: the activations that purigrad has, and some that it composes.

import type { Tensor } from "../engine/tensor.ts";
import * as ops from "../kernels/index.ts";
import type { Args } from "./args.ts";
import { Unsupported } from "./case.ts";
import type { OpGroup } from "./group.ts";

/** "leaky_relu_02" -> 0.2: digits behind the name are behind the point of a number below one. */
const decimals = (digits: string | undefined,
  fallback: number): number => (digits ? Number(`0.${digits.replace(/^0/, "")}`) : fallback);

const TABLE: [RegExp, (x: Tensor, args: Args, digits: string | undefined) => Tensor][] = [
  [/^relu$/, (x) => ops.relu(x)],
  [/^relu6$/, (x) => ops.clamp(x, 0, 6)],
  [/^leaky_relu(?:_(\d+))?$/,
    (x, args, digits) => ops.leakyRelu(x, args.number("negative_slope", decimals(digits, 0.01)))],
  [/^elu$/, (x, args) => ops.elu(x, args.number("alpha", 1))],
  [/^sigmoid$/, (x) => ops.sigmoid(x)],
  [/^tanh$/, (x) => ops.tanh(x)],
  [/^softplus$/, (x) => ops.softplus(x)],
  [/^(?:silu|swish)$/, (x) => ops.silu(x)],
  [/^mish$/, (x) => ops.mul(x, ops.tanh(ops.softplus(x)))],
  [/^(?:log_?sigmoid)$/, (x) => ops.neg(ops.softplus(ops.neg(x)))],
  [/^gelu(?:_erf|_none)?$/, (x) => ops.gelu(x)],
  [/^gelu_tanh$/, (x) => ops.gelu(x, { approximate: "tanh" })],
  [/^exp$/, (x) => ops.exp(x)],
  [/^exp_clamped$/, (x) => ops.exp(ops.clamp(x, -10, 10))],
  [/^hardtanh01$/, (x) => ops.clamp(x, 0, 1)],
  [/^hardtanh$/, (x, args) => ops.clamp(x, args.number("min_val", -1), args.number("max_val", 1))],
];

export const activation: OpGroup = (id, t, args) => {
  for (const [pattern, run] of TABLE) {
    const match = pattern.exec(id);
    if (match) return run(t("x"), args, match[1]);
  }
  throw new Unsupported("no activation of that name");
};
