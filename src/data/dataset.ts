// What a data set is, and its images as bytes: a quarter of the memory of float32, and what the GPU keeps (byteImages).

import { bytesToUnit, checkRange, pixelsOf, type ImageSet, type ImageShape } from "./images.ts";

/** Training or test images. */
export type Part = "train" | "test";

/** Labelled images as bytes. */
export interface ByteSet {
  /** The data set's name, as in "cifar10". */
  name: string;
  /** [n,C,H,W], row-major, 0 to 255 */
  bytes: Uint8Array;
  /** [n], each a place in `classes` */
  labels: Int32Array;
  n: number;
  shape: ImageShape;
  classes: readonly string[];
}

/** How a data set is fetched. */
export interface InstallOptions {
  /** A file of the package instead of the network. */
  from?: string;
  signal?: AbortSignal;
  /** One line for the user. */
  say: (line: string) => void;
}

/** A data set: what it is, and how its bytes are read. See docs/add-a-dataset.md. */
export interface Dataset {
  /** As on the command line: "cifar10". */
  name: string;
  /** As in a heading: "CIFAR-10". */
  title: string;
  shape: ImageShape;
  /** Names of the classes, in the order of the labels. */
  classes: readonly string[];
  /** Mean and standard deviation of each channel of the training images, in [0,1]. */
  mean: readonly number[];
  std: readonly number[];
  /**
   * The usual augmentation in training: most pixels of a random shift (see randomShift), or most pixels of a padded
   * random crop and whether images are flipped (see byteImages).
   */
  augment: { shift?: number; crop?: number; flip?: boolean };
  /** Number of images. */
  sizes: { train: number; test: number };
  /** Reads one part from `folder`, or from where the data set is by default. Throws one sentence that names a file. */
  read(part: Part, folder?: string): ByteSet;
  /** Puts the files where `read` looks for them by default, unless they are there: then `fresh` is false. */
  install?(options: InstallOptions): Promise<{ folder: string; fresh: boolean }>;
}

/**
 * Images `from` up to and without `to`, as views on the same memory.
 * Throws when the range is empty or leaves the set.
 */
export function sliceBytes(set: ByteSet, from: number, to: number = set.n): ByteSet {
  checkRange("sliceBytes", from, to, set.n);
  const size = pixelsOf(set.shape);
  return { ...set, bytes: set.bytes.subarray(from * size, to * size), labels: set.labels.subarray(from, to),
    n: to - from };
}

/** The images at some places, in their order, as a copy. Throws where there is no such image. */
export function selectBytes(set: ByteSet, places: readonly number[]): ByteSet {
  const size = pixelsOf(set.shape);
  const bad = places.find((place) => !Number.isInteger(place) || place < 0 || place >= set.n);
  if (bad !== undefined) throw new Error(`${set.name}: image ${bad} was asked for, whole numbers from 0 to ` +
    `${set.n - 1} were due`);
  const bytes = new Uint8Array(places.length * size);
  places.forEach((place, i) => bytes.set(set.bytes.subarray(place * size, (place + 1) * size), i * size));
  return { ...set, bytes, labels: Int32Array.from(places, (place) => set.labels[place]!), n: places.length };
}

/** The same images as float32 in [0,1]; the labels are shared. */
export function toImageSet({ bytes, labels, n, shape }: ByteSet): ImageSet {
  return { images: bytesToUnit(bytes), labels, n, shape };
}

/**
 * The images as u32 [n, C*H*W/4], four pixels to a number, the first in its lowest byte: what byteImages takes. A view
 * where the memory allows it, else a copy. Throws where four does not divide an image.
 */
export function wordsOf({ name, bytes, shape }: ByteSet): Uint32Array {
  const pixels = pixelsOf(shape);
  if (pixels % 4)
    throw new Error(`${name}: an image [${shape}] has ${pixels} pixels, a multiple of 4 was due; pad the images`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes); // slice() of a Buffer would be a view
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}
