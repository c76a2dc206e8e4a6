import type { Tensor } from "../../engine/tensor.ts";
import { checkBias, checkOptions, checkRank, checkTensor, checkWhole } from "../check.ts";
import { reshape } from "../layout/reshape.ts";
import { conv2d } from "./conv2d.ts";

/** How a window moves over a row: stride 1, padding 0, dilation 1 and groups 1 by default. */
export interface Conv1dOptions {
  stride?: number;
  padding?: number;
  dilation?: number;
  groups?: number;
}

/**
 * 1-D convolution, as torch.nn.functional.conv1d: conv2d of images one row high. x [N,C,L], weight [O,C/groups,K], bias
 * [O] -> [N,O,OL] with OL = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1.
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv1dOptions = {}): Tensor {
  checkRank("conv1d", "x", checkTensor("conv1d", "x", x), 3, "[N,C,L]");
  checkRank("conv1d", "weight", checkTensor("conv1d", "weight", weight), 3, "[O,C/groups,K]");
  checkOptions("conv1d", options, ["stride", "padding", "dilation", "groups"]);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkWhole("conv1d", "stride", stride, 1);
  checkWhole("conv1d", "padding", padding, 0);
  checkWhole("conv1d", "dilation", dilation, 1);
  checkBias("conv1d", bias, weight.shape[0]!);
  const row = (t: Tensor) => reshape(t, t.shape.toSpliced(2, 0, 1));
  const y = conv2d(row(x), row(weight), bias, { stride: [1, stride], padding: [0, padding], dilation: [1, dilation],
    groups });
  return reshape(y, y.shape.toSpliced(2, 1));
}
