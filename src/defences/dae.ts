import { addNoise } from "../kernels/index.ts";
import { daeLoss } from "../model/losses.ts";
import { startNetwork, trainPhase } from "../train/phases.ts";
import type { Recipe } from "../train/recipe.ts";
import { bothOf, buildAutoencoder, byMean, cycle, phaseName } from "./autoencoders.ts";
import type { Defence } from "./defence.ts";

const recipe: Recipe = {
  name: "dae",
  title: "DAE",
  keeps: ["encoder.", "decoder."],
  dependsOn: ({ autoencoder, dae }) => ({ autoencoder, dae }),
  build: buildAutoencoder,
  async train(run, site, { net }) {
    const { autoencoder: { lam, augment }, dae } = site.settings;
    await startNetwork(run, net!);
    await trainPhase(run, { name: phaseName(recipe, site), ...cycle(dae), augment }, bothOf(net!),
      (x) => daeLoss(net!, addNoise(x, dae.sigma, { clamp: [0, 1] }), x, lam));
  },
};

/** Denoising autoencoder: Vincent et al., "Extracting and composing robust features", ICML 2008. */
export const dae: Defence = { name: "dae", title: "DAE", recipe, open: ({ network }) => byMean(network!) };
