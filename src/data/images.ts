/** A set of labelled images: the one form in which every data set reaches training, attacks and the lab. */

/** N images, C channels, H, W: MNIST is [1, 28, 28], CIFAR-10 is [3, 32, 32]. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface ImageSet {
  /** [n, C, H, W], row-major, in [0, 1] */
  images: Float32Array;
  /** [n], each 0 to 9 */
  labels: Int32Array;
  n: number;
  shape: ImageShape;
}

/**
 * Images `from` up to and without `to`, as views on the same memory.
 * Throws when the range is empty or leaves the set.
 */
export function slice(set: ImageSet, from: number, to: number = set.n): ImageSet {
  const whole = Number.isInteger(from) && Number.isInteger(to);
  if (!whole || from < 0 || to > set.n || from >= to) {
    throw new Error(
      `slice: images ${from} to ${to} were asked for, the set has ${set.n}; give 0 <= from < to <= ${set.n}`,
    );
  }
  const [c, h, w] = set.shape;
  const size = c * h * w;
  return {
    images: set.images.subarray(from * size, to * size),
    labels: set.labels.subarray(from, to),
    n: to - from,
    shape: set.shape,
  };
}

/** Bytes 0 to 255 as float32 0 to 1. */
export function bytesToUnit(bytes: Uint8Array): Float32Array {
  const out = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i]! / 255;
  return out;
}
