// Parts of a set of images: some of them, and pieces of few different sizes.

import { selectImages, type ImageSet } from "../data/images.ts";

const PER_PASS = 1000; // images through the classifier at once: bounds the memory of many draws
const LEAST = 8; // images of the smallest piece

/** Images at once so that all their draws go through in one pass. */
export const batchFor = (draws: number, batch: number): number =>
  Math.max(1, Math.min(batch, Math.floor(PER_PASS / draws)));

/**
 * `count` images spread evenly over a set, always the same ones: the first test images of MNIST are harder than the
 * rest.
 */
export const spread = (set: ImageSet, count: number): ImageSet => selectImages(set, spreadPlaces(set.n, count));

/** The places of `count` images spread evenly over n. */
export function spreadPlaces(n: number, count: number): number[] {
  if (!(Number.isInteger(count) && count >= 1 && count <= n)) throw new Error(`spread: ${count} of ${n} ` +
    `images were asked for; a whole number from 1 to ${n} is due`);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

/** `rows` images of a set from `from` on; the piece is filled up with the last one. */
export interface Piece {
  from: number;
  rows: number;
  piece: ImageSet;
}

/** A set in pieces of `size`, the last one as small as a power of two allows: few shapes to capture, little waste. */
export function pieces(set: ImageSet, size: number): Piece[] {
  return Array.from({ length: Math.ceil(set.n / size) }, (_, k) => {
    const from = k * size;
    const rows = Math.min(size, set.n - from);
    const width = Math.min(size, Math.max(LEAST, 2 ** Math.ceil(Math.log2(rows))));
    const places = Array.from({ length: width }, (_, i) => from + Math.min(i, rows - 1));
    return { from, rows, piece: selectImages(set, places) };
  });
}
