// A folder of weights of untrained networks in small sizes, which no preset has, and a lab on it.

import { CLASSIFIER } from "../src/train/classifier.ts";
import { mnist } from "../src/data/mnist.ts";
import { RECIPES } from "../src/defences/index.ts";
import type { Engine } from "../src/index.ts";
import type { Parameters } from "../src/model/params.ts";
import { Lab } from "../src/paper/lab.ts";
import { QUICK } from "../src/paper/mnist.ts";
import type { Settings } from "../src/paper/settings.ts";
import { stateOf, type Recipe } from "../src/train/recipe.ts";
import { folderStore } from "../src/train/folder-store.ts";

export const TINY: Settings = {
  ...QUICK,
  classifier: { ...QUICK.classifier, channels: [4, 6], hidden: 12 },
  autoencoder: { ...QUICK.autoencoder, channels: [4, 6, 8], hidden: 16, widths: [24, 20], latent: 5, clusters: 7 },
};

/** Writes the classifier and the purifiers named; the weights are spread so that images get different classes. */
export async function saveTiny(gpu: Engine, dir: string, names: readonly string[]): Promise<void> {
  const recipes = [CLASSIFIER, ...names.map((name) => RECIPES[name]!)];
  for (const [i, recipe] of recipes.entries()) await saveOne(gpu, dir, recipe, i === 0 ? 1 : 9 + i);
}

async function saveOne(gpu: Engine, dir: string, recipe: Recipe, seed: number): Promise<void> {
  const network = recipe.build({ gpu, settings: TINY, dataset: mnist, seed });
  const { net, classifier } = network;
  const own: Parameters[] = net ? [net.encoder, net.decoder] : [classifier!.params];
  for (const { flat } of own) gpu.write(flat, (await flat.data()).map((v) => 3 * v));
  folderStore(dir).write(recipe, 0, { network: recipe.name, seed: 0, settings: { ...recipe.dependsOn(TINY) },
    adapter: "a", commit: "c", seconds: 0 }, await stateOf(network, recipe.keeps));
}

/** A lab on a folder of weights that trains nothing. */
export const labAt = (gpu: Engine, dir: string, settings: Settings = TINY): Lab =>
  new Lab({ gpu, settings, store: folderStore(dir), trained: true, say: () => {} });
