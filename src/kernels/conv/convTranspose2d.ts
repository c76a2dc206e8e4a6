import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkBias, checkPair, fail } from "../check.ts";
import { checkImagesAndWeight, convArguments, maskedByRelu, type ConvOptions, type ConvSizes } from "./conv.ts";
import { convForward, convInputGradient } from "./convGather.ts";
import { convWeightGradient } from "./convWeights.ts";
import { product, weightGradient } from "./bilinear.ts";
import { sum } from "../reduce/sum.ts";
import { reduceAxes } from "../reduce/reduceAxes.ts";

/** As of conv2d, of which this is the transpose. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the bottom and the right, less than stride or dilation. */
  outputPadding?: number | readonly [number, number];
}

const OP = "convTranspose2d";

/** The convolution whose input gradient this is: from the result [N,C,H,W] to x [N,O,OH,OW]. */
function sizes(x: Tensor, weight: Tensor, options: ConvTransposeOptions): ConvSizes {
  checkImagesAndWeight(OP, x, weight, "[C,O/groups,KH,KW]");
  const a = convArguments(OP, options, ["outputPadding"]);
  const [extraH, extraW] = checkPair(OP, "outputPadding", options.outputPadding ?? 0, 0);
  const [N, O, OH, OW] = x.shape as [number, number, number, number];
  const [inputs, perGroup, KH, KW] = weight.shape as [number, number, number, number];
  if (O !== inputs) fail(OP, `weight has ${inputs} input channels, x has ${O}`, { x, weight });
  if (O % a.groups) fail(OP, `${O} input channels cannot be parted into ${a.groups} groups`, { x, weight });
  if (extraH >= Math.max(a.SH, a.DH) || extraW >= Math.max(a.SW, a.DW)) fail(OP, `outputPadding ` +
    `[${extraH},${extraW}] must be less than stride [${a.SH},${a.SW}] or dilation [${a.DH},${a.DW}]`);
  const H = (OH - 1) * a.SH - 2 * a.PH + a.DH * (KH - 1) + extraH + 1;
  const W = (OW - 1) * a.SW - 2 * a.PW + a.DW * (KW - 1) + extraW + 1;
  if (H < 1 || W < 1) fail(OP, `the result would have the size ${H}x${W}; use less padding`, { x, weight });
  return { N, C: perGroup * a.groups, H, W, O, OH, OW, KH, KW, ...a };
}

/**
 * Transposed 2-D convolution, as torch.nn.functional.conv_transpose2d: the gradient of conv2d with respect to its
 * input. x [N,C,H,W], weight [C,O/groups,KH,KW], bias [O] -> [N,O,OH,OW] with
 * OH = (H - 1) stride - 2 padding + dilation (KH - 1) + outputPadding + 1.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, bias?: Tensor | null,
  options: ConvTransposeOptions = {}): Tensor {
  const s = sizes(x, weight, options);
  checkBias(OP, bias, s.C);
  const { relu = false } = options;
  const y = convInputGradient(s, x, weight, { bias, relu });
  return record(OP, y, bias ? [x, weight, bias] : [x, weight], (dOut, [needX, needW, needB]) => {
    const dy = relu ? maskedByRelu(dOut, y) : dOut;
    if (y.gpu.tape) return [product(s, dy, weight), weightGradient(s, dy, x), sum(dy, [0, 2, 3])];
    return [
      needX ? convForward(s, dy, weight) : null,
      needW ? convWeightGradient(s, dy, x, false).dw : null,
      needB ? reduceAxes(dy, [0, 2, 3], 1).view([s.C]) : null,
    ];
  });
}
