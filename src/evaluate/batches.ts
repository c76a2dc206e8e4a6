// Images of one evaluation, in batches of one size. They stay on the host until their turn, so that any number fits,
// and as bytes where they are bytes.

import type { ImageSet, ImageShape } from "../data/images.ts";
import type { ByteSet } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { argmax, byteImages } from "../kernels/index.ts";
import type { Model } from "../attacks/index.ts";
import { deployed, type Decides } from "../defences/purifier.ts";

export interface Batches {
  /** Images a batch. */
  size: number;
  shape: ImageShape;
  /** A batch as float32 in [0,1] or as bytes, each [size,C,H,W]. */
  images: readonly (Float32Array | Uint8Array)[];
  labels: readonly Int32Array[];
}

export function batches(set: ImageSet | ByteSet, size: number): Batches {
  if (set.n % size !== 0) throw new Error(`evaluate: ${set.n} images are no whole number of batches of ${size}`);
  const pixels = set.shape[0] * set.shape[1] * set.shape[2];
  const all = "bytes" in set ? set.bytes : set.images;
  const each = <T>(cut: (i: number) => T): T[] => Array.from({ length: set.n / size }, (_, i) => cut(i));
  return { size, shape: set.shape, images: each((i) => all.subarray(i * size * pixels, (i + 1) * size * pixels)),
    labels: each((i) => set.labels.subarray(i * size, (i + 1) * size)) };
}

/** Number of batches. */
export const countOf = (set: Batches): number => set.images.length;

/** The first batch alone. */
export const firstBatch = (set: Batches): Batches => ({ ...set, images: set.images.slice(0, 1),
  labels: set.labels.slice(0, 1) });

/** Batch `i` on the GPU: f32 [size,C,H,W] in [0,1], a new tensor. */
export function imagesOf(gpu: Engine, { size, shape, images }: Batches, i: number): Tensor {
  const batch = images[i]!;
  if (batch instanceof Float32Array) return gpu.tensor(batch, [size, ...shape]);
  const words = new Uint32Array(Uint8Array.from(batch).buffer); // a copy: views of a file need not be aligned
  const rows = Int32Array.from({ length: size }, (_, row) => row);
  return gpu.scope(() => byteImages(gpu.tensor(words, [size, words.length / size], "u32"), gpu.tensor(rows), shape));
}

/** Labels of batch `i` on the GPU: i32 [size], a new tensor. */
export const labelsOf = (gpu: Engine, { size, labels }: Batches, i: number): Tensor =>
  gpu.tensor(labels[i]!, [size], "i32");

/** What a model makes of the first `count` images of a tensor [N,C,H,W], on the host. */
export interface Sample {
  /** [count,C,H,W] in [0,1] */
  images: Float32Array;
  predicted: Int32Array;
}

/**
 * The first `count` images behind a defence (or as they are), and how they are read: by the defence's own classifier or
 * its vote, where it has one. What is read is what is shown, but for a vote, which draws anew.
 */
export async function sample(gpu: Engine, defence: Decides | null, classifier: Model, given: Tensor,
  count: number): Promise<Sample> {
  const { x, label } = gpu.scope(() => {
    const shown = defence ? defence.purify(given) : given;
    const logits = defence?.votes ? deployed(defence, classifier)(given) : (defence?.classify ?? classifier)(shown);
    return { x: shown, label: argmax(logits, { dim: 1 }) };
  });
  const pixels = given.size / given.shape[0]!;
  const images = (await x.data()).slice(0, count * pixels);
  const predicted = (await label.data<Int32Array>()).slice(0, count);
  if (x !== given) x.dispose();
  label.dispose();
  return { images, predicted };
}
