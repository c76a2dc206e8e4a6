// What conv2d and convTranspose2d share: the sizes of a convolution, its options, and the mask of a fused relu.

import reluPart from "../../../shaders/pointwise/relu.wgsl";
import unarySource from "../../../shaders/pointwise/unary.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { sweep } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkOptions, checkPair, checkRank, checkTensor, checkWhole, fail } from "../check.ts";
import { gt } from "../pointwise/arithmetic.ts";
import { where } from "../pointwise/where.ts";
import { classOf } from "../matmul/families.ts";

/**
 * A convolution from x [N,C,H,W] to y [N,O,OH,OW] with weights [O,C/groups,KH,KW]; S stride, P padding, D dilation.
 * A transposed convolution is told by the convolution whose input gradient it is.
 */
export interface ConvSizes
  extends
    Record<"N" | "C" | "H" | "W" | "O" | "OH" | "OW" | "KH" | "KW" | "SH" | "SW" | "PH" | "PW" | "DH" | "DW", number> {
  groups: number;
}

/** How a window moves over an image: stride 1, padding 0, dilation 1 and groups 1 by default, in pixels. */
export interface ConvOptions {
  /** One number for both, or [height, width]. */
  stride?: number | readonly [number, number];
  padding?: number | readonly [number, number];
  dilation?: number | readonly [number, number];
  /** Blocks of channels that see only each other; C groups make it depthwise. */
  groups?: number;
  /** max(y, 0) in the same kernel. */
  relu?: boolean;
}

/** What the kernel that writes y does on the way. */
export interface Epilogue {
  bias?: Tensor | null;
  relu?: boolean;
}

const OPTIONS = ["stride", "padding", "dilation", "groups", "relu"];

/** The options as pairs, checked. */
export function convArguments(op: string, options: ConvOptions, more: readonly string[] = []) {
  checkOptions(op, options, [...OPTIONS, ...more]);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, relu = false } = options;
  checkFlag(op, "relu", relu);
  checkWhole(op, "groups", groups, 1);
  const [SH, SW] = checkPair(op, "stride", stride, 1);
  const [PH, PW] = checkPair(op, "padding", padding, 0);
  const [DH, DW] = checkPair(op, "dilation", dilation, 1);
  return { SH, SW, PH, PW, DH, DW, groups };
}

export function checkImagesAndWeight(op: string, x: Tensor, weight: Tensor, legend: string): void {
  checkRank(op, "x", checkTensor(op, "x", x), 4, "[N,C,H,W]");
  checkRank(op, "weight", checkTensor(op, "weight", weight), 4, legend);
  if (weight.size === 0) fail(op, "weight has no elements", { x, weight });
}

/** Shapes of one class share the tuner's choice: the batch counts by powers of two. */
export const convKey = (s: ConvSizes): string =>
  `b${classOf(s.N)} ${s.C}->${s.O} ${s.H}x${s.W} k${s.KH}x${s.KW} s${s.SH},${s.SW} p${s.PH},${s.PW} d${s.DH},${s.DW} ` +
    `g${s.groups}`;

const reluBackward = kernel("shaders/pointwise/relu.wgsl", unarySource, { entry: "backward",
  parts: [reluPart, negative] });

/** dy where a fused relu let y through, else 0. */
export function maskedByRelu(dy: Tensor, y: Tensor): Tensor {
  if (y.gpu.tape) return where(gt(y, 0), dy, 0);
  const dx = y.gpu.empty(y.shape);
  const n4 = y.bytes / 16;
  const { grid, WG } = sweep(n4);
  y.gpu.run(reluBackward, { x: y, dy, dx }, { n4, a: 0, b: 0 }, grid, { WG });
  return dx;
}
