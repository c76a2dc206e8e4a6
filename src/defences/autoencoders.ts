// What the purifiers that are autoencoders share: the network, the phases of its training, how it purifies.

import { addNoise, cat, expand, rand, reparameterize, reshape, signedNoise, slice } from "../kernels/index.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import { convMlpAutoencoder, decoded, mlpAutoencoder, purify,
  type Autoencoder } from "../model/networks/autoencoder.ts";
import { cvaeLoss, vaeLoss } from "../model/losses.ts";
import { spatialAutoencoder } from "../model/networks/spatial.ts";
import { adam, oneCycle } from "../model/optim.ts";
import { addRingNoise, ringFilter } from "../model/ring-noise.ts";
import { makeParameters, type Parameters } from "../model/params.ts";
import type { Phase } from "../train/phases.ts";
import type { Network, Recipe, Site } from "../train/recipe.ts";
import type { AutoencoderSettings, TrainSettings } from "../train/settings.ts";
import type { Purifier } from "./purifier.ts";

type Build = (gpu: Engine, seed: number, s: AutoencoderSettings, dataset: Dataset) => Autoencoder;

/** Networks by the name that settings give them. */
const AUTOENCODERS: Record<string, Build> = {
  "conv-mlp": (gpu, seed, { channels, hidden, widths, latent }, { shape }) =>
    convMlpAutoencoder(gpu, seed, { channels: [...channels], hidden, widths: [...widths], latent, shape }),
  spatial: (gpu, seed, { channels, latent, lam }, { shape }) =>
    spatialAutoencoder(gpu, seed, { channels: [channels[0]!, channels[1]!], latent, lam, shape }),
  mlp: (gpu, seed, { hidden, latent }, { shape }) => mlpAutoencoder(gpu, seed, { hidden, latent, shape }),
};

export function buildAutoencoder({ gpu, settings: { autoencoder: s }, dataset, seed }: Site): Network {
  const build = AUTOENCODERS[s.network ?? "conv-mlp"];
  if (!build) throw new Error(`train: there is no autoencoder "${s.network}"; there are ` +
    `${Object.keys(AUTOENCODERS).join(", ")}`);
  const net = build(gpu, seed, s, dataset);
  const means = makeParameters(gpu, { means: { shape: [s.clusters, s.latent], init: "zeros" } }, seed);
  return { net, means, parts: { "encoder.": net.encoder, "decoder.": net.decoder, "": means } };
}

export const bothOf = ({ encoder, decoder }: Autoencoder): Parameters[] => [encoder, decoder];

/** Up in 15 % of the steps from a tenth of the rate, down to a hundredth; Adam with beta2 .99 (RECIPE 3b). */
export const cycle = ({ epochs, lr }: { epochs: number; lr: number; }): Pick<Phase, "epochs" | "schedule" |
  "optimizer"> => ({
  epochs,
  schedule: (total) => oneCycle(lr, total, { warm: 0.15, startDiv: 10, endDiv: 100 }),
  optimizer: (params) => adam(params, { lr: 0, betas: [0.9, 0.99] }),
});

/** "train VAE", and which seed where it is not the first. */
export const phaseName = ({ title }: Pick<Recipe, "title">, { seed }: Site): string =>
  `train ${title}${seed === 0 ? "" : `, seed ${seed}`}`;

/** The loss of input against target: that of a VAE, or with cluster means that of a C-VAE. */
export type Loss = (network: Network, s: TrainSettings) => (input: Tensor, target: Tensor) => Tensor;

export const ofVae: Loss = ({ net }, { autoencoder: { lam } }) => (input, target) => vaeLoss(net!, input, target, lam);

export const ofCvae: Loss = ({ net, means }, { autoencoder: { lam } }) => (input, target) =>
  cvaeLoss(net!, means!.get("means"), input, target, lam);

/** Images to noisy images, for the sizes and strengths of a site. */
export type MakeNoise = (site: Site) => (x: Tensor) => Tensor;

/** Gaussian noise of a random strength an image, the paper's "+G". */
export const gaussianNoise: MakeNoise = ({ settings: { phase2 } }) => (x) =>
  addNoise(x, rand(x.gpu, [x.shape[0]!], 0, phase2.gaussian), { clamp: [0, 1] });

/** Signed noise that leans towards the next image of the batch. */
export const leaningNoise: MakeNoise = ({ settings: { phase2 } }) => (x) =>
  signedNoise(x, cat([slice(x, 0, 1), slice(x, 0, 0, 1)], 0), phase2.signed);

/** Ring noise of one fixed strength, new at each call; not clamped. */
export const ringNoise: MakeNoise = ({ gpu, dataset: { shape: [, h, w] }, settings: { phase2 } }) => {
  const filter = ringFilter(gpu, h, w);
  return (x) => addRingNoise(x, phase2.ring ?? 0, filter);
};

/** The reconstruction from the mean of the posterior, without draws. */
export const byMean = ({ net }: Network): Pick<Purifier, "purify"> => ({ purify: (x) => purify(net!, x) });

/** With the noise that its encoder was trained on, drawn anew for every image that is purified. */
export function byRingNoise(network: Network, site: Site): Pick<Purifier, "purify" | "sample"> {
  const noisy = ringNoise(site);
  const again = (x: Tensor, draws: number) =>
    reshape(expand(x, [draws, ...x.shape]), [draws * x.shape[0]!, ...x.shape.slice(1)]);
  return { purify: (x) => purify(network.net!, noisy(x)),
    sample: (x, draws) => purify(network.net!, noisy(again(x, draws))) };
}

/** As deployed by the mean; its draws decode draws of z, from one pass of the encoder. */
export const byPosterior = (network: Network): Pick<Purifier, "purify" | "sample"> => ({
  ...byMean(network),
  sample(x, draws) {
    const { mu, logvar } = network.net!.encode(x);
    const repeat = (t: Tensor) => reshape(expand(t, [draws, ...t.shape]), [draws * t.shape[0]!, ...t.shape.slice(1)]);
    return decoded(network.net!, reparameterize(repeat(mu), repeat(logvar)));
  },
});
