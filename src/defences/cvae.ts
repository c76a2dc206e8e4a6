import { startClusters, trainPhase } from "../train/phases.ts";
import type { Recipe } from "../train/recipe.ts";
import { bothOf, buildAutoencoder, byPosterior, cycle, ofCvae, phaseName } from "./autoencoders.ts";
import type { Defence } from "./defence.ts";

/** Training images whose latent means start the clusters. */
const CLUSTERED = 10_000;

export const cvaeRecipe: Recipe = {
  name: "cvae",
  title: "C-VAE",
  begins: ["warm-up"],
  keeps: ["", "encoder.", "decoder."],
  dependsOn: ({ autoencoder, warmUp, phase1 }) => ({ autoencoder, warmUp, phase1 }),
  build: buildAutoencoder,
  async train(run, site, network) {
    const { settings } = site;
    await startClusters(run, network.net!, network.means!, CLUSTERED);
    const loss = ofCvae(network, settings);
    const phase = { name: phaseName(cvaeRecipe, site), ...cycle(settings.phase1),
      augment: settings.autoencoder.augment };
    await trainPhase(run, phase, [...bothOf(network.net!), network.means!], (x) => loss(x, x));
  },
};

/** The paper's VAE whose latent space is pulled towards learned cluster means. */
export const cvae: Defence = { name: "cvae", title: "C-VAE", recipe: cvaeRecipe,
  open: ({ network }) => byPosterior(network!) };
