// Tunes the heavy kernels for this adapter at the shapes of the MNIST networks.

import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import { crossEntropy, rand } from "../kernels/index.ts";
import { convAutoencoder, mlpAutoencoder, type Autoencoder } from "../model/autoencoder.ts";
import { cnn } from "../model/cnn.ts";
import { vaeLoss } from "../model/losses.ts";

/** The networks whose shapes are tuned: the defaults are the full-size ones. */
export interface TuneOptions {
  batch: number;
  classifier?: { channels: number[]; hidden: number };
  autoencoder?: { hidden: number; latent: number };
}

/**
 * Times every variant at one training step of each network, keeps the fastest, and returns the choices by op and
 * shapes.
 */
export async function tuneMnist(gpu: Engine,
  { batch, classifier, autoencoder }: TuneOptions): Promise<Record<string, string>> {
  const net = cnn(gpu, 0, classifier);
  const autoencoders = [mlpAutoencoder(gpu, 0, autoencoder), convAutoencoder(gpu, 0, autoencoder)];
  const choices = await gpu.tuner.tune(() => {
    const x = rand(gpu, [batch, 1, 28, 28]);
    const labels = gpu.tensor(new Int32Array(batch), [batch], "i32");
    valueAndGrad(() => crossEntropy(net.forward(x), labels), [x, ...net.params.list()]);
    const both = (a: Autoencoder) => [...a.encoder.list(), ...a.decoder.list()];
    for (const a of autoencoders) valueAndGrad(() => vaeLoss(a, x, x, 1), both(a));
  });
  [net.params, ...autoencoders.flatMap((a) => [a.encoder, a.decoder])].forEach((p) => p.dispose());
  return choices;
}
