// One phase of training: an optimiser and a schedule on a loss, with progress, a checkpoint and the time it took.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Autoencoder } from "../model/networks/autoencoder.ts";
import { clusterPoints } from "../model/clusters.ts";
import { kmeans } from "../model/kmeans.ts";
import { adam, type Optimizer, type Schedule } from "../model/optim.ts";
import type { Parameters } from "../model/params.ts";
import { fit, imagesAt, trainingStep, type Batch, type Data, type Step } from "../model/train.ts";
import { loadCheckpoint, saveCheckpoint, type Identity, type Losses, type Place, type Position,
  type Trained } from "./checkpoint.ts";
import type { Augment } from "./settings.ts";
import { silent, type Begin } from "../report/progress.ts";

/** What every phase of a run shares. */
export interface Run {
  gpu: Engine;
  data: Data;
  batch: number;
  seed: number;
  signal?: AbortSignal;
  /** Seconds of each phase, filled as they end. */
  durations: Record<string, number>;
  /** The loss of each phase as it was seen, likewise. */
  history: Record<string, Losses>;
  /** Shows how far a phase is; silent by default. */
  progress?: Begin;
  /**
   * Where a phase saves itself, about every `every` seconds and when it is stopped, and what must be equal to go on.
   */
  checkpoint?: { place: Place; every: number; resume: boolean; identity: Identity };
}

export interface Phase {
  name: string;
  epochs: number;
  batch?: number;
  /** The rate at each of `total` steps. */
  schedule: (total: number) => Schedule;
  /** Adam by default; its rate is the schedule's. */
  optimizer?: (params: readonly Parameters[]) => Optimizer;
  /** What is done to each training image. */
  augment?: Augment;
  /** The optimiser's momentum at each of `total` steps. */
  momentum?: (total: number) => Schedule;
  /** Steps on each batch in a row. */
  replays?: number;
  /** Called after each epoch with its first batch; true ends the phase. */
  onEpoch?: (first: Batch) => Promise<boolean>;
  /** What training moves beside the parameters, as the statistics of batch norms: kept in checkpoints. */
  statistics?: readonly Parameters[];
}

/** One step of a phase; by default that of `trainingStep`, which differentiates the loss. */
export type MakeStep = (data: Data, optimizer: Optimizer) => Step;

const ADAM = (params: readonly Parameters[]): Optimizer => adam(params, { lr: 0 });

/** Trains `params` on `loss` for one phase. */
export const trainPhase = (run: Run, phase: Phase, params: Parameters[],
  loss: (x: Tensor, y: Tensor) => Tensor): Promise<void> =>
  runPhase(run, phase, params, (data, optimizer) => trainingStep(run.gpu, data, params, optimizer, loss));

/**
 * Runs the steps of one phase, with progress. A phase draws its random numbers from the run's seed and
 * its name alone; with a checkpoint it goes on where one is found, and removes it at its end.
 */
export async function runPhase(run: Run, phase: Phase, params: Parameters[], makeStep: MakeStep): Promise<void> {
  const { gpu, signal, seed, progress = silent } = run;
  const { name, epochs, batch = run.batch, augment, replays = 1 } = phase;
  const n = run.data.labels.size;
  const total = Math.floor(n / batch) * replays * epochs;
  const optimizer = (phase.optimizer ?? ADAM)(params);
  const saved = await checkpointOf(run, phase, { gpu, params: [...params, ...(phase.statistics ?? [])],
    optimizer });
  const step = makeStep({ ...run.data, augment }, optimizer);
  const bar = progress(name, total, { done: saved.step });
  const begun = performance.now() - 1000 * saved.seconds;
  const seconds = () => (performance.now() - begun) / 1000;
  const losses = [...saved.losses];
  let seen = saved.step;
  try {
    await fit(step, optimizer, { name, n, batch, epochs, seed, signal, replays, schedule: phase.schedule(total),
      momentum: phase.momentum?.(total), onEpoch: phase.onEpoch, from: saved.step,
      checkpoint: run.checkpoint && { every: run.checkpoint.every, save: (step) =>
        saved.save({ step, seconds: seconds(), losses }) },
      onProgress: (done, _, value) => {
        bar.tick(done - seen, `loss ${value.toFixed(3)}`);
        losses.push([(seen = done), value]);
      } });
    bar.done();
  } finally {
    bar.stop();
    step.dispose();
    optimizer.dispose();
  }
  run.checkpoint?.place.remove();
  run.durations[name] = seconds();
  run.history[name] = thinned(losses);
}

/** Points of a curve that a file keeps. */
const KEPT = 60;

/** Means of neighbours, at the last step of each group, so that at most KEPT are left; four digits. */
function thinned(losses: Losses): Losses {
  const size = Math.ceil(losses.length / KEPT);
  return Array.from({ length: Math.ceil(losses.length / size) || 0 }, (_, i) => {
    const group = losses.slice(i * size, (i + 1) * size);
    const mean = group.reduce((sum, [, loss]) => sum + loss, 0) / group.length;
    return [group.at(-1)![0], Number(mean.toPrecision(4))];
  });
}

/** Where the phase stands, from its checkpoint if there is one, and how to save it. */
async function checkpointOf({ gpu, seed, checkpoint }: Run, { name }: Phase,
  trained: Trained): Promise<Position & { save: (position: Position) => Promise<void>; }> {
  gpu.random.restore([seed, hashOf(name), 0, 0]);
  const start: Position = { step: 0, seconds: 0, losses: [] };
  if (!checkpoint) return { ...start, save: async () => {} };
  const identity = { phase: name, seed, adapter: gpu.adapter.name, ...checkpoint.identity };
  const found = checkpoint.resume ? loadCheckpoint(checkpoint.place, trained, identity) : null;
  return { ...(found ?? start), save: (position) => saveCheckpoint(checkpoint.place, trained, position, identity) };
}

/** 32 bits of a text (FNV-1a). */
const hashOf = (text: string): number =>
  [...text].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619), 2166136261) >>> 0;

/** Images encoded at once: bounds the memory of their activations. */
const AT_ONCE = 500;

/** What the clusters see of mu(x) (see clusterPoints), [count,d], of the first `count` training images. */
async function latentMeans({ gpu, data }: Run, net: Autoencoder, count: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const index = Int32Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => from + i);
    const points = gpu.scope(() =>
      clusterPoints(net.encode(imagesAt(data, gpu.tensor(index, [index.length], "i32"))).mu)
    );
    parts.push(await points.data());
    points.dispose();
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Training images that a network is started from. */
const STARTED = 2000;

/** Lets a network that can set its weights from training images, before the first phase. */
export async function startNetwork({ gpu, data }: Run, net: Autoencoder): Promise<void> {
  if (!net.start) return;
  const index = Int32Array.from({ length: Math.min(STARTED, data.labels.size) }, (_, i) => i);
  const images = gpu.scope(() => imagesAt(data, gpu.tensor(index)));
  net.start(await images.data());
  images.dispose();
}

/** Sets cluster means [k,d] to those of k-means++ on mu(x) of the first `count` training images. */
export async function startClusters(run: Run, net: Autoencoder, means: Parameters, count: number): Promise<void> {
  const points = await latentMeans(run, net, Math.min(count, run.data.labels.size));
  const [k, d] = means.get("means").shape as [number, number];
  const centres = kmeans(points, d, { k, seed: run.seed });
  means.load({ means: { shape: [k, d], data: centres } });
}
