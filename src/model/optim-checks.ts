// What an optimiser refuses, in one sentence.

import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkNumber, checkOptions, checkShape, checkTensor, fail } from "../kernels/check.ts";
import { Parameters } from "./params.ts";

export function checkGradients(grads: readonly Tensor[], targets: readonly Tensor[]): void {
  if (!Array.isArray(grads))
    fail("optimizer", `the gradients are ${describeValue(grads)}; an array with one for each parameter is due`);
  if (grads.length !== targets.length)
    fail("optimizer", `${grads.length} gradients given, ${targets.length} parameters are there`);
  grads.forEach((g: unknown, i) =>
    checkShape("optimizer", `gradient ${i}`, checkTensor("optimizer", `gradient ${i}`, g), targets[i]!.shape)
  );
}

/** Parameters of one engine, each once; options that PyTorch takes. */
export function checkSettings(op: string, params: readonly Parameters[], options: { lr: number },
  names: readonly string[]): void {
  if (!Array.isArray(params) || params.length === 0 || !params.every((p) => p instanceof Parameters))
    fail(op, "an array of Parameters is due, such as [net.params]");
  if (new Set(params).size !== params.length) fail(op, "the same Parameters are given twice; give each once");
  checkOptions(op, options, names);
  checkNumber(op, "lr", options.lr, 0, Number.MAX_VALUE);
  const rest = options as Record<string, unknown>;
  for (const name of ["momentum", "weightDecay", "eps"])
    if (rest[name] !== undefined) checkNumber(op, name, rest[name], 0, Number.MAX_VALUE);
}

/** From 0 to below 1. */
export function checkShare(op: string, name: string, value: unknown): number {
  checkNumber(op, name, value, 0, 1);
  return value === 1 ? fail(op, `${name} is 1; a number from 0 to below 1 is due`) : (value as number);
}
