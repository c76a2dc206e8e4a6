// The encoders and decoders that DAE, VAE and C-VAE share: the three differ only in their loss.

import type { Engine } from "../../engine/engine.ts";
import { sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { clamp, flatten, relu, reshape, sigmoid } from "../../kernels/index.ts";
import { applyConv, applyConvTranspose, applyLinear, convSpec, convTransposeSpec, linearSpec } from "../layers.ts";
import { makeParameters, type ParameterSpec, type Parameters } from "../params.ts";
import { checkSizes, DIGITS, type ImageShape } from "./sizes.ts";

/** The posterior of the code: a Gaussian for each image. */
export interface Latent {
  /** Mean of Q(z|x), [N,d] or [N,d,h,w]. */
  mu: Tensor;
  /** Logarithm of the variance of Q(z|x), of the same shape. */
  logvar: Tensor;
}

/** An encoder and a decoder with their parameters: DAE, VAE and C-VAE differ in the loss alone. */
export interface Autoencoder {
  /** Numbers in the code of one image. */
  latent: number;
  /** Their shape, without the batch: [d], or [d,h,w] where the code is an image. */
  latentShape: Shape;
  encoder: Parameters;
  decoder: Parameters;
  /** Images [N,C,H,W] in [0,1] to the posterior of z. */
  encode(x: Tensor): Latent;
  /** Codes z to images [N,C,H,W] in (0,1). */
  decode(z: Tensor): Tensor;
  /** What decode gives may leave [0,1]; a purifier clamps it. */
  unbounded?: true;
  /** Sets weights from training images [n,C,H,W] on the host, before the first phase of training. */
  start?(images: Float32Array): void;
}

const heads = (p: Parameters, h: Tensor): Latent => ({ mu: applyLinear(p, "mu", h),
  logvar: applyLinear(p, "logvar", h) });
const headSpec = (width: number, latent: number) => ({ ...linearSpec("mu", width, latent),
  ...linearSpec("logvar", width, latent) });

/** Sizes of mlpAutoencoder: 256 hidden units, a code of 16, [1,28,28] by default. */
export interface MlpAutoencoderOptions {
  hidden?: number;
  latent?: number;
  shape?: ImageShape;
}

/** pixels-hidden-d and d-hidden-pixels, ReLU between, sigmoid at the end: a tenth of a convolutional net's cost. */
export function mlpAutoencoder(gpu: Engine, seed: number, options: MlpAutoencoderOptions = {}): Autoencoder {
  checkSizes("mlpAutoencoder", options, { numbers: ["hidden", "latent"] });
  const { hidden = 256, latent = 16, shape = DIGITS } = options;
  const pixels = sizeOf(shape);
  const encoder = makeParameters(gpu, { ...linearSpec("fc1", pixels, hidden), ...headSpec(hidden, latent) }, seed);
  const decoder = makeParameters(gpu, { ...linearSpec("fc1", latent, hidden), ...linearSpec("fc2", hidden, pixels) },
    seed + 1);
  return {
    latent,
    latentShape: [latent],
    encoder,
    decoder,
    encode: (x) => heads(encoder, relu(applyLinear(encoder, "fc1", flatten(x)))),
    decode: (z) =>
      reshape(sigmoid(applyLinear(decoder, "fc2", relu(applyLinear(decoder, "fc1", z)))), [z.shape[0]!, ...shape]),
  };
}

/** Sizes of convAutoencoder and convMlpAutoencoder. */
export interface ConvAutoencoderOptions {
  channels?: number[];
  hidden?: number;
  latent?: number;
  /** Height and width are multiples of 4. */
  shape?: ImageShape;
}

/** The convolutional pair: two strided 4x4 convolutions down, two transposed ones up (RECIPE section 2). */
export function convAutoencoder(gpu: Engine, seed: number, options: ConvAutoencoderOptions = {}): Autoencoder {
  checkSizes("convAutoencoder", options, { numbers: ["hidden", "latent"], lists: { channels: 2 }, sides: 4 });
  const { channels = [32, 64], hidden = 256, latent = 20, shape = DIGITS } = options;
  const [c1, c2] = channels as [number, number];
  const [h4, w4] = [shape[1] / 4, shape[2] / 4];
  const encoder = makeParameters(gpu, { ...convSpec("conv1", shape[0], c1, 4), ...convSpec("conv2", c1, c2, 4),
    ...linearSpec("fc1", c2 * h4 * w4, hidden), ...headSpec(hidden, latent) }, seed);
  const decoder = makeParameters(gpu, { ...linearSpec("fc1", latent, hidden),
    ...linearSpec("fc2", hidden, 32 * h4 * w4), ...convTransposeSpec("up1", 32, 16, 4),
    ...convTransposeSpec("up2", 16, shape[0], 4) }, seed + 1);
  const halve = { stride: 2, padding: 1 };
  const halving = { ...halve, relu: true };
  return {
    latent,
    latentShape: [latent],
    encoder,
    decoder,
    encode(x) {
      const h = applyConv(encoder, "conv2", applyConv(encoder, "conv1", x, halving), halving);
      return heads(encoder, relu(applyLinear(encoder, "fc1", flatten(h))));
    },
    decode(z) {
      const h = relu(applyLinear(decoder, "fc2", relu(applyLinear(decoder, "fc1", z))));
      const up = applyConvTranspose(decoder, "up1", reshape(h, [z.shape[0]!, 32, h4, w4]), halving);
      return sigmoid(applyConvTranspose(decoder, "up2", up, halve));
    },
  };
}

/** The layers fc1, fc2, .. of a perceptron that goes through `widths`. */
const perceptronSpec = (widths: readonly number[]) =>
  Object.assign({}, ...widths.slice(1).map((w, i) => linearSpec(`fc${i + 1}`, widths[i]!, w))) as ParameterSpec;

/** The pair of the full-size runs (RECIPE 3b): three convolutions down, a perceptron latent-widths-pixels up. */
export function convMlpAutoencoder(gpu: Engine, seed: number,
  options: ConvAutoencoderOptions & { widths?: number[] } = {}): Autoencoder {
  checkSizes("convMlpAutoencoder", options, { numbers: ["hidden", "latent"], lists: { channels: 3, widths: 0 },
    sides: 4 });
  const { channels = [8, 32, 64], hidden = 256, widths = [512, 1024], latent = 32, shape = DIGITS } = options;
  const [c1, c2, c3] = channels as [number, number, number];
  const [h4, w4] = [shape[1] / 4, shape[2] / 4];
  const encoder = makeParameters(
    gpu,
    { ...convSpec("conv1", shape[0], c1, 3), ...convSpec("conv2", c1, c2, 4), ...convSpec("conv3", c2, c3, 4),
      ...linearSpec("fc1", c3 * h4 * w4, hidden), ...headSpec(hidden, latent) },
    seed,
  );
  const decoder = makeParameters(gpu, perceptronSpec([latent, ...widths, sizeOf(shape)]), seed + 1);
  const halving = { stride: 2, padding: 1, relu: true };
  return {
    latent,
    latentShape: [latent],
    encoder,
    decoder,
    encode(x) {
      const h = applyConv(encoder, "conv2", applyConv(encoder, "conv1", x, { padding: 1, relu: true }), halving);
      return heads(encoder, relu(applyLinear(encoder, "fc1", flatten(applyConv(encoder, "conv3", h, halving)))));
    },
    decode(z) {
      const h = widths.reduce((v, _, i) => relu(applyLinear(decoder, `fc${i + 1}`, v)), z);
      return reshape(sigmoid(applyLinear(decoder, `fc${widths.length + 1}`, h)), [z.shape[0]!, ...shape]);
    },
  };
}

/** Codes to images in [0,1]. */
export const decoded = (net: Autoencoder, z: Tensor): Tensor => {
  const y = net.decode(z);
  return net.unbounded ? clamp(y, 0, 1) : y;
};

/** What a purifier shows the classifier: the reconstruction from the mean of the posterior, in [0,1]. */
export const purify = (net: Autoencoder, x: Tensor): Tensor => decoded(net, net.encode(x).mu);
