// The encoders and decoders that DAE, VAE and C-VAE share: the three differ only in their loss.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { flatten, relu, reshape, sigmoid } from "../kernels/index.ts";
import { applyConv, applyConvTranspose, applyLinear, convSpec, convTransposeSpec, linearSpec } from "./layers.ts";
import { makeParameters, type ParameterSpec, type Parameters } from "./params.ts";

export interface Latent {
  /** Mean of Q(z|x), [N,d]. */
  mu: Tensor;
  /** Logarithm of the variance of Q(z|x), [N,d]. */
  logvar: Tensor;
}

export interface Autoencoder {
  latent: number;
  encoder: Parameters;
  decoder: Parameters;
  /** Images [N,1,28,28] in [0,1] to the posterior of z. */
  encode(x: Tensor): Latent;
  /** z [N,d] to images [N,1,28,28] in (0,1). */
  decode(z: Tensor): Tensor;
}

const heads = (p: Parameters, h: Tensor): Latent => ({ mu: applyLinear(p, "mu", h),
  logvar: applyLinear(p, "logvar", h) });
const headSpec = (width: number, latent: number) => ({ ...linearSpec("mu", width, latent),
  ...linearSpec("logvar", width, latent) });

/** 784-hidden-d and d-hidden-784, ReLU between, sigmoid at the end: a tenth of a convolutional net's cost. */
export function mlpAutoencoder(gpu: Engine, seed: number, { hidden = 256, latent = 16 } = {}): Autoencoder {
  const encoder = makeParameters(gpu, { ...linearSpec("fc1", 784, hidden), ...headSpec(hidden, latent) }, seed);
  const decoder = makeParameters(gpu, { ...linearSpec("fc1", latent, hidden), ...linearSpec("fc2", hidden, 784) },
    seed + 1);
  return {
    latent,
    encoder,
    decoder,
    encode: (x) => heads(encoder, relu(applyLinear(encoder, "fc1", flatten(x)))),
    decode: (z) =>
      reshape(sigmoid(applyLinear(decoder, "fc2", relu(applyLinear(decoder, "fc1", z)))), [z.shape[0]!, 1, 28, 28]),
  };
}

/** The convolutional pair: two strided 4x4 convolutions down, two transposed ones up (RECIPE section 2). */
export function convAutoencoder(gpu: Engine, seed: number,
  { channels = [32, 64], hidden = 256, latent = 20 } = {}): Autoencoder {
  const [c1, c2] = channels as [number, number];
  const encoder = makeParameters(
    gpu,
    { ...convSpec("conv1", 1, c1, 4), ...convSpec("conv2", c1, c2, 4), ...linearSpec("fc1", c2 * 49, hidden),
      ...headSpec(hidden, latent) },
    seed,
  );
  const decoder = makeParameters(
    gpu,
    { ...linearSpec("fc1", latent, hidden), ...linearSpec("fc2", hidden, 32 * 49),
      ...convTransposeSpec("up1", 32, 16, 4), ...convTransposeSpec("up2", 16, 1, 4) },
    seed + 1,
  );
  const halve = { stride: 2, padding: 1 };
  const halving = { ...halve, relu: true };
  return {
    latent,
    encoder,
    decoder,
    encode(x) {
      const h = applyConv(encoder, "conv2", applyConv(encoder, "conv1", x, halving), halving);
      return heads(encoder, relu(applyLinear(encoder, "fc1", flatten(h))));
    },
    decode(z) {
      const h = relu(applyLinear(decoder, "fc2", relu(applyLinear(decoder, "fc1", z))));
      const up = applyConvTranspose(decoder, "up1", reshape(h, [z.shape[0]!, 32, 7, 7]), halving);
      return sigmoid(applyConvTranspose(decoder, "up2", up, halve));
    },
  };
}

/** The layers fc1, fc2, .. of a perceptron that goes through `widths`. */
const perceptronSpec = (widths: readonly number[]) =>
  Object.assign({}, ...widths.slice(1).map((w, i) => linearSpec(`fc${i + 1}`, widths[i]!, w))) as ParameterSpec;

/** The pair of the full-size runs (RECIPE 3b): three convolutions down, a perceptron latent-widths-784 up. */
export function convMlpAutoencoder(gpu: Engine, seed: number,
  { channels = [8, 32, 64], hidden = 256, widths = [512, 1024], latent = 32 } = {}): Autoencoder {
  const [c1, c2, c3] = channels as [number, number, number];
  const encoder = makeParameters(
    gpu,
    { ...convSpec("conv1", 1, c1, 3), ...convSpec("conv2", c1, c2, 4), ...convSpec("conv3", c2, c3, 4),
      ...linearSpec("fc1", c3 * 49, hidden), ...headSpec(hidden, latent) },
    seed,
  );
  const decoder = makeParameters(gpu, perceptronSpec([latent, ...widths, 784]), seed + 1);
  const halving = { stride: 2, padding: 1, relu: true };
  return {
    latent,
    encoder,
    decoder,
    encode(x) {
      const h = applyConv(encoder, "conv2", applyConv(encoder, "conv1", x, { padding: 1, relu: true }), halving);
      return heads(encoder, relu(applyLinear(encoder, "fc1", flatten(applyConv(encoder, "conv3", h, halving)))));
    },
    decode(z) {
      const h = widths.reduce((v, _, i) => relu(applyLinear(decoder, `fc${i + 1}`, v)), z);
      return reshape(sigmoid(applyLinear(decoder, `fc${widths.length + 1}`, h)), [z.shape[0]!, 1, 28, 28]);
    },
  };
}

/** What a purifier shows the classifier: the reconstruction from the mean of the posterior. */
export const purify = (net: Autoencoder, x: Tensor): Tensor => net.decode(net.encode(x).mu);
