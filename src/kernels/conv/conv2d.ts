import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkBias, fail } from "../check.ts";
import { checkImagesAndWeight, convArguments, maskedByRelu, type ConvOptions, type ConvSizes } from "./conv.ts";
import { convForward, convInputGradient } from "./convGather.ts";
import { convWeightGradient } from "./convWeights.ts";
import { inputGradient, weightGradient } from "./bilinear.ts";
import { sum } from "../reduce/sum.ts";

function sizes(x: Tensor, weight: Tensor, options: ConvOptions): ConvSizes {
  checkImagesAndWeight("conv2d", x, weight, "[O,C/groups,KH,KW]");
  const a = convArguments("conv2d", options);
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [O, Cg, KH, KW] = weight.shape as [number, number, number, number];
  if (C !== Cg * a.groups)
    fail("conv2d", `weight has ${Cg} input channels, x has ${C}${a.groups > 1 ? ` in ${a.groups} groups` : ""}`, { x,
      weight });
  if (O % a.groups) fail("conv2d", `${O} output channels cannot be parted into ${a.groups} groups`, { x, weight });
  const OH = Math.floor((H + 2 * a.PH - a.DH * (KH - 1) - 1) / a.SH) + 1;
  const OW = Math.floor((W + 2 * a.PW - a.DW * (KW - 1) - 1) / a.SW) + 1;
  if (OH < 1 || OW < 1)
    fail("conv2d", `the kernel does not fit into x with padding [${a.PH},${a.PW}] and dilation [${a.DH},${a.DW}]`, { x,
      weight });
  return { N, C, H, W, O, OH, OW, KH, KW, ...a };
}

/**
 * 2-D convolution (cross-correlation), as torch.nn.functional.conv2d. x [N,C,H,W], weight [O,C/groups,KH,KW], bias [O]
 * -> [N,O,OH,OW] with OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1.
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor | null, options: ConvOptions = {}): Tensor {
  const s = sizes(x, weight, options);
  checkBias("conv2d", bias, s.O);
  const { relu = false } = options;
  const y = convForward(s, x, weight, { bias, relu });
  return record("conv2d", y, bias ? [x, weight, bias] : [x, weight], (dOut, [needX, needW, needB]) => {
    const dy = relu ? maskedByRelu(dOut, y) : dOut;
    if (y.gpu.tape) return [inputGradient(s, dy, weight), weightGradient(s, x, dy), sum(dy, [0, 2, 3])];
    const { dw, db } = needW || needB ? convWeightGradient(s, x, dy, !!needB) : { dw: null, db: null };
    return [needX ? convInputGradient(s, dy, weight) : null, needW ? dw : null, db];
  });
}
