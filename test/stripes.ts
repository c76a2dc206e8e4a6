// A made-up data set of a shape and a number of classes that no shipped one has, and networks small enough to train on
// it within a test.

import type { ByteSet, Dataset } from "../src/data/dataset.ts";
import { RECIPES } from "../src/defences/index.ts";
import type { Engine } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { QUICK } from "../src/paper/mnist.ts";
import { memoryStore } from "../src/train/store.ts";
import { Trainer } from "../src/train/trainer.ts";
import type { TrainSettings } from "../src/train/settings.ts";

export const SHAPE = [3, 8, 12] as const;
export const CLASSES = ["across", "down", "slanted", "flat"];

/** Stripes of four directions in a random colour. */
export function stripes(n: number, seed: number): ByteSet {
  const random = hostRandom(seed);
  const labels = Int32Array.from({ length: n }, () => Math.floor(4 * random()));
  const colours = Array.from({ length: 3 * n }, () => 0.4 + 0.6 * random());
  const bytes = Uint8Array.from({ length: n * 288 }, (_, i) => {
    const [image, channel, y, x] = [Math.floor(i / 288), Math.floor((i % 288) / 96), Math.floor((i % 96) / 12), i % 12];
    const phase = [y, x, x + y, 0][labels[image]!]!;
    return 255 * colours[3 * image + channel]! * (phase % 4 < 2 ? 1 : 0.3);
  });
  return { name: "stripes", bytes, labels, n, shape: SHAPE, classes: CLASSES };
}

export const STRIPES: Dataset = { name: "stripes", title: "Stripes", shape: SHAPE, classes: CLASSES,
  mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3], augment: {}, sizes: { train: 512, test: 64 },
  read: (part) => (part === "train" ? stripes(512, 1) : stripes(64, 2)) };

export const SETTINGS: TrainSettings = { ...QUICK, dataset: "stripes", trainImages: 512, batch: 32,
  classifier: { channels: [4, 6], hidden: 16, epochs: 6, lr: 0.01 },
  adversarial: { network: "cnn", channels: [4, 6], epochs: 2, batch: 32, lr: 0.1, eps: 0.1, alpha: 0.02, steps: 2,
    replays: 4, fastAlpha: 0.1, augment: {} },
  autoencoder: { ...QUICK.autoencoder, channels: [4, 4, 8], hidden: 16, widths: [24], latent: 6, clusters: 3 } };

/** Trains networks on the stripes and keeps them in memory. */
export async function trainOnStripes(gpu: Engine, names: readonly string[]): Promise<Trainer> {
  const trainer = new Trainer({ gpu, settings: SETTINGS, dataset: STRIPES, recipes: RECIPES, store: memoryStore() });
  for (const name of names) await trainer.train(name, 0);
  return trainer;
}
