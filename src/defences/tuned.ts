// A classifier that went on training on what a purifier makes of the training images, behind that purifier. Attacks
// know the classifier from before: a gray box that knows less than the others, so tables name it.

import { stopGradient } from "../engine/grad/tape.ts";
import { crossEntropy } from "../kernels/index.ts";
import { purify } from "../model/networks/autoencoder.ts";
import { keptOf, makeClassifier, phaseOf, statisticsOf } from "../train/classifier.ts";
import { trainPhase } from "../train/phases.ts";
import type { Kept, Recipe } from "../train/recipe.ts";
import type { TrainSettings } from "../train/settings.ts";
import { buildAutoencoder, byPosterior, phaseName } from "./autoencoders.ts";
import type { Defence } from "./defence.ts";
import { cvaeG } from "./plus-g.ts";

const tunedOf = ({ classifier, tuned = { epochs: 1, lr: classifier.lr / 10 } }: TrainSettings) => ({ ...classifier,
  ...tuned });

/** The classifier's tensors, which have no prefix; a C-VAE's file has its means without one, too. */
const besideMeans = (kept: Kept): Kept => ({ ...kept, load({ means: _, ...state }) {
  if (Object.keys(state).length) kept.load(state);
} });

function tuned(base: Defence): Defence {
  const [name, title] = [`${base.name}-tuned`, `${base.title}, tuned classifier`];
  const recipe: Recipe = {
    name,
    title,
    begins: ["cnn", base.name],
    keeps: [""],
    dependsOn: (s) => ({ ...base.recipe!.dependsOn(s), classifier: s.classifier, tuned: s.tuned }),
    build(site) {
      const { net, parts, means } = buildAutoencoder(site);
      means!.dispose();
      const classifier = makeClassifier(site.gpu, site.seed, site.settings.classifier, site.dataset);
      return { net, classifier, parts: { ...parts, "": besideMeans(keptOf(classifier)) } };
    },
    train(run, site, { net, classifier }) {
      const s = tunedOf(site.settings);
      const phase = { ...phaseOf(s, phaseName(recipe, site)), statistics: statisticsOf(classifier!) };
      return trainPhase(run, phase, [classifier!.params], (x, y) =>
        crossEntropy(classifier!.forward(stopGradient(purify(net!, x)), true), y));
    },
  };
  return { name, title, recipe, open: (site) => ({ ...byPosterior(site.network!),
    classify: (x) => site.network!.classifier!.forward(x) }) };
}

export const cvaeGTuned = tuned(cvaeG);
