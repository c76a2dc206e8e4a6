// Layers: what parameters they need (names and shapes as in a PyTorch state dict) and how they are applied.

import type { Tensor } from "../engine/tensor.ts";
import { conv2d, convTranspose2d, linear, type ConvOptions, type ConvTransposeOptions } from "../kernels/index.ts";
import type { ParameterSpec, Parameters } from "./params.ts";

function weightAndBias(name: string, shape: number[], outputs: number, fanIn: number): ParameterSpec {
  return {
    [`${name}.weight`]: { shape, init: "kaiming-uniform", fanIn },
    [`${name}.bias`]: { shape: [outputs], init: "kaiming-uniform", fanIn },
  };
}

/** nn.Conv2d(inputs, outputs, k) */
export const convSpec = (name: string, inputs: number, outputs: number, k: number): ParameterSpec =>
  weightAndBias(name, [outputs, inputs, k, k], outputs, inputs * k * k);

/** nn.ConvTranspose2d(inputs, outputs, k) */
export const convTransposeSpec = (name: string, inputs: number, outputs: number, k: number): ParameterSpec =>
  weightAndBias(name, [inputs, outputs, k, k], outputs, outputs * k * k);

/** nn.Linear(inputs, outputs) */
export const linearSpec = (name: string, inputs: number, outputs: number): ParameterSpec =>
  weightAndBias(name, [outputs, inputs], outputs, inputs);

/** conv2d of x [N,C,H,W] by the weight [O,C/groups,k,k] and bias [O] that `name` has in p: [N,O,H',W']. */
export const applyConv = (p: Parameters, name: string, x: Tensor, options: ConvOptions): Tensor =>
  conv2d(x, p.get(`${name}.weight`), p.get(`${name}.bias`), options);

/** convTranspose2d of x [N,C,H,W] by the weight [C,O/groups,k,k] and bias [O] that `name` has in p: [N,O,H',W']. */
export const applyConvTranspose = (p: Parameters, name: string, x: Tensor, options: ConvTransposeOptions): Tensor =>
  convTranspose2d(x, p.get(`${name}.weight`), p.get(`${name}.bias`), options);

/**
 * x [..,inputs] times the transposed weight [outputs,inputs], plus the bias [outputs], that `name` has in p:
 * [..,outputs].
 */
export const applyLinear = (p: Parameters, name: string, x: Tensor): Tensor =>
  linear(x, p.get(`${name}.weight`), p.get(`${name}.bias`));
