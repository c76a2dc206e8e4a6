// Which inputs an output sees, one dimension at a time: the windows of convGather.ts.

/**
 * One dimension of a gather: the outputs at, at + step, ..., `count` windows of them, each window with `fold`
 * neighbouring outputs. Window m reads the inputs m stride - before + t dilation; tap t of output f of the fold is the
 * kernel's tap first + t tapStep + f tapFold, where there is such a one.
 */
export interface Dimension {
  at: number; step: number; count: number; fold: number;
  stride: number; before: number; dilation: number; taps: number;
  first: number; tapStep: number; tapFold: number;
}

/** Outputs that a window makes where a group has one output channel, so that a tile of four rows is full. */
export const FOLD = 4;

export function forwardDimension(outputs: number, kernelSize: number, stride: number, padding: number, dilation: number,
  fold: number): Dimension {
  const taps = kernelSize + (fold - 1) * stride;
  return { at: 0, step: fold, count: Math.ceil(outputs / fold), fold, stride: stride * fold, before: padding, dilation,
    taps, first: 0, tapStep: 1, tapFold: -stride };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * The input gradient: dx[h] sums dy[o] over the taps i with o stride + i dilation - padding = h; one phase of h modulo
 * stride each.
 */
export function phases(size: number, kernelSize: number, stride: number, padding: number,
  dilation: number): Dimension[] {
  const common = gcd(stride, dilation);
  return Array.from({ length: Math.min(stride, size) }, (_, at) => {
    const hits = Array.from({ length: kernelSize }, (_, i) => i).filter((i) =>
      (at + padding - i * dilation) % stride === 0
    );
    const first = hits.at(-1) ?? 0; // the tap that reaches the first output
    const before = hits.length ? -(at + padding - first * dilation) / stride : 0;
    return {
      at, step: stride, count: Math.ceil((size - at) / stride), fold: 1, stride: 1, before, dilation: dilation / common,
      taps: hits.length, first, tapStep: -stride / common, tapFold: 0,
    };
  });
}

/** All phases in one window of `fold` inputs h, a multiple of the stride; dilation 1. */
export function foldedPhases(size: number, kernelSize: number, stride: number, padding: number,
  fold: number): Dimension {
  const before = -Math.ceil((padding - (kernelSize - 1)) / stride);
  const taps = Math.floor((fold - 1 + padding) / stride) + before + 1;
  return {
    at: 0, step: fold, count: Math.ceil(size / fold), fold, stride: fold / stride, before, dilation: 1,
    taps, first: padding + stride * before, tapStep: -stride, tapFold: 1,
  };
}
