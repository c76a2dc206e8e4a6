/** A set of labelled images: the one form in which every data set reaches training, attacks and the lab. */

/** N images, C channels, H, W: MNIST is [1, 28, 28], CIFAR-10 is [3, 32, 32]. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** Labelled images as numbers. */
export interface ImageSet {
  /** [n, C, H, W], row-major, in [0, 1] */
  images: Float32Array;
  /** [n], each 0 to 9 */
  labels: Int32Array;
  n: number;
  shape: ImageShape;
}

/** Pixels of one image, channels counted. */
export const pixelsOf = ([channels, height, width]: ImageShape): number => channels * height * width;

/** Throws unless 0 <= from < to <= n, whole numbers; `op` begins the message. */
export function checkRange(op: string, from: number, to: number, n: number): void {
  const whole = Number.isInteger(from) && Number.isInteger(to);
  if (!whole || from < 0 || to > n || from >= to)
    throw new Error(`${op}: images ${from} to ${to} were asked for, the set has ${n}; give 0 <= from < to <= ${n}`);
}

/**
 * Images `from` up to and without `to`, as views on the same memory.
 * Throws when the range is empty or leaves the set.
 */
export function slice(set: ImageSet, from: number, to: number = set.n): ImageSet {
  checkRange("slice", from, to, set.n);
  const size = pixelsOf(set.shape);
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

/** The images at some places, in their order, as a copy. Throws where there is no such image. */
export function selectImages(set: ImageSet, places: ArrayLike<number>): ImageSet {
  const size = pixelsOf(set.shape);
  const out: ImageSet = { images: new Float32Array(places.length * size), labels: new Int32Array(places.length),
    n: places.length, shape: set.shape };
  Array.from(places).forEach((place, i) => {
    if (!Number.isInteger(place) || place < 0 || place >= set.n)
      throw new Error(`selectImages: image ${place} was asked for, whole numbers from 0 to ${set.n - 1} were due`);
    out.images.set(set.images.subarray(place * size, (place + 1) * size), i * size);
    out.labels[i] = set.labels[place]!;
  });
  return out;
}
