import { vaeLoss } from "../model/losses.ts";
import { constant } from "../model/optim.ts";
import { startNetwork, trainPhase } from "../train/phases.ts";
import type { Recipe } from "../train/recipe.ts";
import { bothOf, buildAutoencoder, byPosterior, cycle, ofVae, phaseName } from "./autoencoders.ts";
import type { Defence } from "./defence.ts";

/** A VAE with a tenth of the KL term at a constant rate: the start that VAE and C-VAE share. */
export const warmUp: Recipe = {
  name: "warm-up",
  title: "warm-up",
  passing: true,
  keeps: ["encoder.", "decoder."],
  dependsOn: ({ autoencoder, warmUp }) => ({ autoencoder, warmUp }),
  build: buildAutoencoder,
  async train(run, site, { net }) {
    const { autoencoder: { lam, augment }, warmUp: { epochs, lr } } = site.settings;
    await startNetwork(run, net!);
    await trainPhase(run, { name: phaseName(warmUp, site), epochs, schedule: () => constant(lr), augment },
      bothOf(net!), (x) => vaeLoss(net!, x, x, lam, 0.1));
  },
};

export const vaeRecipe: Recipe = {
  name: "vae",
  title: "VAE",
  begins: ["warm-up"],
  keeps: ["encoder.", "decoder."],
  dependsOn: ({ autoencoder, warmUp, phase1 }) => ({ autoencoder, warmUp, phase1 }),
  build: buildAutoencoder,
  train(run, site, network) {
    const { settings } = site;
    const loss = ofVae(network, settings);
    const phase = { name: phaseName(vaeRecipe, site), ...cycle(settings.phase1),
      augment: settings.autoencoder.augment };
    return trainPhase(run, phase, bothOf(network.net!), (x) => loss(x, x));
  },
};

/** Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014. */
export const vae: Defence = { name: "vae", title: "VAE", recipe: vaeRecipe,
  open: ({ network }) => byPosterior(network!) };
