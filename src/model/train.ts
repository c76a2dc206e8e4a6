// The training loop: shuffled batches of indices go into a captured step; the data stay on the GPU.

import type { Captured } from "../engine/run/capture.ts";
import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { byteImages, indexSelect } from "../kernels/index.ts";
import { hostRandom, permutation } from "./host-random.ts";
import type { Optimizer } from "./optim.ts";
import type { Parameters } from "./params.ts";

export interface Data {
  /** On the GPU: [n,C,H,W] in [0,1], or as bytes, u32 [n,C*H*W/4] (see byteImages). */
  images: Tensor;
  /** int32 [n], on the GPU. */
  labels: Tensor;
  /** [C,H,W], needed where the images are bytes. */
  shape?: readonly [number, number, number];
}

/** The images at index [B], [B,C,H,W] in [0,1]. */
export function imagesAt({ images, shape }: Data, index: Tensor): Tensor {
  if (images.dtype !== "u32") return indexSelect(images, 0, index);
  if (!shape) throw new Error("training data: images stored as bytes need their shape [C,H,W] beside them");
  return byteImages(images, index, shape);
}

type Step = Captured<[{ data: Int32Array; shape: [number]; dtype: "i32" }], Tensor>;

/**
 * One training step as a captured function of the batch's indices: gathers the batch, differentiates the loss with
 * respect to `params` and lets the optimiser update them. Returns the loss.
 */
export function trainingStep(gpu: Engine, data: Data, params: Parameters[], optimizer: Optimizer,
  loss: (x: Tensor, y: Tensor) => Tensor): Step {
  const list = params.flatMap((p) => p.list());
  return gpu.capture((index: Tensor) => {
    const x = imagesAt(data, index);
    const y = indexSelect(data.labels, 0, index);
    const { value, grads } = valueAndGrad(() => loss(x, y), list);
    optimizer.step(grads);
    return value;
  }) as Step;
}

export interface FitOptions {
  /** What is trained, for messages. */
  name: string;
  /** Number of training images. */
  n: number;
  batch: number;
  epochs: number;
  /** Learning rate at `step` of `total`. */
  schedule: (step: number, total: number) => number;
  seed: number;
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

const FIT_OPTIONS = ["name", "n", "batch", "epochs", "schedule", "seed", "onProgress", "signal", "from", "checkpoint"];

function checkFit(o: FitOptions): void {
  checkOptions("fit", o, FIT_OPTIONS);
  for (const name of ["n", "batch", "epochs"] as const) checkWhole("fit", name, o[name], 1);
  if (o.from !== undefined) checkWhole("fit", "from", o.from, 0);
  checkWhole("fit", "seed", o.seed, 0);
  if (typeof o.schedule !== "function") fail("fit", `schedule is ${describeValue(o.schedule)}; a function of step ` +
    `and total is due, such as cosine(..)`);
}

/** Trains for `epochs` epochs of whole batches (a last short batch is left out). Returns the last loss seen. */
export async function fit(step: Step, optimizer: Optimizer, o: FitOptions): Promise<number> {
  checkFit(o);
  const perEpoch = Math.floor(o.n / o.batch);
  if (perEpoch < 1) throw new Error(`${o.name}: ${o.n} images do not fill one batch of ${o.batch}`);
  const total = perEpoch * o.epochs;
  const from = o.from ?? 0;
  let { order, random } = orderAt(o, perEpoch, from);
  let [loss, first, saved] = [NaN, NaN, performance.now()];
  for (let i = from; i < total; i++) {
    if (i % perEpoch === 0) order = permutation(o.n, random);
    optimizer.lr = o.schedule(i, total);
    const at = (i % perEpoch) * o.batch;
    const value = step({ data: order.slice(at, at + o.batch), shape: [o.batch], dtype: "i32" });
    if (i % LOOK !== LOOK - 1 && i !== total - 1) continue;
    const sizes = optimizer.magnitudes();
    loss = await value.item();
    if (Number.isNaN(first)) first = loss;
    checkLoss(o, loss, first, i + 1, total, perEpoch);
    await checkSizes(o, sizes, optimizer, i + 1, total);
    o.onProgress?.(i + 1, total, loss);
    if (o.checkpoint && (o.signal?.aborted || performance.now() - saved > 1000 * o.checkpoint.every)) {
      await o.checkpoint.save(i + 1);
      saved = performance.now();
    }
    o.signal?.throwIfAborted();
  }
  return loss;
}
