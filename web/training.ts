// Training, without a page: a classifier, a VAE or the C-VAE on digits. It runs in a worker, or where WebGPU is missing
// there in the page itself.

import { adam, createEngine, fit, oneCycle, trainingStep, type Engine, type LoadedTensor,
  type StateDict, type Tensor } from "../src/index.ts";
import type { ByteSet } from "../src/data/dataset.ts";
import { loadParts, stateOf } from "../src/train/recipe.ts";
import { uploadBytes } from "../src/train/trainer.ts";
import type { Control } from "./control.ts";
import { unit, type Images } from "./lab.ts";
import { classifierOf, type Shipped } from "./networks.ts";
import { KINDS, type Settings } from "./train-settings.ts";
import { choicesIn } from "./tuning.ts";
import { taskOf, type Look, type Task, type Test } from "./training-tasks.ts";

/** What a training run needs, all of it plain data that a worker can be sent. */
export interface Job {
  settings: Settings;
  train: Images;
  test: Images;
  /** Weights to begin from. */
  weights: Record<string, LoadedTensor> | null;
  /** The classifier that a purifier is tried on. */
  victim: Shipped | null;
  /** The tuner's choices by the name they are stored under: a worker cannot read what the page has stored. */
  tuned: Record<string, string>;
}

/** What it tells while it runs. */
export type News =
  | { what: "adapter"; line: string }
  /** `waits`: it is held after this step. */
  | { what: "progress"; step: number; total: number; loss: number; waits: boolean }
  | { what: "look"; step: number; look: Look }
  | { what: "weights"; weights: StateDict }
  /** `failure` is empty at the end of all steps. */
  | { what: "end"; failure: string };

export const BATCH = 64;

const bytesOf = ({ bytes, labels, ...images }: Images): ByteSet => ({ ...images, bytes: new Uint8Array(bytes.buffer),
  labels: Int32Array.from(labels) });

/** The first n test images. */
function testOf(gpu: Engine, test: Images, n: number): Test {
  const labels = Int32Array.from(test.labels.slice(0, n));
  return { x: gpu.keep(gpu.tensor(unit(test, 0, n), [n, ...test.shape])), y: gpu.keep(gpu.tensor(labels, [n], "i32")),
    labels };
}

/** An engine with the choices of the page's tuner. */
async function openEngine({ settings: { seed }, tuned }: Job, tell: (news: News) => void): Promise<Engine> {
  const gpu = await createEngine({ seed });
  const kept = tuned[gpu.tuner.cacheKey];
  if (kept !== undefined) await gpu.tuner.load(kept);
  const { length } = Object.keys(gpu.tuner.chosen);
  tell({ what: "adapter", line: gpu.adapter.line + (length ? `; kernels by ${choicesIn(length)}` : "") });
  return gpu;
}

/** Gives every tensor of the task its numbers of a file, which has to hold them all. */
function begin(task: Task, weights: Record<string, LoadedTensor>): void {
  const names = Object.entries(task.parts).flatMap(([prefix, { tensors }]) =>
    Object.keys(tensors).map((name) => prefix + name));
  const absent = names.find((name) => !Object.hasOwn(weights, name));
  if (absent) throw new Error(`The file has no tensor ${absent}; choose a file that was saved here.`);
  loadParts(task, weights);
}

/**
 * Trains on an engine of its own, and tells. Weights are told before the first step, at each look, whenever it is held,
 * and at the end; a run that goes on from a file begins with a look.
 */
export async function runTraining(job: Job, control: Control, tell: (news: News) => void): Promise<void> {
  let gpu: Engine | null = null;
  let failure = "";
  try {
    gpu = await openEngine(job, tell);
    void gpu.device.lost.then(() => control.step()); // who is held finds out
    const [engine, test, { victim }] = [gpu, testOf(gpu, job.test, job.settings.tested), job];
    const task = taskOf(engine, job.settings, () => classifierOf(engine, job.test, victim!));
    if (job.weights) begin(task, job.weights);
    await trainTask(engine, task, test, job, control, tell);
  } catch (error) {
    failure = (error as Error).message;
  }
  gpu?.close();
  tell({ what: "end", failure });
}

async function trainTask(gpu: Engine, task: Task, test: Test, { settings: s, train, weights }: Job, control: Control,
  tell: (news: News) => void): Promise<void> {
  const params = Object.values(task.parts);
  const optimizer = adam(params, { lr: 0 });
  const run = trainingStep(gpu, uploadBytes(gpu, bytesOf(train)), params, optimizer, task.loss);
  const keep = async () => tell({ what: "weights", weights: await stateOf(task, Object.keys(task.parts)) });
  const show = async (step: number) => {
    await keep();
    tell({ what: "look", step, look: await task.look(test) });
  };
  let last = 0;
  const progress = (step: number, total: number, loss: number, waits = false) => {
    if (step > last) tell({ what: "progress", step, total, loss, waits }); // fit looks at where it was held, too
    last = step;
  };
  const onStep = async (step: number, total: number, loss: Tensor) => {
    if (step % s.every === 0 || step === total) await show(step);
    if (step === total) return;
    if (control.waits) {
      await keep();
      progress(step, total, await loss.item(), true);
    }
    await control.wait();
  };
  await (weights ? show(0) : keep());
  try {
    await fit(run, optimizer, { name: KINDS[s.kind], n: train.n, batch: BATCH, epochs: s.epochs, seed: s.seed,
      signal: control.signal, schedule: oneCycle(s.lr, Math.floor(train.n / BATCH) * s.epochs), onStep,
      onProgress: progress });
  } finally {
    await keep().catch(() => undefined); // a lost device keeps what was told before
  }
}
