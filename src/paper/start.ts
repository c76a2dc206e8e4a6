// The main job, `npm start`: first the networks that ship, on a few images, then a small run on real MNIST that trains
// its own and shows what the purifiers save. Table 1 and Figure 4 as in a reproduction; the networks of the small run
// are forgotten at its end. Expected of those: the CNN falls below 10 % under I-FGSM, C-VAE+G brings it back above
// 65 %. See README for measured figures.

import { folderStore } from "../train/folder-store.ts";
import { memoryStore } from "../train/store.ts";
import type { LabOptions } from "./lab.ts";
import { FULL, QUICK } from "./mnist.ts";
import { figure4 } from "./parts/figures.ts";
import { table1 } from "./parts/table1.ts";
import { reproduce } from "./reproduce.ts";
import type { Results } from "./results.ts";
import type { Settings } from "./settings.ts";
import type { Phase } from "../report/overall.ts";
import { planOf } from "./plan.ts";
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

/** The networks that ship with purigrad on a few images: something true before the first minute is over. */
export const SHIPPED: Settings = { ...FULL, preset: "shipped", rows: ["none", "vae+g-signed", "cvae+g-signed"],
  testImages: 200, evaluationBatch: 100 };

type StartOptions = Omit<LabOptions, "settings" | "store">;

const PARTS = [table1, figure4];

/** Seconds of each phase on two cores of SwiftShader: what the overall progress expects before it has measured. */
const EXPECTED = {
  shipped: { table1: 20, figure4: 7 },
  start: { "train classifier": 45, "train warm-up": 7, "train VAE": 13, "train VAE+G": 23, "train C-VAE": 14,
    "train C-VAE+G": 26, table1: 32, figure4: 6 },
};

const shippedOptions = (o: StartOptions, weights: string): LabOptions => ({ ...o, settings: SHIPPED,
  store: folderStore(weights), trained: true });
const startOptions = (o: StartOptions, settings: Settings): LabOptions => ({ ...o, settings, store: memoryStore() });

/** The phases of startShipped, where there are weights, and then start, for one progress over both. */
export const startPlan = (o: StartOptions & { weights: string | null }, settings = START): Phase[] => [
  ...(o.weights === null ? [] : planOf(shippedOptions({ ...o, out: undefined }, o.weights), PARTS, EXPECTED.shipped)),
  ...planOf(startOptions({ ...o, out: undefined }, settings), PARTS, EXPECTED.start),
];

/** Attacks and purifies with the networks that ship; writes the same files as `start`. */
export const startShipped = (o: StartOptions & { weights: string }): Promise<Results> =>
  reproduce(shippedOptions(o, o.weights), PARTS, "start");

/** Trains, attacks, purifies, and writes results.json, figure4.png and report.html into the folder. */
export async function start(o: StartOptions, settings = START): Promise<Results> {
  if (o.gpu.adapter.kind === "hardware") await tuneNetworks(o.gpu, settings);
  return reproduce(startOptions(o, settings), PARTS, "start");
}
