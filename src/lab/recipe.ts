// How the purifiers are trained (RECIPE of the paper's method, corrected): a warm-up as a plain VAE with a small KL,
// then VAE or C-VAE at full loss, then "+G": the decoder frozen, the encoder retrained on noisy images against clean
// ones.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { addNoise } from "../kernels/index.ts";
import type { Autoencoder } from "../model/autoencoder.ts";
import { kmeans } from "../model/kmeans.ts";
import { cvaeLoss, vaeLoss } from "../model/losses.ts";
import { adam, cosine, type Schedule } from "../model/optim.ts";
import { makeParameters, type Parameters } from "../model/params.ts";
import { fit, imagesAt, trainingStep, type Data } from "../model/train.ts";
import { loadCheckpoint, removeCheckpoint, saveCheckpoint, type Identity, type Position,
  type Trained } from "./checkpoint.ts";
import { progress } from "./progress.ts";

/** What every phase of a run shares. */
export interface Run {
  gpu: Engine;
  data: Data;
  batch: number;
  seed: number;
  signal?: AbortSignal;
  /** Seconds of each phase, filled as they end. */
  durations: Record<string, number>;
  /**
   * Where a phase saves itself, about every `every` seconds and when it is stopped, and what must be equal to go on.
   */
  checkpoint?: { file: string; every: number; resume: boolean; identity: Identity };
}

export interface Phase {
  name: string;
  epochs: number;
  lr: number;
  schedule?: (total: number) => Schedule;
  /** Adam's; PyTorch's by default. */
  betas?: readonly [number, number];
}

/**
 * Trains `params` on `loss` for one phase with Adam, with progress on the terminal. With a checkpoint the phase draws
 * its random numbers from the run's seed and its name alone, goes on where a file is found, and removes the file at its
 * end.
 */
export async function trainPhase(run: Run, phase: Phase, params: Parameters[],
  loss: (x: Tensor, y: Tensor) => Tensor): Promise<void> {
  const { gpu, data, batch } = run;
  const n = data.labels.size;
  const total = Math.floor(n / batch) * phase.epochs;
  const schedule = (phase.schedule ?? ((steps) => cosine(phase.lr, 0.05, steps)))(total);
  const optimizer = adam(params, { lr: phase.lr, betas: phase.betas });
  const saved = await checkpointOf(run, phase, { gpu, params, optimizer });
  const step = trainingStep(gpu, data, params, optimizer, loss);
  const bar = progress(phase.name, total);
  const begun = performance.now() - 1000 * saved.seconds;
  const seconds = () => (performance.now() - begun) / 1000;
  let seen = saved.step;
  bar.tick(seen);
  try {
    await fit(step, optimizer, {
      name: phase.name, n, batch, epochs: phase.epochs, seed: run.seed, signal: run.signal, schedule, from: saved.step,
      checkpoint: run.checkpoint && { every: run.checkpoint.every, save: (done) => saved.save(done, seconds()) },
      onProgress: (done, _, value) => (bar.tick(done - seen, `loss ${value.toFixed(3)}`), (seen = done)),
    });
    bar.done();
  } finally {
    bar.stop();
    step.dispose();
    optimizer.dispose();
  }
  if (run.checkpoint) removeCheckpoint(run.checkpoint.file);
  run.durations[phase.name] = seconds();
}

/** Where the phase stands, from its checkpoint if there is one, and how to save it. */
async function checkpointOf({ gpu, seed, checkpoint }: Run, { name }: Phase,
  trained: Trained): Promise<Position & { save: (step: number, seconds: number) => Promise<void>; }> {
  if (!checkpoint) return { step: 0, seconds: 0, save: async () => {} };
  gpu.random.restore([seed, hashOf(name), 0, 0]);
  const identity = { phase: name, seed, ...checkpoint.identity };
  const found = checkpoint.resume ? loadCheckpoint(checkpoint.file, trained, identity) : null;
  const position = found ?? { step: 0, seconds: 0 };
  return { ...position,
    save: (step, seconds) => saveCheckpoint(checkpoint.file, trained, { step, seconds }, identity) };
}

/** 32 bits of a text (FNV-1a). */
const hashOf = (text: string): number =>
  [...text].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619), 2166136261) >>> 0;

const both = (net: Autoencoder): Parameters[] => [net.encoder, net.decoder];

/** Plain VAE with 0.1 KL at a constant rate: the start that VAE and C-VAE share. */
export const warmUp = (run: Run, phase: Phase, net: Autoencoder, lam: number): Promise<void> =>
  trainPhase(run, { ...phase, schedule: () => () => phase.lr }, both(net), (x) => vaeLoss(net, x, x, lam, 0.1));

export const trainVae = (run: Run, phase: Phase, net: Autoencoder, lam: number): Promise<void> =>
  trainPhase(run, phase, both(net), (x) => vaeLoss(net, x, x, lam));

/** Images encoded at once: bounds the memory of their activations. */
const AT_ONCE = 500;

/** mu(x) [count,d] of the first `count` training images. */
async function latentMeans({ gpu, data }: Run, net: Autoencoder, count: number): Promise<Float32Array> {
  const all = new Float32Array(count * net.latent);
  for (let from = 0; from < count; from += AT_ONCE) {
    const index = Int32Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => from + i);
    const mu = gpu.scope(() => net.encode(imagesAt(data, gpu.tensor(index, [index.length], "i32"))).mu);
    all.set(await mu.data(), from * net.latent);
    mu.dispose();
  }
  return all;
}

/** Cluster means [k,d] from k-means++ on mu(x) of the first `count` training images. */
export async function clusterStart(run: Run, net: Autoencoder, k: number, count: number): Promise<Parameters> {
  const points = await latentMeans(run, net, Math.min(count, run.data.labels.size));
  const centres = kmeans(points, net.latent, { k, seed: run.seed });
  return makeParameters(run.gpu, { means: { shape: [k, net.latent], init: centres } }, run.seed);
}

export const trainCvae = (run: Run, phase: Phase, net: Autoencoder, means: Parameters, lam: number): Promise<void> =>
  trainPhase(run, phase, [...both(net), means], (x) => cvaeLoss(net, means.get("means"), x, x, lam));

/** "+G": only the encoder learns; input clamp(x + N(0, sigma^2), 0, 1), target the clean x. */
export const retrainEncoder = (run: Run, phase: Phase, net: Autoencoder, sigma: number,
  loss: (noisy: Tensor, clean: Tensor) => Tensor): Promise<void> =>
  trainPhase(run, phase, [net.encoder], (x) => loss(addNoise(x, sigma, { clamp: [0, 1] }), x));
