// "+G": the decoder is frozen and the encoder trained again, on noisy images against clean ones.

import { trainPhase } from "../train/phases.ts";
import type { Network, Recipe, Site } from "../train/recipe.ts";
import type { TrainSettings } from "../train/settings.ts";
import { buildAutoencoder, byPosterior, cycle, gaussianNoise, byRingNoise, leaningNoise, ofCvae, ofVae, phaseName,
  ringNoise, type Loss, type MakeNoise } from "./autoencoders.ts";
import { cvaeRecipe } from "./cvae.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";
import { vaeRecipe } from "./vae.ts";

interface Noise {
  /** Appended to the names. */
  name: string;
  title: string;
  noise: MakeNoise;
  /** How it purifies; by the mean of the posterior unless given. */
  open?(network: Network, site: Site): Pick<Purifier, "purify" | "sample">;
  /** Its part of phase2 in what the weights depend on. */
  strength(s: TrainSettings["phase2"]): object;
}

const GAUSSIAN: Noise = { name: "+g", title: "+G", noise: gaussianNoise, strength: ({ gaussian }) => ({ gaussian }) };
const SIGNED: Noise = { name: "+g-signed", title: "+G (signed)", noise: leaningNoise,
  strength: ({ signed }) => ({ signed }) };

const RING: Noise = { name: "+g-ring", title: "+G (ring)", noise: ringNoise, strength: ({ ring }) => ({ ring }),
  open: byRingNoise };

function plusG(base: Recipe, lossOf: Loss, noise: Noise): Defence {
  const name = base.name + noise.name;
  const title = base.title + noise.title;
  const recipe: Recipe = {
    name,
    title,
    begins: [base.name],
    keeps: ["encoder."],
    dependsOn: (s) => ({ ...base.dependsOn(s),
      phase2: { epochs: s.phase2.epochs, lr: s.phase2.lr, ...noise.strength(s.phase2) } }),
    build: buildAutoencoder,
    train(run, site, network) {
      const { settings } = site;
      const [loss, noisy] = [lossOf(network, settings), noise.noise(site)];
      const phase = { name: phaseName(recipe, site), ...cycle(settings.phase2), augment: settings.autoencoder.augment };
      return trainPhase(run, phase, [network.net!.encoder], (x) => loss(noisy(x), x));
    },
  };
  return { name, title, recipe, ...(noise === SIGNED && { second: true }),
    open: (site) => (noise.open ?? byPosterior)(site.network!, site) };
}

export const vaeG = plusG(vaeRecipe, ofVae, GAUSSIAN);
export const vaeGSigned = plusG(vaeRecipe, ofVae, SIGNED);
export const cvaeG = plusG(cvaeRecipe, ofCvae, GAUSSIAN);
export const vaeGRing = plusG(vaeRecipe, ofVae, RING);
export const cvaeGRing = plusG(cvaeRecipe, ofCvae, RING);
/** Four draws of its noise vote: clean images gain, at four passes an image. */
export const cvaeGRingVote: Defence = { ...cvaeGRing, name: "cvae+g-ring-vote", title: "C-VAE+G (ring, 4 votes)",
  open: async (o) => ({ ...(await cvaeGRing.open(o)), votes: 4 }) };
export const cvaeGSigned = plusG(cvaeRecipe, ofCvae, SIGNED);
