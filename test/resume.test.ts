// A killed training run goes on from its checkpoint to the same bits as one that was never stopped.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, makeParameters, sgd } from "../src/index.ts";
import { loadCheckpoint, saveCheckpoint, type Position } from "../src/train/checkpoint.ts";
import { mnist } from "../src/data/mnist.ts";
import { RECIPES } from "../src/defences/index.ts";
import { QUICK } from "../src/paper/mnist.ts";
import type { Settings } from "../src/paper/settings.ts";
import { Trainer, type TrainerOptions } from "../src/train/trainer.ts";
import { encodeSafetensors, parseSafetensors } from "../src/data/safetensors.ts";
import { reseed } from "./engine-tools.ts";
import { filePlace, folderStore, readOrigin, weightsFile } from "../src/train/folder-store.ts";

const resume = suite("resume");
const TINY: Settings = {
  ...QUICK, trainImages: 640, batch: 32,
  autoencoder: { ...QUICK.autoencoder, channels: [4, 4, 8], hidden: 16, widths: [32], latent: 8 },
  warmUp: { epochs: 1, lr: 1e-3 }, phase1: { epochs: 1, lr: 2e-3 }, phase2: { ...QUICK.phase2, epochs: 1 },
};
/** Of all runs but those that are killed. A run leaves nothing on it: who goes on reads all from the checkpoint. */
const gpu = await createEngine({ seed: 0 });
resume.after(() => gpu.close());

/** Trains with the random numbers of a new engine. */
async function trainNetwork(name: string, dir: string, o: Partial<TrainerOptions> = {}): Promise<void> {
  reseed(gpu);
  const trainer = new Trainer({ gpu, settings: TINY, dataset: mnist, recipes: RECIPES, store: folderStore(dir), ...o });
  try {
    await trainer.train(name, 0);
  } finally {
    trainer.dispose();
  }
}

const folder = () => mkdtempSync(join(tmpdir(), "purigrad-"));

const trainAll = (dir: string, o: { signal?: AbortSignal; every?: number } = {}): Promise<void> =>
  trainNetwork("cvae+g-signed", dir, { resume: true, ...o });

/** An abort signal that fires at the first look: at a step, not at a moment. */
function abortAtOnce(): AbortSignal {
  const controller = new AbortController();
  const look = () => (controller.abort(new Error("stopped here")), true);
  return Object.defineProperty(controller.signal, "aborted", { get: look });
}

function sameWeights(one: string, two: string): void {
  for (const name of ["cvae", "cvae+g-signed"] as const) {
    const [a, b] = [one, two].map((dir) => parseSafetensors(readFileSync(weightsFile(dir, name, 0))));
    assert.equal(a, b, name);
  }
}

// This file is also the process that gets killed.
if (process.env.PURIGRAD_TRAIN_IN) {
  await trainAll(process.env.PURIGRAD_TRAIN_IN, { every: 0 });
  process.exit(0);
}

/** Trains in a process of its own and kills it as soon as it has written the file. */
function trainUntil(dir: string, file: string): Promise<string | null> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, PURIGRAD_TRAIN_IN: dir },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const timer = setInterval(() => existsSync(file) && child.kill("SIGKILL"), 2);
  return new Promise((resolve) => child.on("exit", (_, signal) => (clearInterval(timer), resolve(signal))));
}

resume("a run that is stopped in every phase, and one that is killed, go on to the bits of one that is not",
  async () => {
    const [whole, stopped, killed] = [folder(), folder(), folder()];
    await trainAll(whole);
    let stops = 0;
    while (await trainAll(stopped, { signal: abortAtOnce() }).then(() => false,
      (e: Error) => (assert.match(e.message, /stopped here/), true))) stops++;
    assert.ok(stops >= 3, `it was stopped ${stops} times`);
    sameWeights(whole, stopped);
    assert.equal(readdirSync(join(stopped, "checkpoints")), ["warm-up.safetensors"], "a finished phase leaves no " +
      "checkpoint");
    assert.is(await trainUntil(killed, join(killed, "checkpoints", "cvae.seed0.safetensors")), "SIGKILL");
    await trainAll(killed);
    sameWeights(whole, killed);
    [whole, stopped, killed].forEach((dir) => rmSync(dir, { recursive: true }));
  });

resume("weights that are there are kept, and other settings are refused", async () => {
  const dir = folder();
  const o = { settings: { ...TINY, trainImages: 320 } };
  await trainNetwork("vae", dir, o);
  const file = weightsFile(dir, "vae", 0);
  const before = readFileSync(file);
  assert.is(readOrigin(file)!.network, "vae");
  await trainNetwork("vae", dir, o);
  assert.equal(readFileSync(file), before);
  const other = await trainNetwork("vae", dir, { settings: { ...TINY, trainImages: 640 } }).catch((e: Error) =>
    e.message
  );
  assert.match(String(other),
    /trained with .*"trainImages":320.* this run has .*"trainImages":640.*; delete it or choose another folder/);
  rmSync(dir, { recursive: true });
});

resume("a checkpoint of other settings, or a damaged one, is one sentence", async () => {
  const dir = folder();
  await trainAll(dir, { signal: abortAtOnce() }).catch(() => {});
  const file = join(dir, "checkpoints", "warm-up.seed0.safetensors");
  assert.ok(existsSync(file));
  writeFileSync(file, readFileSync(file).subarray(0, 5000));
  const message = await trainAll(dir).catch((e: Error) => e.message);
  assert.match(String(message), /warm-up\.seed0\.safetensors: .*(cut short|damaged)/);
  rmSync(dir, { recursive: true });
});

resume("a checkpoint of another phase, seed or length is refused and named", async () => {
  const dir = folder();
  const file = join(dir, "some.safetensors");
  const params = [makeParameters(gpu, { w: { shape: [2], init: "ones" } }, 0)];
  const trained = { gpu, params, optimizer: sgd(params, { lr: 0.1 }) };
  const position: Position = { step: 3, seconds: 1, losses: [[2, 0.5], [3, 0.25]] };
  await saveCheckpoint(filePlace(file), trained, position, { phase: "cvae", seed: 0 });
  assert.equal(loadCheckpoint(filePlace(file), trained, { phase: "cvae", seed: 0 }), position);
  assert.throws(() => loadCheckpoint(filePlace(file), trained, { phase: "cvae", seed: 1 }),
    /belongs to \{"phase":"cvae","seed":0\}, this run is \{"phase":"cvae","seed":1\}/);
  rmSync(dir, { recursive: true });
});

resume("a checkpoint whose position or random state is damaged is refused and stays", async () => {
  const dir = folder();
  const file = join(dir, "some.safetensors");
  const params = [makeParameters(gpu, { w: { shape: [2], init: "ones" } }, 0)];
  const trained = { gpu, params, optimizer: sgd(params, { lr: 0.1 }) };
  const write = (position: string, length: number) => writeFileSync(file, encodeSafetensors({
    random: { dtype: "U32", shape: [length], data: new Uint32Array(length) } }, { position, identity: "{}" }));
  const said = () => {
    try {
      return loadCheckpoint(filePlace(file), trained, {});
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const position of ["{", "null", '{"step":-1,"seconds":1}', '{"step":2.5,"seconds":1}', '{"step":2}']) {
    write(position, 4);
    assert.match(String(said()), "some.safetensors: its position is ");
  }
  write('{"step":2,"seconds":1,"losses":[]}', 3);
  assert.match(String(said()), "some.safetensors: its random state is U32 [3], U32 [4] is due");
  assert.ok(existsSync(file));
  rmSync(dir, { recursive: true });
});

const ADVERSARIAL = { free: "its perturbation and whole batches", "fast-zero": "the weights of its last good epoch" };
for (const [name, what] of Object.entries(ADVERSARIAL)) resume(`${name} goes on with ${what}`, async () => {
  const settings: Settings = { ...TINY, adversarial: { network: "cnn", channels: [2, 4], epochs: 4, batch: 32, lr: 0.1,
    eps: 0.1, alpha: 0.02, steps: 2, replays: 4, fastAlpha: 0.1, augment: { crop: 2 } } };
  const train = (dir: string, signal?: AbortSignal) => trainNetwork(name, dir, { settings, resume: true, signal });
  const [whole, stopped] = [folder(), folder()];
  await train(whole);
  let stops = 0;
  while (await train(stopped, abortAtOnce()).then(() => false, (e: Error) => {
    assert.match(e.message, /stopped here/);
    return true;
  })) stops++;
  assert.ok(stops >= 3, `it was stopped ${stops} times`);
  const [a, b] = [whole, stopped].map((dir) => parseSafetensors(readFileSync(weightsFile(dir, name, 0))));
  assert.equal(a, b);
  [whole, stopped].forEach((dir) => rmSync(dir, { recursive: true }));
});

resume.run();
