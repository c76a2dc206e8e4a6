// Convolutions of images so small that every output sees every input: a matrix product, with nothing wasted on padding
// (see shaders/conv/conv2d_dense.wgsl).

import source from "../../../shaders/conv/conv2d_dense.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import type { Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import type { ConvSizes, Epilogue } from "./conv.ts";
import { expand } from "../layout/expand.ts";
import { whole } from "../matmul/families.ts";
import { gemm } from "../matmul/gemm.ts";

const spread = kernel("shaders/conv/conv2d_dense.wgsl", source, { entry: "spread" });
const collect = kernel("shaders/conv/conv2d_dense.wgsl", source, { entry: "collect" });

/** Whether along one dimension each of `outputs` sees each of `inputs` by one of `taps`. */
function seesAll(outputs: number, inputs: number, taps: number, stride: number, padding: number,
  dilation: number): boolean {
  const distance = (output: number, input: number) => input + padding - output * stride;
  const [least, most] = [distance(outputs - 1, 0), distance(0, inputs - 1)];
  // with a dilation every distance must be a whole number of it
  const hit = dilation === 1 ||
    (inputs === 1 && padding % dilation === 0 && (outputs === 1 || stride % dilation === 0));
  return hit && least >= 0 && most < taps * dilation;
}

/** Whether the convolution is a matrix product. */
export function suitsDense(s: ConvSizes): boolean {
  return s.groups === 1 && s.N > 0 && whole(s.C * s.H * s.W) && whole(s.O * s.OH * s.OW) &&
    seesAll(s.OH, s.H, s.KH, s.SH, s.PH, s.DH) && seesAll(s.OW, s.W, s.KW, s.SW, s.PW, s.DW);
}

const sizeOf = (s: ConvSizes): number => s.O * s.OH * s.OW * s.C * s.H * s.W;

/** With the variant `launch` before the others where it applies. */
export function withDense(gpu: Runtime, s: ConvSizes, others: Variant[], launch: () => Tensor): Variant[] {
  if (!suitsDense(s)) return others;
  const fits = () => 4 * sizeOf(s) <= gpu.device.limits.maxStorageBufferBindingSize;
  return [{ name: "dense", kernel: spread, constants: {}, runs: fits, launch }, ...others];
}

/** [O OH OW, C H W], or the transpose of it. */
function matrixOf({ N: _, groups: __, ...sizes }: ConvSizes, w: Tensor, BY_INPUT: boolean): Tensor {
  const { O, OH, OW, C, H, W } = sizes;
  const [outputs, inputs] = [O * OH * OW, C * H * W];
  const M = w.gpu.empty(BY_INPUT ? [inputs, outputs] : [outputs, inputs]);
  w.gpu.run(spread, { weight: w, M }, sizes, linearGrid(O * C), { BY_INPUT,
    DILATED: sizes.DH * sizes.DW > 1 });
  return M;
}

/** A bias [channels] once for each pixel of the result, as a product's bias; null without one. */
function biasOf(bias: Tensor | null | undefined, channels: number, pixels: number): Tensor | null {
  if (!bias || pixels === 1) return bias ?? null;
  return expand(bias.view([channels, 1]), [channels, pixels]).view([channels * pixels]);
}

/** a [N,K] times M [K,columns]. */
const product = (a: Tensor, M: Tensor, N: number, { bias, relu = false }: { bias: Tensor | null; relu?: boolean }):
  Tensor => {
  const [K, columns] = M.shape as [number, number];
  return gemm(a, M, { b: 1, M: N, N: columns, K, transA: false, transB: false, batchA: 0, batchB: 0, bias, relu });
};

/** y [N,O,OH,OW] of the convolution `s`. */
export function denseForward(s: ConvSizes, x: Tensor, w: Tensor, { bias, relu }: Epilogue): Tensor {
  const y = product(x, matrixOf(s, w, true), s.N, { bias: biasOf(bias, s.O, s.OH * s.OW), relu });
  return y.view([s.N, s.O, s.OH, s.OW]);
}

/** dx [N,C,H,W]. */
export function denseInputGradient(s: ConvSizes, dy: Tensor, w: Tensor, { bias, relu }: Epilogue): Tensor {
  const dx = product(dy, matrixOf(s, w, false), s.N, { bias: biasOf(bias, s.C, s.H * s.W), relu });
  return dx.view([s.N, s.C, s.H, s.W]);
}

/** dw [O,C,KH,KW]. */
export function denseWeightGradient(s: ConvSizes, x: Tensor, dy: Tensor): Tensor {
  const [outputs, inputs] = [s.O * s.OH * s.OW, s.C * s.H * s.W];
  const dM = gemm(dy, x, { b: 1, M: outputs, N: inputs, K: s.N, transA: true, transB: false, batchA: 0, batchB: 0 });
  const { N: _, groups: __, ...sizes } = s;
  const dw = x.gpu.empty([s.O, s.C, s.KH, s.KW]);
  x.gpu.run(collect, { dM, dw }, sizes, linearGrid(s.O * s.C));
  return dw;
}
