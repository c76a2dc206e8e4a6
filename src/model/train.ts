// The training loop: shuffled batches of indices go into a captured step; the data stay on the GPU.

import type { Captured } from "../engine/capture.ts";
import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/tape.ts";
import type { Tensor } from "../engine/tensor.ts";
import { indexSelect } from "../kernels/index.ts";
import { hostRandom, permutation } from "./host-random.ts";
import type { Optimizer } from "./optim.ts";
import type { Parameters } from "./params.ts";

export interface Data {
  /** [n,C,H,W] in [0,1], on the GPU. */
  images: Tensor;
  /** int32 [n], on the GPU. */
  labels: Tensor;
}

type Step = Captured<[{ data: Int32Array; shape: [number]; dtype: "i32" }], Tensor>;

/**
 * One training step as a captured function of the batch's indices: gathers the batch, differentiates the loss with
 * respect to `params` and lets the optimiser update them. Returns the loss.
 */
export function trainingStep(gpu: Engine, data: Data, params: Parameters[], optimizer: Optimizer, loss: (x: Tensor, y: Tensor) => Tensor): Step {
  const list = params.flatMap((p) => p.list());
  return gpu.capture((index: Tensor) => {
    const x = indexSelect(data.images, 0, index);
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
}

/** Steps between two looks at the loss: each look waits for the GPU. */
const LOOK = 10;

/** Trains for `epochs` epochs of whole batches (a last short batch is left out). Returns the last loss seen. */
export async function fit(step: Step, optimizer: Optimizer, o: FitOptions): Promise<number> {
  const perEpoch = Math.floor(o.n / o.batch);
  if (perEpoch < 1) throw new Error(`${o.name}: ${o.n} images do not fill one batch of ${o.batch}`);
  const total = perEpoch * o.epochs;
  const random = hostRandom(o.seed);
  let order = new Int32Array();
  let loss = NaN;
  for (let i = 0; i < total; i++) {
    if (i % perEpoch === 0) order = permutation(o.n, random) as Int32Array<ArrayBuffer>;
    optimizer.lr = o.schedule(i, total);
    const from = (i % perEpoch) * o.batch;
    const value = step({ data: order.subarray(from, from + o.batch), shape: [o.batch], dtype: "i32" });
    if (i % LOOK === LOOK - 1 || i === total - 1) {
      loss = await value.item();
      o.signal?.throwIfAborted();
      if (!Number.isFinite(loss)) throw new Error(`${o.name}: the loss is ${loss} at step ${i + 1} of ${total} (epoch ${Math.floor(i / perEpoch) + 1}); use a lower learning rate`);
      o.onProgress?.(i + 1, total, loss);
    }
  }
  return loss;
}
