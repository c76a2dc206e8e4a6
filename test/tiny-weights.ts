// A folder of weights of untrained networks in small sizes, which no preset has.

import type { Engine } from "../src/index.ts";
import { isG, makeClassifier, makeNetwork, saveWeights, weightsFile } from "../src/lab/networks.ts";
import type { NetName } from "../src/lab/names.ts";
import { QUICK, type MnistSettings } from "../src/lab/settings.ts";

export const TINY: MnistSettings = {
  ...QUICK,
  classifier: { ...QUICK.classifier, channels: [4, 6], hidden: 12 },
  autoencoder: { ...QUICK.autoencoder, channels: [4, 6, 8], hidden: 16, widths: [24, 20], latent: 5, clusters: 7 },
};

/** Writes the classifier and the purifiers named; the weights are spread so that images get different classes. */
export async function saveTiny(gpu: Engine, dir: string, names: readonly NetName[]): Promise<void> {
  const origin = (network: NetName, settings: object) => ({ network, seed: 0, settings, adapter: "a", commit: "c",
    seconds: 0 });
  const classifier = makeClassifier(gpu, TINY, 1);
  gpu.write(classifier.params.flat, (await classifier.params.flat.data()).map((v) => 3 * v));
  await saveWeights(weightsFile(dir, "cnn", 0), origin("cnn", { classifier: TINY.classifier }), {
    classifier: classifier.params,
  });
  for (const [i, name] of names.entries()) {
    const { net: { encoder, decoder }, means } = makeNetwork(gpu, TINY, 10 + i);
    for (const { flat } of [encoder, decoder]) gpu.write(flat, (await flat.data()).map((v) => 3 * v));
    await saveWeights(weightsFile(dir, name, 0), origin(name, { autoencoder: TINY.autoencoder }),
      isG(name) ? { encoder } : { encoder, decoder, ...(name === "cvae" && { means }) });
  }
}
