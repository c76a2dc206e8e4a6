// Bytes that a case must move at least: every input read once, every output written once, 4 bytes a number.

import type { Net, Work } from "./cases.ts";

const PARAMETERS: Record<Net, number> = { "mnist-cnn": 1_199_882, "conv-vae": 265_833, "conv-cvae": 266_033,
  resnet34: 21_282_122 };
const PIXELS: Record<Net, number> = { "mnist-cnn": 784, "conv-vae": 784, "conv-cvae": 784, resnet34: 3072 };

const outputSize = ({ size, k, stride, padding }: { size: number; k: number; stride: number; padding: number; }) =>
  Math.floor((size + 2 * padding - k) / stride) + 1;

/**
 * Numbers in and out of each kind of work; of a training step parameters and both moments in and out, and the images.
 */
function numbers(w: Work): number {
  switch (w.kind) {
    case "matmul":
      return 3 * w.n ** 2;
    case "conv":
      return w.batch * (w.ci * w.size ** 2 + w.co * outputSize(w) ** 2) + w.co * w.ci * w.k ** 2;
    case "tconv":
      return w.batch *
          (w.ci * w.size ** 2 + w.co * ((w.size - 1) * w.stride - 2 * w.padding + w.k + w.outputPadding) ** 2) +
        w.co * w.ci * w.k ** 2;
    case "batchNorm":
      return 4 * w.batch * w.channels * w.size ** 2;
    case "crossEntropy":
      return 2 * w.batch * w.classes + w.batch;
    case "reparameterize":
      return 6 * w.batch * w.latent;
    case "clusterLoss":
      return 4 * w.batch * w.latent + 2 * w.clusters * w.latent + w.batch * w.clusters + w.batch;
    case "adam":
      return 7 * w.n;
    case "attackStep":
      return 4 * w.batch * w.channels * w.size ** 2;
    case "tiny":
      return w.count * (w.op === "add" ? 3 : 2) * 256;
    case "train":
      return 6 * PARAMETERS[w.net] + w.batch * PIXELS[w.net];
    case "pgd":
      return PARAMETERS["mnist-cnn"] + 2 * w.batch * 784;
    case "purify":
      return PARAMETERS["mnist-cnn"] + PARAMETERS["conv-vae"] + w.batch * 794;
  }
}

export const bytesOf = (work: Work): number => 4 * numbers(work);
