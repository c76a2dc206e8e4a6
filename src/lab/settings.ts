// The settings of the MNIST results, one constant a preset (RECIPE 3b). Chosen on the last 10,000 training images; the
// final networks of FULL see all 60,000. See README for what they gave and how long they took.

import type { RowName } from "./names.ts";

export interface WhiteBoxSettings {
  /** Test images attacked within each eps, and how many at once. */
  images: number;
  batch: number;
  eps: readonly number[];
  /** The paper's setting: raw gradients, no budget. */
  bpda: { lr: number; steps: number; images: number };
  /** alpha as a share of eps. */
  pgd: { alpha: number; steps: number; restarts: number };
  eot: { draws: number; steps: number; average: "gradients" | "logits" };
  /** Draws of z for the verdict. */
  fresh: number;
}

export interface MnistSettings {
  preset: "full" | "quick";
  /** The first so many training and test images. */
  trainImages: number;
  testImages: number;
  batch: number;
  evaluationBatch: number;
  /** `shift`: every training image moves by up to so many pixels. */
  classifier: { channels: readonly number[]; hidden: number; epochs: number; lr: number; shift: number; };
  autoencoder: { channels: readonly number[]; hidden: number; widths: readonly number[]; latent: number; lam: number;
    clusters: number; };
  warmUp: { epochs: number; lr: number; };
  phase1: { epochs: number; lr: number; };
  /** "+G": standard deviation r * gaussian, r ~ U(0,1) an image; or signed noise of strength r * signed. */
  phase2: { epochs: number; lr: number; gaussian: number; signed: number };
  /** sigma: standard deviation of the DAE's noise. */
  dae: { epochs: number; lr: number; sigma: number };
  attack: { eps: number; alpha: number; steps: number };
  curves: { images: number; eps: readonly number[] };
  latentImages: number;
  /** The first seed makes the tables; the rows of seedRows and the clustering are repeated with all. */
  seeds: readonly number[];
  seedRows: readonly RowName[];
  whiteBox: WhiteBoxSettings;
}

const EPS_CURVE = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];

export const FULL: MnistSettings = {
  preset: "full",
  trainImages: 60_000,
  testImages: 10_000,
  batch: 128,
  evaluationBatch: 250,
  classifier: { channels: [16, 32], hidden: 128, epochs: 10, lr: 3e-3, shift: 2 },
  autoencoder: { channels: [8, 16, 64], hidden: 128, widths: [512], latent: 32, lam: 30, clusters: 10 },
  warmUp: { epochs: 1, lr: 1e-3 },
  phase1: { epochs: 5, lr: 2e-3 },
  phase2: { epochs: 8, lr: 2e-3, gaussian: 0.6, signed: 0.4 },
  dae: { epochs: 4, lr: 2e-3, sigma: 0.5 },
  attack: { eps: 0.2, alpha: 0.05, steps: 10 },
  curves: { images: 1_000, eps: EPS_CURVE },
  latentImages: 1_500,
  seeds: [0, 1, 2],
  seedRows: ["cvae+g-signed"],
  whiteBox: {
    images: 50,
    batch: 50,
    eps: [0.1, 0.2, 0.3],
    bpda: { lr: 0.1, steps: 1000, images: 50 },
    pgd: { alpha: 0.1, steps: 100, restarts: 5 },
    eot: { draws: 20, steps: 20, average: "gradients" },
    fresh: 20,
  },
};

export const QUICK: MnistSettings = {
  ...FULL,
  preset: "quick",
  trainImages: 12_800,
  testImages: 500,
  evaluationBatch: 250,
  classifier: { ...FULL.classifier, epochs: 4 },
  phase1: { epochs: 2, lr: 2e-3 },
  phase2: { ...FULL.phase2, epochs: 2 },
  dae: { ...FULL.dae, epochs: 2 },
  curves: { images: 250, eps: [0, 0.1, 0.2, 0.3, 0.4, 0.5] },
  latentImages: 500,
  seeds: [0],
  whiteBox: {
    images: 20,
    batch: 20,
    eps: [0.1, 0.2, 0.3],
    bpda: { lr: 0.1, steps: 100, images: 20 },
    pgd: { alpha: 0.1, steps: 20, restarts: 2 },
    eot: { draws: 5, steps: 10, average: "gradients" },
    fresh: 20,
  },
};
