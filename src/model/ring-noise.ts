// Noise whose spectrum is a ring: what shifts a classifier's verdict is neither smooth nor white.

import type { Engine } from "../engine/engine.ts";
import type { Draws, Tensor } from "../engine/tensor.ts";
import { checkNumber, checkRank, checkShape, checkTensor } from "../kernels/check.ts";
import { add, expand, matmul, mul, randn, reshape } from "../kernels/index.ts";

const CENTRE = 9; // cycles per image side of 32 pixels
const WIDTH = 5;
const FLOOR = 0.15;
const SIDE = 32;

/** How much of a frequency passes, by its distance from 0 in cycles per 32 pixels. */
const passing = (radius: number): number => Math.exp(-0.5 * ((radius - CENTRE) / WIDTH) ** 2) + FLOOR;

/** Cycles per n pixels of wave k of `fourierBasis`. */
const cyclesOf = (k: number): number => Math.ceil(k / 2);

/** The real Fourier basis of n pixels, orthonormal, [n,n] with a wave a row: constant, cosine and sine of 1, 2, .. */
export function fourierBasis(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => {
    const [k, at] = [Math.floor(i / n), i % n];
    const angle = (2 * Math.PI * cyclesOf(k) * at) / n;
    if (k === 0 || 2 * cyclesOf(k) === n) return Math.cos(angle) / Math.sqrt(n); // these have no sine
    return Math.sqrt(2 / n) * (k % 2 ? Math.cos(angle) : Math.sin(angle));
  });
}

/** What each product of a wave of h and one of w passes, [h,w]; white noise comes out with unit deviation. */
export function ringGains(h: number, w: number): Float64Array {
  const gains = Float64Array.from({ length: h * w }, (_, i) =>
    passing(Math.hypot((cyclesOf(Math.floor(i / w)) * SIDE) / h, (cyclesOf(i % w) * SIDE) / w))
  );
  const deviation = Math.hypot(...gains) / Math.sqrt(h * w);
  return gains.map((gain) => gain / deviation);
}

/** The filter for images of h x w, on the GPU until its tensors are disposed. */
export interface RingFilter {
  /** Waves along an image's columns [h,h] and rows [w,w]. */
  vertical: Tensor;
  horizontal: Tensor;
  /** [h,w] */
  gains: Tensor;
}

/** Made before a step is captured. */
export function ringFilter(gpu: Engine, h: number, w: number): RingFilter {
  const kept = (values: Float64Array, shape: [number, number]) =>
    gpu.keep(gpu.tensor(Float32Array.from(values), shape));
  return { vertical: kept(fourierBasis(h), [h, h]), horizontal: kept(fourierBasis(w), [w, w]),
    gains: kept(ringGains(h, w), [h, w]) };
}

/** White noise [N,C,h,w], half of its variance common to the channels. */
function whiteNoise(gpu: Tensor["gpu"], [n, c, h, w]: [number, number, number, number], generator?: Draws): Tensor {
  const white = (channels: number) => mul(randn(gpu, [n, channels, h, w], generator), Math.SQRT1_2);
  return add(white(c), expand(white(1), [n, c, h, w]));
}

/**
 * Images x [N,C,H,W] plus Gaussian noise of standard deviation `std` with the spectrum exp(-1/2 ((R - 9) / 5)^2) + .15,
 * R in cycles per 32 pixels. The channels share half of its variance. The shape was found by looking at the gradients
 * of CIFAR-10 classifiers. `filter` is that of ringFilter for H x W. The result is not clamped; new noise at each call
 * and each replay.
 *
 * White noise is white in any orthonormal basis, so it is drawn as weights of waves: H W (H + W) products a
 * plane, where the filter as a circular convolution takes (H W)^2.
 */
export function addRingNoise(x: Tensor, std: number, filter: RingFilter, generator?: Draws): Tensor {
  checkRank("addRingNoise", "x", checkTensor("addRingNoise", "x", x), 4, "[N,C,H,W]");
  checkNumber("addRingNoise", "std", std, 0, Number.MAX_VALUE);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  checkShape("addRingNoise", "the filter", filter.gains, [h, w]);
  return x.gpu.scope(() => {
    const weights = reshape(mul(whiteNoise(x.gpu, [n, c, h, w], generator), filter.gains), [n * c, h, w]);
    const columns = matmul(filter.vertical, weights, { transposeA: true });
    const noise = matmul(reshape(columns, [n * c * h, w]), filter.horizontal);
    return add(x, mul(reshape(noise, x.shape), std));
  });
}
