// The cases of training/: whole runs of adversarial training by the authors' scripts. Every batch that the network was
// shown is compared, and the weights at the end.

import type { SafeTensor, SafeTensors } from "../../data/safetensors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { batchNorm, conv2d, div, flatten, linear, mean, relu, sub } from "../../kernels/index.ts";
import { adam, sgd, type Optimizer } from "../../model/optim.ts";
import { makeParameters, type Parameters } from "../../model/params.ts";
import { adversarialUpdate, freeUpdate, type Learner } from "../../train/adversarial.ts";
import { CaseFile, numbers, readJson, relativeError, Unsupported, type Case, type Check,
  type ReadCase } from "../case.ts";
import { scriptOf, type Script } from "./scripts.ts";

interface Manifest {
  /** As in "locuslab/fast_adversarial CIFAR10/train_fgsm.py @54f7287, unmodified, tiny net". */
  source: string;
  args: string[];
  net: string;
  opt: string;
  batch?: number;
  lr_momentum_per_step?: [number, number][];
  lr_per_step?: number[];
  forwards_per_batch?: number;
  normalise?: { mean: number[]; std: number[] };
}

interface Net {
  params: Parameters;
  statistics: Parameters | null;
  forward(x: Tensor): Tensor;
}

const CONV = /conv\(\d+->\d+,k\d+,s(\d+),p(\d+)\)(\+bn)?(\+relu)?/g;

/** The network that a text such as "conv(3->4,k3,s2,p1)+bn+relu, .., mean over HW, fc 6->10" describes. */
function netOf(gpu: Engine, text: string, all: SafeTensors): Net {
  const init = Object.entries(all).filter(([name, t]) => name.startsWith("init.") && t.dtype === "F32");
  const spec = (own: (name: string) => boolean) =>
    Object.fromEntries(init.filter(([name]) => own(name)).map(([name, t]) =>
      [name.slice(5), { shape: t.shape, init: numbers(t) }]
    ));
  const running = (name: string) => name.includes("running_");
  const params = makeParameters(gpu, spec((name) => !running(name)), 0);
  const statistics = init.some(([name]) => running(name)) ? makeParameters(gpu, spec(running), 0) : null;
  const convs = [...text.matchAll(CONV)].map(([, stride, padding, bn, act]) => ({ stride: Number(stride),
    padding: Number(padding), bn: Boolean(bn), act: Boolean(act) }));
  const linears = Object.keys(params.tensors).filter((name) => /^fc\d*\.weight$/.test(name)).map((n) => n.slice(0, -7));
  if (!convs.length || !linears.length) throw new Unsupported(`the net "${text}" is not one that is known here`);
  return { params, statistics, forward: forwardOf(text, convs, linears, params, statistics) };
}

interface ConvText {
  stride: number;
  padding: number;
  bn: boolean;
  act: boolean;
}

function forwardOf(text: string, convs: readonly ConvText[], linears: readonly string[], params: Parameters,
  statistics: Parameters | null): Net["forward"] {
  const weight = (name: string, of: string) => params.get(`${name}.${of}`);
  const norm = (i: number, x: Tensor) =>
    batchNorm(x, weight(`bn${i}`, "weight"), weight(`bn${i}`, "bias"), { training: true,
      runningMean: statistics!.get(`bn${i}.running_mean`), runningVar: statistics!.get(`bn${i}.running_var`) });
  return (x) => {
    const h = convs.reduce((y, { stride, padding, bn, act }, i) => {
      const name = `conv${i + 1}`;
      const z = conv2d(y, weight(name, "weight"), weight(name, "bias"), { stride, padding });
      const normed = bn ? norm(i + 1, z) : z;
      return act ? relu(normed) : normed;
    }, x);
    const flat = /mean over HW/.test(text) ? mean(h, { dim: [2, 3] }) : flatten(h);
    return linears.reduce((y, name, i) => {
      const z = linear(y, weight(name, "weight"), weight(name, "bias"));
      return i < linears.length - 1 ? relu(z) : z;
    }, flat);
  };
}

function optimizerOf({ opt }: Manifest, params: Parameters): Optimizer {
  if (/^Adam default betas/.test(opt)) return adam([params], { lr: 0 });
  if (!/^SGD\b/.test(opt)) throw new Unsupported(`the optimiser "${opt}" is not one that is known here`);
  return sgd([params], { lr: 0, momentum: 0.9, weightDecay: Number(/wd ([\de.-]+)/.exec(opt)?.[1] ?? 0) });
}

/** Rows `index` of a stored tensor on the GPU. */
function rowsOf(gpu: Engine, t: SafeTensor, index: readonly number[], dtype?: "i32"): Tensor {
  const all = numbers(t);
  const size = all.length / t.shape[0]!;
  const data = new Float32Array(index.length * size);
  index.forEach((row, i) => data.set(all.subarray(row * size, (row + 1) * size), i * size));
  return dtype ? gpu.tensor(Int32Array.from(data), [index.length]) : gpu.tensor(data, [index.length,
    ...t.shape.slice(1)]);
}

/** A recorded start: in the network's units, which are pixels' divided by std. */
function startOf(gpu: Engine, all: SafeTensors, step: number, std: readonly number[] | undefined): Tensor | undefined {
  if (!all.delta0) return undefined;
  const [, b, c, h, w] = all.delta0.shape as [number, number, number, number, number];
  const size = b * c * h * w;
  const raw = numbers(all.delta0).subarray(step * size, (step + 1) * size);
  return gpu.tensor(raw.map((v, i) => v * (std?.[Math.floor(i / (h * w)) % c] ?? 1)), [b, c, h, w]);
}

const WRONG = 1e-3; // a pixel that is further off than this took another step

/** Share of pixels of all batches shown that are wrong. */
function shownWrong(shown: readonly Float32Array[], due: Float32Array): number {
  let wrong = 0;
  shown.reduce((at, batch) => {
    batch.forEach((v, i) => (wrong += Number(!(Math.abs(v - due[at + i]!) <= WRONG))));
    return at + batch.length;
  }, 0);
  return shown.reduce((n, batch) => n + batch.length, 0) === due.length ? wrong / due.length : Infinity;
}

/** A script's run on the stored images: what one step is given, and what it does. */
class Replay {
  readonly shown: Float32Array[] = [];
  private readonly learner: Learner;
  private readonly settings: Script;
  private readonly normalise: (x: Tensor) => Tensor;
  private readonly delta: Tensor;
  private readonly images: SafeTensor;
  private readonly batch: number;
  private readonly pending: Promise<unknown>[] = [];

  constructor(private readonly gpu: Engine, private readonly manifest: Manifest, private readonly all: SafeTensors,
    readonly net: Net) {
    const { mean: m, std: s } = manifest.normalise ?? {};
    const channels = (values: number[]) => gpu.tensor(values, [1, values.length, 1, 1]);
    this.normalise = m && s ? (x) => div(sub(x, channels(m)), channels(s)) : (x) => x;
    this.learner = { model: (x) => net.forward(this.normalise(x)), params: [net.params],
      optimizer: optimizerOf(manifest, net.params) };
    this.settings = scriptOf(manifest.source, manifest.args);
    this.images = all.raw01 ?? all.x!;
    this.batch = all.batch_order?.shape[1] ?? manifest.batch!;
    this.delta = gpu.zeros([this.batch, ...this.images.shape.slice(1)]);
  }

  private indexAt(step: number): number[] {
    const { all, batch, images, settings: { replays } } = this;
    const at = Math.floor(step / replays) * batch;
    return Array.from({ length: batch }, (_, j) =>
      all.batch_order ? Number(all.batch_order.data[at + j]) : (at + j) % images.shape[0]!);
  }

  async step(i: number, lr: number, momentum: number | null): Promise<void> {
    const { gpu, all, learner, settings: { free, options } } = this;
    const index = this.indexAt(i);
    const [x, y] = [rowsOf(gpu, this.images, index), rowsOf(gpu, all.y!, index, "i32")];
    learner.optimizer.lr = lr;
    if (momentum !== null) learner.optimizer.momentum = momentum;
    const watch = (images: Tensor) =>
      void this.pending.push(gpu.scope(() => this.normalise(images)).data().then((d) => this.shown.push(d)));
    if (free) freeUpdate(learner, x, y, this.delta, { eps: options.eps, watch }).dispose();
    else adversarialUpdate(learner, x, y, { ...options, watch,
      noise: startOf(gpu, all, i, this.manifest.normalise?.std) }).dispose();
    await Promise.all(this.pending.splice(0));
  }
}

async function trace(gpu: Engine, manifest: Manifest, file: CaseFile): Promise<Check[]> {
  const all = await file.tensors();
  const net = netOf(gpu, manifest.net, all);
  const replay = new Replay(gpu, manifest, all, net);
  const steps = manifest.lr_momentum_per_step ?? manifest.lr_per_step!.map((lr) => [lr, null] as const);
  for (const [i, [lr, momentum]] of steps.entries()) await replay.step(i, lr, momentum);
  const checks: Check[] = [{ what: "the share of pixels shown that are wrong",
    error: shownWrong(replay.shown, numbers(all.forward_inputs!)), limit: PIXELS }];
  for (const [name, t] of Object.entries(all)) {
    if (!name.startsWith("final.") || t.dtype !== "F32") continue;
    const own = name.slice(6);
    const got = name.includes("running_") ? net.statistics!.get(own) : net.params.get(own);
    checks.push({ what: `${own} at the end`, error: relativeError(await got.data(), numbers(t)),
      limit: /^SGD/.test(manifest.opt) ? WEIGHTS.sgd : WEIGHTS.adam });
  }
  return checks;
}

const PIXELS = 1e-3;
/**
 * Relative. A forgotten weight decay of 5e-4 is 2e-4 to 2e-3 after these few steps. Adam's first steps follow a
 * gradient's sign, where rounding decides about one near 0.
 */
const WEIGHTS = { sgd: 1e-4, adam: 2e-3 };

/** A case for each trace of training/manifest.json. */
export async function trainingCases(read: ReadCase): Promise<Case[]> {
  const manifest = (await readJson(read, "training/manifest.json")) ?? {};
  return Object.entries(manifest).map(([name, entry]) => {
    const file = new CaseFile(read, `training/${name}.safetensors`);
    return { id: `training/${name}`, op: "training", run: (gpu) => trace(gpu, entry as Manifest, file) };
  });
}
