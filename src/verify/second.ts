// Second derivatives of what has them, against their formulas.

import * as ops from "../index.ts";
import { grad, mul, sum, type Engine, type Tensor } from "../index.ts";
import type { Case } from "./case.ts";
import { check, computedCase } from "./computed-tools.ts";

/** d sum(f'(x)) / dx */
export const second = (f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  grad(() => sum(grad(() => sum(f(x)), [x])[0]!), [x])[0]!;
/** Where they are taken. */
export const SECOND_AT = [0.5, 1, 2, 3];
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const ROWS: [string, (x: Tensor) => Tensor, (x: number) => number][] = [
  ["x^3", (x) => ops.pow(x, 3), (x) => 6 * x],
  ["x x x", (x) => mul(mul(x, x), x), (x) => 6 * x],
  ["square", ops.square, () => 2],
  ["exp", ops.exp, Math.exp],
  ["log", ops.log, (x) => -1 / x ** 2],
  ["sqrt", ops.sqrt, (x) => -0.25 * x ** -1.5],
  ["1 / x", (x) => ops.div(1, x), (x) => 2 / x ** 3],
  ["sigmoid", ops.sigmoid, (x) => sigma(x) * sigma(-x) * (1 - 2 * sigma(x))],
  ["tanh", ops.tanh, (x) => -2 * Math.tanh(x) / Math.cosh(x) ** 2],
  ["softplus", ops.softplus, (x) => sigma(x) * sigma(-x)],
  ["silu", ops.silu, (x) => sigma(x) * sigma(-x) * (2 + x * (1 - 2 * sigma(x)))],
  ["elu", (x) => ops.elu(ops.neg(x)), (x) => Math.exp(-x)],
  ["relu of a cube", (x) => ops.relu(ops.pow(x, 3)), (x) => 6 * x],
  ["leakyRelu", (x) => ops.square(ops.leakyRelu(ops.neg(x), 0.1)), () => 0.02],
  ["clamp", (x) => ops.square(ops.clamp(x, 0.75, 2.5)), (x) => (x > 0.75 && x < 2.5 ? 2 : 0)],
  ["maximum", (x) => ops.square(ops.maximum(x, 1.5)), (x) => (x > 1.5 ? 2 : 0)],
  ["minimum", (x) => ops.square(ops.minimum(x, 1.5)), (x) => (x < 1.5 ? 2 : 0)],
  ["abs", (x) => ops.pow(ops.abs(x), 3), (x) => 6 * x],
  ["where", (x) => ops.where(ops.gt(x, 1.5), ops.square(x), x), (x) => (x > 1.5 ? 2 : 0)],
  ["x^x", (x) => ops.pow(x, x), (x) => x ** x * ((Math.log(x) + 1) ** 2 + 1 / x)],
  ["a view", (x) => mul(x.view([2, 2]), x.view([2, 2])), () => 2],
  ["reshape, permute", (x) => ops.square(ops.permute(ops.reshape(x, [2, 2]), [1, 0])), () => 2],
  ["slice and cat", (x) => ops.square(ops.cat([ops.slice(x, 0, 2), ops.slice(x, 0, 0, 2)], 0)), () => 2],
  ["pad", (x) => ops.square(ops.pad(x, [1, 2])), () => 2],
  ["expand", (x) => ops.square(ops.expand(x, [3, 4])), () => 6],
];

/** A function of a tensor, and its second derivative at a number. */
export const SECONDS = ROWS.map(([name, f, due]) => ({ name, f, due }));

export const secondCases = (): Case[] =>
  SECONDS.map(({ name, f, due }) =>
    computedCase("second derivative", name, async (gpu: Engine) => {
      const x = gpu.tensor(SECOND_AT);
      const dx = gpu.scope(() => second(f, x));
      const checks = [await check("the second derivative", dx, SECOND_AT.map(due))];
      [x, dx].forEach((t) => t.dispose());
      return checks;
    })
  );
