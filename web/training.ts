// Training, without a page: a classifier, a VAE or the C-VAE on digits. It runs in a worker, or where WebGPU is missing
// there in the page itself.

import { accuracy, adam, cnn, convAutoencoder, createEngine, crossEntropy, cvaeLoss, fit, makeParameters, oneCycle, pgd,
  purify as purifyBy, trainingStep, vaeLoss, type Engine, type LoadedTensor, type Parameters, type StateDict,
  type Tensor } from "../src/index.ts";
import type { ByteSet } from "../src/data/dataset.ts";
import { loadParts, stateOf } from "../src/train/recipe.ts";
import { uploadBytes } from "../src/train/trainer.ts";
import { unit, type Images } from "./lab.ts";

export const KINDS = { classifier: "classifier (CNN)", vae: "VAE", cvae: "C-VAE" };
export type Kind = keyof typeof KINDS;

export interface Settings {
  kind: Kind;
  epochs: number;
  lr: number;
  lam: number;
  seed: number;
}

/** What a training run needs, all of it plain data that a worker can be sent. */
export interface Job {
  settings: Settings;
  train: Images;
  test: Images;
  /** Weights to begin from. */
  weights: Record<string, LoadedTensor> | null;
}

/** What it tells while it runs. */
export type News =
  | { what: "adapter"; line: string }
  | { what: "progress"; step: number; total: number; loss: number }
  | { what: "look"; words: string; pictures: [title: string, pixels: Float32Array][] }
  | { what: "weights"; weights: StateDict }
  /** `failure` is empty at the end of all steps. */
  | { what: "end"; failure: string };

const BATCH = 64;
const CLUSTERS = 10;
const LATENT = 16;
const TESTED = 250;

/** What is trained, how its loss is made, and what can be said and shown of it between epochs. */
interface Task {
  /** By the prefix of their tensors in a file. */
  parts: Record<string, Parameters>;
  loss: (x: Tensor, y: Tensor) => Tensor;
  look: () => Promise<Omit<Extract<News, { what: "look" }>, "what">>;
}

/** Test images and labels on the GPU. */
interface Test {
  x: Tensor;
  y: Tensor;
}

function classifierTask(gpu: Engine, s: Settings, { x, y }: Test): Task {
  const net = cnn(gpu, s.seed, { channels: [16, 32], hidden: 64 });
  const share = async (images: Tensor) => 100 * (await gpu.scope(() => accuracy(net.forward(images), y)).item());
  return { parts: { "": net.params }, loss: (images, labels) => crossEntropy(net.forward(images, true), labels),
    look: async () => {
      const attack = pgd((v) => net.forward(v), { eps: 0.2, alpha: 0.05, steps: 10 });
      const adv = attack(x, y);
      const [clean, attacked] = [await share(x), await share(adv)].map((v) => v.toFixed(1));
      [attack, adv].forEach((t) => t.dispose());
      return { words: `${clean} % of ${TESTED} test images right, ${attacked} % under PGD with eps 0.2`, pictures: [] };
    } };
}

function autoencoderTask(gpu: Engine, s: Settings, { x }: Test): Task {
  const net = convAutoencoder(gpu, s.seed, { channels: [16, 32], hidden: 128, latent: LATENT });
  const means = s.kind === "cvae"
    ? makeParameters(gpu, { means: { shape: [CLUSTERS, LATENT], init: "kaiming-uniform" } }, s.seed + 2) : null;
  const shown = async (made: () => Tensor, n: number) => {
    const images = gpu.scope(made);
    const pixels = await images.data();
    const size = images.size / images.shape[0]!;
    images.dispose();
    return Array.from({ length: n }, (_, i) => pixels.slice(i * size, (i + 1) * size));
  };
  const titled = (title: string) => (p: Float32Array, i: number): [string, Float32Array] => [`${title} ${i}`, p];
  return { parts: { "encoder.": net.encoder, "decoder.": net.decoder, ...(means && { "": means }) },
    loss: (images) => means ? cvaeLoss(net, means.get("means"), images, images, s.lam)
      : vaeLoss(net, images, images, s.lam),
    look: async () => {
      const back = await shown(() => purifyBy(net, x), 5);
      const centres = means ? await shown(() => net.decode(means.get("means")), CLUSTERS) : [];
      return { words: means ? "reconstructions, and what the cluster means decode to" : "reconstructions",
        pictures: [...back.map(titled("test image")), ...centres.map(titled("cluster"))] };
    } };
}

const bytesOf = ({ bytes, labels, ...images }: Images): ByteSet => ({ ...images, bytes: new Uint8Array(bytes.buffer),
  labels: Int32Array.from(labels) });

function testOf(gpu: Engine, test: Images): Test {
  return { x: gpu.keep(gpu.tensor(unit(test, 0, TESTED), [TESTED, ...test.shape])),
    y: gpu.keep(gpu.tensor(Int32Array.from(test.labels.slice(0, TESTED)), [TESTED], "i32")) };
}

/** Trains on an engine of its own, and tells. Weights are told before the first step, at each epoch and at the end. */
export async function runTraining({ settings: s, train, test: images, weights }: Job, signal: AbortSignal,
  tell: (news: News) => void): Promise<void> {
  let gpu: Engine | null = null;
  let failure = "";
  try {
    gpu = await createEngine({ seed: s.seed });
    tell({ what: "adapter", line: gpu.adapter.line });
    const test = testOf(gpu, images);
    const task = (s.kind === "classifier" ? classifierTask : autoencoderTask)(gpu, s, test);
    if (weights) loadParts(task, weights);
    await trainTask(gpu, task, s, train, signal, tell);
  } catch (error) {
    failure = (error as Error).message;
  }
  gpu?.close();
  tell({ what: "end", failure });
}

async function trainTask(gpu: Engine, task: Task, s: Settings, train: Images, signal: AbortSignal,
  tell: (news: News) => void): Promise<void> {
  const params = Object.values(task.parts);
  const optimizer = adam(params, { lr: 0 });
  const step = trainingStep(gpu, uploadBytes(gpu, bytesOf(train)), params, optimizer, task.loss);
  const show = async () => {
    tell({ what: "weights", weights: await stateOf(task, Object.keys(task.parts)) });
    tell({ what: "look", ...(await task.look()) });
  };
  await show();
  try {
    await fit(step, optimizer, { name: KINDS[s.kind], n: train.n, batch: BATCH, epochs: s.epochs, seed: s.seed, signal,
      schedule: oneCycle(s.lr, Math.floor(train.n / BATCH) * s.epochs),
      onEpoch: async () => {
        await show();
        return false;
      }, onProgress: (done, total, loss) => tell({ what: "progress", step: done, total, loss }) });
  } finally {
    // a lost device keeps what the last epoch told
    await stateOf(task, Object.keys(task.parts)).then((weights) => tell({ what: "weights", weights }), () => undefined);
  }
}
