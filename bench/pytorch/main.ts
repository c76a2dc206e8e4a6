// `npm run bench:pytorch [-- --rounds N --steps N --threads N --adapter KIND --json FILE]`: one training step of the
// full-size C-VAE (batch 128, Adam, closed-form Q(y|z)) here, captured, and in PyTorch on the CPU, by turns.

import { availableParallelism } from "node:os";
import { adam, createEngine, cvaeLoss, trainingStep, type Engine } from "../../src/index.ts";
import { writeFileAtomic } from "../../src/data/files.ts";
import { mnist } from "../../src/data/mnist.ts";
import { RECIPES } from "../../src/defences/index.ts";
import { commit } from "../../src/train/commit.ts";
import { FULL } from "../../src/paper/mnist.ts";
import { uploadBytes } from "../../src/train/trainer.ts";
import { readAdapter, readCount, readFlags, runCommand } from "../flags.ts";
import { findPython, reference } from "./python.ts";

const WARMUP = 3;
const DEFAULTS = { rounds: 5, steps: 10, threads: availableParallelism() };

/** Runs so many steps after a warm-up and returns the milliseconds that one took on average. */
type Side = (steps: number) => Promise<number> | number;

/** PyTorch's version and the library that multiplies its matrices, which makes a factor of 25. */
let torch = "";

function purigrad(gpu: Engine): Side {
  const network = RECIPES.cvae!.build({ gpu, settings: FULL, dataset: mnist, seed: 0 });
  const [net, means] = [network.net!, network.means!];
  gpu.write(means.get("means"), Float32Array.from({ length: means.get("means").size }, (_, i) => Math.sin(i)));
  const n = 10 * FULL.batch;
  const { name, shape, classes } = mnist;
  const bytes = Uint8Array.from({ length: n * 784 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const data = uploadBytes(gpu, { name, classes, bytes, labels: new Int32Array(n), n, shape });
  const params = [net.encoder, net.decoder, means];
  const step = trainingStep(gpu, data, params, adam(params, { lr: 1e-3, betas: [0.9, 0.99] }),
    (x) => cvaeLoss(net, means.get("means"), x, x, FULL.autoencoder.lam));
  const index = Int32Array.from({ length: FULL.batch }, (_, i) => (i * 7) % n);
  const run = async (steps: number) => {
    const begun = performance.now();
    for (let i = 0; i < steps; i++) step({ data: index, shape: [FULL.batch], dtype: "i32" });
    await gpu.synchronize();
    return (performance.now() - begun) / steps;
  };
  return async (steps) => {
    await run(WARMUP);
    return run(steps);
  };
}

const pytorch = (python: string, threads: number): Side => (steps) => {
  const { channels, hidden, widths, latent, clusters, lam } = FULL.autoencoder;
  const settings = JSON.stringify({ channels, hidden, widths, latent, clusters, lam });
  const answer = reference<{ ms: number[]; torch: string; }>(python, "step", "--steps", String(steps), "--warmup",
    String(WARMUP), "--threads", String(threads), "--batch", String(FULL.batch), "--settings", settings);
  torch = answer.torch;
  return answer.ms.reduce((a, b) => a + b, 0) / answer.ms.length;
};

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function compare(gpu: Engine, python: string, { rounds, steps, threads }: typeof DEFAULTS) {
  const sides: [Side, Side] = [purigrad(gpu), pytorch(python, threads)];
  const samples: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) for (const i of [0, 1] as const) samples[i].push(await sides[i](steps));
  const [ours, theirs] = samples.map((ms) => median(ms) / FULL.batch) as [number, number];
  return { step: "C-VAE of the full preset", batch: FULL.batch, rounds, steps, threads, torch, purigrad_ms: ours,
    pytorch_ms: theirs, ratio: ours / theirs };
}

function readOptions() {
  const values = readFlags("bench:pytorch", ["rounds", "steps", "threads", "adapter", "json"]);
  const count = (name: keyof typeof DEFAULTS) => readCount(name, values[name], DEFAULTS[name]);
  return { counts: { rounds: count("rounds"), steps: count("steps"), threads: count("threads") },
    adapter: readAdapter(values.adapter), json: values.json };
}

async function main(): Promise<void> {
  const { counts, adapter, json } = readOptions();
  const python = findPython();
  if (!python) throw new Error("bench:pytorch: there is no python3 with torch and numpy (looked at $PYTHON, python3, " +
    "/usr/bin/python3); install python3-torch or set PYTHON");
  const gpu = await createEngine({ adapter });
  try {
    process.stdout.write(`${gpu.adapter.line}\n`);
    const result = await compare(gpu, python, counts);
    process.stdout.write(`${result.step}, training step, ms an image: purigrad ${result.purigrad_ms.toFixed(3)}, ` +
      `PyTorch ${result.torch} on ${result.threads} threads ${result.pytorch_ms.toFixed(3)}, ratio ` +
      `${result.ratio.toFixed(2)}\n`);
    if (json)
      writeFileAtomic(json, JSON.stringify({ adapter: gpu.adapter.name, commit: commit(), ...result }, null, 2) + "\n");
  } finally {
    gpu.close();
  }
}

await runCommand(main);
