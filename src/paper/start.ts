// The main job, `npm start`: a small run on real MNIST that shows what the purifiers save. Table 1 and Figure 4 as in a
// reproduction, with networks that are forgotten at its end. Expected: the CNN falls below 10 % under I-FGSM, C-VAE+G
// brings it back above 65 %. See README for measured figures.

import { memoryStore } from "../train/store.ts";
import type { LabOptions } from "./lab.ts";
import { QUICK } from "./mnist.ts";
import { figure4 } from "./parts/figures.ts";
import { table1 } from "./parts/table1.ts";
import { reproduce } from "./reproduce.ts";
import type { Results } from "./results.ts";
import type { Settings } from "./settings.ts";
import { tuneNetworks } from "./tune.ts";

export const START: Settings = {
  ...QUICK,
  preset: "start",
  trainImages: 20_000,
  testImages: 1_000,
  batch: 64,
  evaluationBatch: 200,
  rows: ["none", "vae+g", "cvae+g"],
  classifier: { channels: [8, 16], hidden: 64, epochs: 3, lr: 3e-3 },
  autoencoder: { network: "mlp", channels: [], hidden: 128, widths: [], latent: 24, lam: 40, clusters: 10 },
  warmUp: { epochs: 1, lr: 1e-3 },
  phase1: { epochs: 2, lr: 3e-3 },
  phase2: { ...QUICK.phase2, epochs: 4, lr: 3e-3 },
};

/** Trains, attacks, purifies, and writes results.json, figure4.png and report.html into the folder. */
export async function start(o: Omit<LabOptions, "settings" | "store">, settings = START): Promise<Results> {
  if (o.gpu.adapter.kind === "hardware") await tuneNetworks(o.gpu, settings);
  return reproduce({ ...o, settings, store: memoryStore() }, [table1, figure4], "start");
}
