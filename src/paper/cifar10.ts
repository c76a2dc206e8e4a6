// The paper's results on CIFAR-10: settings by preset (RECIPE-CIFAR), and the paper's numbers. Attacks have the radius
// that the paper states, .03 in pixel units, and true labels.

import type { Experiment, PaperNumbers, Settings } from "./settings.ts";

const EPS_CURVE = [0, 2, 4, 8, 12, 16].map((level) => level / 255);
const CROP_FLIP = { crop: 4, flip: true };

/** Small enough for two cores of a software driver in a quarter of an hour: what it shows is that every part works. */
export const QUICK: Settings = {
  dataset: "cifar10",
  preset: "quick",
  about: "A small run: a residual network of a quarter of the width, on a tenth of the training images for a few " +
    "epochs, and purifiers that have seen each image a few times. It shows that every part works; the paper's " +
    "networks are trained on all images.",
  trainImages: 4_800,
  testImages: 200,
  batch: 32,
  evaluationBatch: 100,
  rows: ["none", "dae", "vae", "vae+g", "cvae", "cvae+g", "cvae+g-ring", "jpeg-75", "jpeg-50", "jpeg-25", "bits-5",
    "bits-3", "median", "tv", "pca-350"],
  clustered: "cvae",
  classifier: { network: "resnet34", stem: "imagenet", channels: [16], epochs: 6, lr: 0.1, weightDecay: 5e-4,
    batch: 64, augment: CROP_FLIP },
  autoencoder: { network: "spatial", channels: [24, 48], hidden: 0, widths: [], latent: 12, lam: 100, clusters: 10,
    augment: { flip: true } },
  warmUp: { epochs: 1, lr: 1e-3 },
  phase1: { epochs: 1, lr: 1e-3 },
  phase2: { epochs: 1, lr: 1e-3, gaussian: 0.1, signed: 0.05, ring: 0.045 },
  dae: { epochs: 1, lr: 1e-3, sigma: 0.05 },
  attack: { eps: 0.03, alpha: 0.008, steps: 10 },
  readings: [{ labels: "own", units: "pixel" }, { labels: "true", units: "normalised" },
    { labels: "own", units: "normalised" }],
  curves: { images: 100, eps: EPS_CURVE, rows: ["none", "dae", "vae+g", "cvae", "cvae+g", "cvae+g-ring", "jpeg-50",
    "tv"] },
  latentImages: 200,
  seeds: [0],
  seedRows: [],
  whiteBox: {
    rows: ["none", "vae+g", "cvae+g", "cvae+g-ring", "jpeg-50"],
    images: 20,
    batch: 20,
    eps: [0.015, 0.03],
    bpda: { lr: 0.1, steps: 50, images: 20 },
    pgd: { alpha: 0.1, steps: 20, restarts: 1 },
    eot: { draws: 4, steps: 5, average: "gradients" },
    apgd: { steps: 10 },
    fresh: 8,
  },
  adversarial: { network: "preact-resnet18", channels: [4], epochs: 1, batch: 64, lr: 0.2, eps: 8 / 255, alpha: 2 / 255,
    steps: 7, replays: 4, fastAlpha: 10 / 255, augment: CROP_FLIP },
  robust: { rows: ["pgd-7", "free", "fast", "fast-zero", "vae+g", "cvae+g"], eps: 8 / 255, alpha: 2 / 255, steps: 20,
    restarts: 1, images: 100 },
};

/** All training images and half the width, in hours on two cores of a software driver. */
export const SMALL: Settings = {
  ...QUICK,
  preset: "small",
  about: "ResNet-34 of half the width, 32 channels behind the ImageNet stem, on all 50,000 training images for 12 " +
    "epochs, where the paper has 64 channels and does not say how long; purifiers at the sizes of the paper's.",
  trainImages: 50_000,
  testImages: 1_000,
  evaluationBatch: 250,
  classifier: { network: "resnet34", stem: "imagenet", channels: [32], epochs: 12, lr: 0.1, weightDecay: 5e-4,
    batch: 128, augment: CROP_FLIP },
  rows: [...QUICK.rows.slice(0, 7), "cvae+g-ring-vote", "cvae+g-tuned", ...QUICK.rows.slice(7)],
  tuned: { epochs: 1, lr: 0.02 },
  curves: { ...QUICK.curves, images: 1_000 },
  latentImages: 2_000,
  whiteBox: { ...QUICK.whiteBox, images: 200, batch: 50, bpda: { lr: 0.1, steps: 200, images: 200 },
    pgd: { alpha: 0.1, steps: 40, restarts: 2 }, eot: { draws: 10, steps: 20, average: "gradients" },
    apgd: { steps: 100 }, fresh: 20 },
  adversarial: { ...QUICK.adversarial!, channels: [16], epochs: 10, batch: 128, replays: 8 },
  robust: { ...QUICK.robust!, steps: 50, restarts: 10, images: 1_000 },
};

/**
 * The same with a reconstruction that weighs ten times as much: purifiers that keep the image and let more of the
 * perturbation pass. The victim is that of `small`: its file may be copied.
 */
export const SHARP: Settings = {
  ...SMALL,
  preset: "sharp",
  about: "The networks of the preset small with lam 1000 instead of 100: reconstructions are sharper, and more of " +
    "the perturbation passes.",
  autoencoder: { ...SMALL.autoencoder, lam: 1000 },
  rows: ["none", "vae", "cvae", "cvae+g-ring", "cvae+g-ring-vote", "jpeg-50"],
  curves: { ...SMALL.curves, rows: ["none", "cvae", "cvae+g-ring", "cvae+g-ring-vote", "jpeg-50"] },
};

/**
 * The paper's width and all test images, for a GPU: purifiers see each training image eight times and more, and every
 * attack has the steps and restarts that published evaluations take.
 */
export const GPU: Settings = {
  ...SMALL,
  preset: "gpu",
  about: "ResNet-34 of the paper's width, 64 channels behind the ImageNet stem, on all 50,000 training images for 24 " +
    "epochs; the purifiers see each image nineteen times. Networks of adversarial training have a quarter of the " +
    "published width.",
  testImages: 10_000,
  batch: 64,
  evaluationBatch: 500,
  classifier: { ...SMALL.classifier, channels: [64], epochs: 24, lr: 0.2, batch: 256 },
  warmUp: { epochs: 3, lr: 1.5e-3 },
  phase1: { epochs: 8, lr: 1.5e-3 },
  phase2: { ...SMALL.phase2, epochs: 8, lr: 1.5e-3 },
  dae: { ...SMALL.dae, epochs: 8, lr: 1.5e-3 },
  tuned: { epochs: 2, lr: 0.02 },
  whiteBox: { ...SMALL.whiteBox, batch: 200 },
  robust: { ...SMALL.robust!, images: 250 },
};

/** The sharp ones of a GPU, with the victim of `gpu`. */
export const GPU_SHARP: Settings = {
  ...GPU,
  preset: "gpu-sharp",
  about: "The networks of the preset gpu with lam 1000 instead of 100: reconstructions are sharper, and more of the " +
    "perturbation passes.",
  autoencoder: SHARP.autoencoder,
  rows: [...SHARP.rows.slice(0, -1), "cvae+g-tuned", "jpeg-50"],
  curves: { ...GPU.curves, rows: SHARP.curves.rows! },
};

/** The purifiers of `gpu-sharp` before a victim that sees the images at full size, and so is right more often. */
export const GPU_STEM: Settings = {
  ...GPU_SHARP,
  preset: "gpu-stem",
  about: "ResNet-34 of the paper's width with the CIFAR stem, a 3x3 convolution without pooling, on all 50,000 " +
    "training images for 16 epochs; the purifiers are those of the preset gpu-sharp.",
  classifier: { ...GPU.classifier, stem: "cifar", epochs: 16, lr: 0.1, batch: 128 },
  rows: ["none", "vae", "cvae", "cvae+g-ring", "cvae+g-ring-vote", "jpeg-50"],
  readings: [{ labels: "own", units: "normalised" }],
};

/** On the few images that ship with purigrad, in a minute or two: what it shows is that every part runs. */
export const SLICE: Settings = {
  ...QUICK,
  dataset: "cifar10-slice",
  preset: "slice",
  about: "A run on 250 images, too few to learn from: it shows that every part runs, and its numbers mean nothing.",
  trainImages: 250,
  testImages: 100,
  readings: [{ labels: "own", units: "normalised" }],
  rows: ["none", "dae", "vae", "cvae", "cvae+g-ring", "cvae+g-ring-vote", "cvae+g-tuned", "jpeg-50", "median", "tv"],
  batch: 25,
  evaluationBatch: 50,
  classifier: { ...QUICK.classifier, channels: [4], epochs: 2, batch: 25 },
  autoencoder: { ...QUICK.autoencoder, channels: [12, 16] },
  curves: { images: 50, eps: [0, 0.03], rows: ["none", "cvae"] },
  latentImages: 100,
  whiteBox: { ...QUICK.whiteBox, rows: ["none", "cvae", "cvae+g-ring"], images: 4, batch: 4, eps: [0.03],
    bpda: { lr: 0.1, steps: 4, images: 4 },
    pgd: { alpha: 0.25, steps: 3, restarts: 1 }, eot: { draws: 2, steps: 2, average: "gradients" },
    apgd: { steps: 2 }, fresh: 3 },
  adversarial: { ...QUICK.adversarial!, epochs: 2, batch: 25, replays: 2 },
  robust: { ...QUICK.robust!, rows: ["free", "fast", "cvae+g-ring"], images: 50, steps: 3 },
};

const PAPER: PaperNumbers = {
  table1: {
    none: [82.1, 15.2, 10.1, 10.1, 10.5],
    dae: [51.8, 48, 50.2, 50, 49.4],
    vae: [63.2, 52.7, 56.9, 57.9, 55.4],
    "vae+g": [68.6, 57.4, 61.8, 61.5, 59.2],
    cvae: [79.3, 48.6, 58.8, 58.5, 53.2],
    "cvae+g": [79.2, 51.6, 61.2, 60.4, 57.4],
  },
  table2: {},
  // PGD-7 and Fast under attack are as the paper prints them; the publication of Fast has the two the other way round
  table3: {
    "pgd-7": { clean: 82.46, pgd: 38.86, minutes: 68.8 },
    free: { clean: 78.38, pgd: 46.18, minutes: 20.91 },
    "fast-zero": { clean: 71.14, pgd: 50.69, minutes: 7.89 },
  },
};

export const CIFAR10: Experiment = {
  dataset: "cifar10",
  presets: { quick: QUICK, small: SMALL, sharp: SHARP, gpu: GPU, "gpu-sharp": GPU_SHARP, "gpu-stem": GPU_STEM,
    slice: SLICE },
  paper: PAPER,
  notes: () => ({
    "The paper's attack": "The paper states I-FGSM with eps .03 and step .008. In pixel units and with true labels " +
      "that leaves a classifier nothing, where the paper has 10.1 percent: its row fits attacks that take the " +
      "classifier's own predictions for labels, and its purified rows fit a radius in normalised units. Table 1 here " +
      "has true labels and pixel units; the other readings stand below it.",
    "Table 3": "The paper prints 38.86 for PGD-7 and 50.69 for Fast; in the publication of Fast it is the other way " +
      "round. It sets gray-box figures of its purifiers beside white-box figures of adversarial training; here both " +
      "stand side by side.",
  }),
};
