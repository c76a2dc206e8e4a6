// What the pooling ops share: the window's arguments and the size of the result.

import type { Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkPair, checkRank, checkTensor, fail } from "../check.ts";

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/** How the windows of a pool move; one number for both directions, or [height, width], in pixels. */
export interface PoolOptions {
  /** Step between windows; the window's size by default. */
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  /** Round the size of the result up, so that a last window may hang over the edge. */
  ceilMode?: boolean;
}

/**
 * Windows along one dimension, as in PyTorch: with ceilMode a window that begins behind input and padding is left out.
 */
function windows(size: number, k: number, stride: number, padding: number, dilation: number, ceil: boolean): number {
  const room = size + 2 * padding - dilation * (k - 1) - 1;
  const n = (ceil ? Math.ceil : Math.floor)(room / stride) + 1;
  return ceil && (n - 1) * stride >= size + padding ? n - 1 : n;
}

/** The params of a pooling kernel and the shape of its result, for x [N,C,H,W]. */
export function poolWindow(op: string, x: Tensor, kernelSize: Pair,
  { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false }: PoolOptions) {
  checkRank(op, "x", x, 4, "[N,C,H,W]");
  checkFlag(op, "ceilMode", ceilMode);
  checkTensor(op, "x", x, "f32");
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [KH, KW] = checkPair(op, "kernelSize", kernelSize, 1);
  const [SH, SW] = checkPair(op, "stride", stride, 1);
  const [PH, PW] = checkPair(op, "padding", padding, 0);
  const [DH, DW] = checkPair(op, "dilation", dilation, 1);
  if (2 * PH > KH || 2 * PW > KW)
    fail(op, `padding [${PH},${PW}] is more than half of the window [${KH},${KW}]`, { x });
  const OH = windows(H, KH, SH, PH, DH, ceilMode);
  const OW = windows(W, KW, SW, PW, DW, ceilMode);
  if (OH < 1 || OW < 1)
    fail(op, `a window of [${KH},${KW}] with dilation [${DH},${DW}] does not fit into x with padding [${PH},${PW}]`, {
      x,
    });
  return { shape: [N, C, OH, OW], params: { P: N * C, H, W, OH, OW, KH, KW, SH, SW, PH, PW, DH, DW } };
}
