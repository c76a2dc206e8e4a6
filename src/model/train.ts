// The training loop: shuffled batches of indices go into a captured step; the data stay on the GPU.

import type { Captured } from "../engine/run/capture.ts";
import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { byteImages, cast, clamp, ge, indexSelect, reshape, sub, where } from "../kernels/index.ts";
import { hostRandom, permutation } from "./host-random.ts";
import type { Optimizer } from "./optim.ts";
import type { Parameters } from "./params.ts";

/** What trainingStep takes its batches from. */
export interface Data {
  /**
   * On the GPU: [n,C,H,W] in [0,1], or as bytes, u32 [n,C*H*W/4] (see byteImages). Bytes may lie in several tensors,
   * the first images in the first, where one buffer is too small for all.
   */
  images: Tensor | readonly Tensor[];
  /** int32 [n], on the GPU. */
  labels: Tensor;
  /** [C,H,W], needed where the images are bytes. */
  shape?: readonly [number, number, number];
  /** How images are augmented whenever they are taken (see byteImages); only where they are bytes. */
  augment?: { crop?: number; flip?: boolean };
}

/** The images at index [B] from several tensors of bytes: from each those that it has, and of the others any. */
function fromParts(parts: readonly Tensor[], index: Tensor, take: (images: Tensor, at: Tensor) => Tensor): Tensor {
  const at = cast(index, "f32");
  let [found, from] = [null as Tensor | null, 0];
  for (const part of parts) {
    const n = part.shape[0]!;
    const images = take(part, cast(clamp(sub(at, from), 0, n - 1), "i32"));
    const mine = reshape(ge(at, from), [index.size, 1, 1, 1]);
    found = found ? where(mine, images, found) : images;
    from += n;
  }
  return found!;
}

/** The images at index [B], [B,C,H,W] in [0,1]; augmented anew at each call where the data say so. */
export function imagesAt({ images: all, shape, augment }: Data, index: Tensor): Tensor {
  const parts = "length" in all ? all : [all];
  if (parts.length > 1)
    return fromParts(parts, index, (images, at) => imagesAt({ images, shape, augment } as Data, at));
  const images = parts[0]!;
  if (images.dtype === "u32" && shape) return byteImages(images, index, shape, augment);
  if (images.dtype === "u32")
    throw new Error("training data: images stored as bytes need their shape [C,H,W] beside them");
  if (augment) throw new Error(`training data: augment came with images of type ${images.dtype}, only images stored ` +
    `as bytes (u32) are augmented; store them as bytes`);
  return indexSelect(images, 0, index);
}

/** The indices of a batch's images, on the host. */
export interface Batch {
  data: Int32Array;
  shape: [number];
  dtype: "i32";
}

/** A training step: from a batch's indices to its loss. The same object given again is the same batch once more. */
export interface Step {
  (batch: Batch): Tensor;
  /** See Captured.prepare. */
  prepare?(batch: Batch): Promise<void>;
  dispose(): void;
}

/**
 * One training step as a captured function of the batch's indices: gathers the batch, differentiates the loss with
 * respect to `params` and lets the optimiser update them. Returns the loss, a scalar.
 */
export function trainingStep(gpu: Engine, data: Data, params: Parameters[], optimizer: Optimizer,
  loss: (x: Tensor, y: Tensor) => Tensor): Captured<[Batch], Tensor> {
  const list = params.flatMap((p) => p.list());
  return gpu.capture<[Batch], Tensor>((index) => {
    const x = imagesAt(data, index);
    const y = indexSelect(data.labels, 0, index);
    const { value, grads } = valueAndGrad(() => loss(x, y), list);
    optimizer.step(grads);
    return value;
  });
}

/** How long fit trains, and who hears of it. */
export interface FitOptions {
  /** What is trained, for messages. */
  name: string;
  /** Number of training images. */
  n: number;
  batch: number;
  epochs: number;
  /** Learning rate at `step` of `total`. */
  schedule: (step: number, total: number) => number;
  /** The momentum likewise, for an optimiser that has one; it keeps its own by default. */
  momentum?: (step: number, total: number) => number;
  /** Steps on each batch in a row, each counted; 1 by default. */
  replays?: number;
  seed: number;
  /** Called after each epoch with its first batch; true ends the training. */
  onEpoch?: (first: Batch) => Promise<boolean>;
  /** Awaited after each step, to look at what has been learned, to wait, or to end the run by an error. */
  onStep?: (step: number, total: number, loss: Tensor) => Promise<void>;
  /** Called a few times a second with the step just done and its loss. */
  onProgress?: (step: number, total: number, loss: number) => void;
  signal?: AbortSignal;
  /** Steps that were done before, when a run goes on from a checkpoint: the order of the images goes on as well. */
  from?: number;
  /** Called between steps, about every `every` seconds, to save what has been reached. */
  checkpoint?: { every: number; save: (done: number) => Promise<void> };
}

/** A loss so many times the first one seen has no way back. */
const DIVERGED = 1000;

/** Steps between two looks at the loss: each look waits for the GPU. */
const LOOK = 10;

/** The order of the images in the epoch of step `from`, and the generator that makes the next ones. */
function orderAt(o: FitOptions, perEpoch: number, from: number): { order: Int32Array; random: () => number } {
  const random = hostRandom(o.seed);
  let order = new Int32Array();
  for (let begun = 0; begun < from; begun += perEpoch) order = permutation(o.n, random) as Int32Array<ArrayBuffer>;
  return { order, random };
}

function checkLoss(o: FitOptions, loss: number, first: number, step: number, total: number, perEpoch: number): void {
  const where = `at step ${step} of ${total} (epoch ${Math.ceil(step / perEpoch)}); use a lower learning rate`;
  if (!Number.isFinite(loss)) throw new Error(`${o.name}: the loss is ${loss} ${where}`);
  if (Math.abs(loss) > DIVERGED * Math.max(1, Math.abs(first))) throw new Error(`${o.name}: the loss grew from ` +
    `${first.toPrecision(4)} to ${loss.toPrecision(4)} ${where}`);
}

/** A parameter or a gradient that is not finite stops the training too: the loss may not show it. */
async function checkSizes(o: FitOptions, sizes: Tensor, optimizer: Optimizer, step: number,
  total: number): Promise<void> {
  const finite = (await sizes.data()).every(Number.isFinite);
  sizes.dispose();
  if (finite) return;
  const broken = (await optimizer.findBroken()) ?? "a gradient";
  throw new Error(`${o.name}: ${broken} is not finite at step ${step} of ${total}; use a lower learning rate, or ` +
    `look for an op that divides by zero`);
}

const FIT_OPTIONS = ["name", "n", "batch", "epochs", "schedule", "momentum", "replays", "seed", "onEpoch",
  "onStep", "onProgress", "signal", "from", "checkpoint"];

function checkFit(o: FitOptions): void {
  checkOptions("fit", o, FIT_OPTIONS);
  for (const name of ["n", "batch", "epochs"] as const) checkWhole("fit", name, o[name], 1);
  if (o.from !== undefined) checkWhole("fit", "from", o.from, 0);
  if (o.replays !== undefined) checkWhole("fit", "replays", o.replays, 1);
  if ((o.from ?? 0) % (o.replays ?? 1)) fail("fit", `from is ${o.from}; a multiple of the ${o.replays} replays is due`);
  checkWhole("fit", "seed", o.seed, 0);
  for (const name of ["schedule", "momentum"] as const)
    if (typeof o[name] !== "function" && (name === "schedule" || o[name] !== undefined)) fail("fit", `${name} is ` +
      `${describeValue(o[name])}; a function of step and total is due, such as cosine(..)`);
}

const batchAt = (order: Int32Array, k: number, size: number): Batch =>
  ({ data: order.slice(k * size, (k + 1) * size), shape: [size], dtype: "i32" });

/** The loss of a step, which is thrown where it has no way back. `first` is NaN at the first look. */
async function lookAt(o: FitOptions, optimizer: Optimizer, value: Tensor, first: number, step: number, total: number,
  perEpoch: number): Promise<number> {
  const sizes = optimizer.magnitudes();
  const loss = await value.item();
  checkLoss(o, loss, Number.isNaN(first) ? loss : first, step, total, perEpoch);
  await checkSizes(o, sizes, optimizer, step, total);
  o.onProgress?.(step, total, loss);
  return loss;
}

/** Trains for `epochs` epochs of whole batches (a last short batch is left out). Returns the last loss seen. */
export async function fit(step: Step, optimizer: Optimizer, o: FitOptions): Promise<number> {
  checkFit(o);
  const { replays = 1 } = o;
  const perEpoch = Math.floor(o.n / o.batch) * replays;
  if (perEpoch < 1) throw new Error(`${o.name}: ${o.n} images do not fill one batch of ${o.batch}`);
  const total = perEpoch * o.epochs;
  const from = o.from ?? 0;
  let { order, random } = orderAt(o, perEpoch, from);
  const look = Math.ceil(LOOK / replays) * replays; // at a batch's end: a checkpoint holds no batch
  let [loss, first, saved] = [NaN, NaN, performance.now()];
  let batch: Batch;
  await step.prepare?.({ data: new Int32Array(o.batch), shape: [o.batch], dtype: "i32" });
  for (let i = from; i < total; i++) {
    if (i % perEpoch === 0) order = permutation(o.n, random);
    optimizer.lr = o.schedule(i, total);
    if (o.momentum) optimizer.momentum = o.momentum(i, total);
    if (i % replays === 0) batch = batchAt(order, (i % perEpoch) / replays, o.batch);
    const value = step(batch!);
    if (o.onStep) await o.onStep(i + 1, total, value);
    if ((i + 1) % perEpoch === 0 && (await o.onEpoch?.(batchAt(order, 0, o.batch)))) return value.item();
    if (i % look !== look - 1 && i !== total - 1) continue;
    loss = await lookAt(o, optimizer, value, first, i + 1, total, perEpoch);
    if (Number.isNaN(first)) first = loss;
    if (o.checkpoint && (o.signal?.aborted || performance.now() - saved > 1000 * o.checkpoint.every)) {
      await o.checkpoint.save(i + 1);
      saved = performance.now();
    }
    o.signal?.throwIfAborted();
  }
  return loss;
}
