// Tunes the heavy kernels for this adapter at the shapes of a preset's networks.

import { datasetOf } from "../data/datasets.ts";
import { RECIPES } from "../defences/index.ts";
import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import { crossEntropy, rand } from "../kernels/index.ts";
import { vaeLoss } from "../model/losses.ts";
import { disposeNetwork } from "../train/recipe.ts";
import type { TrainSettings } from "../train/settings.ts";

/**
 * Times every variant at one training step of the classifier and of the autoencoder, keeps the fastest, and returns the
 * choices by op and shapes.
 */
export async function tuneNetworks(gpu: Engine, settings: TrainSettings): Promise<Record<string, string>> {
  const dataset = datasetOf(settings.dataset);
  const site = { gpu, settings, dataset, seed: 0 };
  const [first, second] = [RECIPES.cnn!.build(site), RECIPES.vae!.build(site)];
  const [classifier, net] = [first.classifier!, second.net!];
  const choices = await gpu.tuner.tune(() => {
    const x = rand(gpu, [settings.batch, ...dataset.shape]);
    const labels = gpu.tensor(new Int32Array(settings.batch), [settings.batch], "i32");
    valueAndGrad(() => crossEntropy(classifier.forward(x, true), labels), [x, ...classifier.params.list()]);
    valueAndGrad(() => vaeLoss(net, x, x, 1), [...net.encoder.list(), ...net.decoder.list()]);
  });
  [first, second].forEach(disposeNetwork);
  return choices;
}
