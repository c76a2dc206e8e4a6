// An autoencoder whose latent code is an image: 12 numbers for every 2x2 pixels. It begins as the principal components
// of 2x2 patches, which already reconstruct, and learns what to add to them.

import type { Engine } from "../../engine/engine.ts";
import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkPositive, fail } from "../../kernels/check.ts";
import { add } from "../../kernels/index.ts";
import type { Autoencoder } from "./autoencoder.ts";
import { symmetricEigen } from "../eigen.ts";
import { applyConv, applyConvTranspose, convSpec, convTransposeSpec } from "../layers.ts";
import { makeParameters, type ParameterSpec, type Parameters } from "../params.ts";
import { checkSizes, type ImageShape } from "./sizes.ts";

const OP = "spatialAutoencoder";

/** Sizes of the autoencoder whose code is an image. */
export interface SpatialOptions {
  /** Channels of the code, at most the C * 4 numbers of a patch. */
  latent?: number;
  /** Channels at half and at quarter size. */
  channels?: readonly [number, number];
  /** Of an image, [C,H,W]; H and W are multiples of 4. */
  shape?: ImageShape;
  /** Weight of the reconstruction that it is trained with: how sure the code is at the beginning. */
  lam?: number;
}

const zeros = (spec: ParameterSpec): ParameterSpec =>
  Object.fromEntries(Object.entries(spec).map(([name, { shape }]) => [name, { shape, init: "zeros" as const }]));

/** x + conv(relu(conv(x))), both 3x3; it begins as the identity. */
const residualSpec = (name: string, width: number): ParameterSpec =>
  ({ ...convSpec(`${name}.conv1`, width, width, 3), ...zeros(convSpec(`${name}.conv2`, width, width, 3)) });

function residual(p: Parameters, name: string, x: Tensor): Tensor {
  const h = applyConv(p, `${name}.conv1`, x, { padding: 1, relu: true });
  return add(x, applyConv(p, `${name}.conv2`, h, { padding: 1 }));
}

/** x + up(h + conv(h)), h = relu(down(x)): a look at a wider surrounding; it begins as the identity. */
const widerSpec = (name: string, width: number, inner: number): ParameterSpec => ({
  ...convSpec(`${name}.down`, width, inner, 4),
  ...zeros(convSpec(`${name}.conv`, inner, inner, 3)),
  ...zeros(convTransposeSpec(`${name}.up`, inner, width, 4)),
});

function wider(p: Parameters, name: string, x: Tensor): Tensor {
  const h = applyConv(p, `${name}.down`, x, { stride: 2, padding: 1, relu: true });
  const y = add(h, applyConv(p, `${name}.conv`, h, { padding: 1 }));
  return add(x, applyConvTranspose(p, `${name}.up`, y, { stride: 2, padding: 1 }));
}

/**
 * Images [N,C,H,W] in [0,1] to codes [N,d,H/2,W/2] and back; the decoder's output is not bounded. `start` sets the
 * first and last layers from training images.
 */
export function spatialAutoencoder(gpu: Engine, seed: number, options: SpatialOptions = {}): Autoencoder {
  checkSizes(OP, options, { numbers: ["latent"], lists: { channels: 2 }, sides: 4, others: ["lam"] });
  const { latent: d = 12, channels: [c1, c2] = [24, 48], shape = [3, 32, 32], lam = 1000 } = options;
  checkPositive(OP, "lam", lam);
  const [c, h, w] = shape;
  if (d > Math.min(4 * c, c1))
    fail(OP, `a code of ${d} channels for images [${shape}] came; at most ${Math.min(4 * c, c1)} channels are due`);
  const encoder = makeParameters(gpu, { ...convSpec("patches", c, c1, 2), ...residualSpec("residual", c1),
    ...widerSpec("wider", c1, c2), ...convSpec("mu", c1, d, 1), ...convSpec("logvar", c1, d, 1) }, seed);
  const decoder = makeParameters(gpu, { ...convSpec("code", d, c1, 1), ...widerSpec("wider", c1, c1),
    ...convTransposeSpec("patches", c1, c, 2) }, seed + 1);
  return {
    latent: (d * h * w) / 4,
    latentShape: [d, h / 2, w / 2],
    unbounded: true,
    encoder,
    decoder,
    encode(x) {
      const y = wider(encoder, "wider", residual(encoder, "residual",
        applyConv(encoder, "patches", x, { stride: 2 })));
      return { mu: applyConv(encoder, "mu", y, {}), logvar: applyConv(encoder, "logvar", y, {}) };
    },
    decode: (z) =>
      applyConvTranspose(decoder, "patches", wider(decoder, "wider", applyConv(decoder, "code", z, {})), { stride: 2 }),
    start(images) {
      checkPictures(images, c * h * w);
      startFromPatches(encoder, decoder, patchComponents(images, shape), { c, c1, d, lam });
    },
  };
}

function checkPictures(images: Float32Array, pixels: number): void {
  if (!(images instanceof Float32Array) || images.length === 0 || images.length % pixels)
    fail(OP, `start was given ${describeValue(images)}; a Float32Array of whole images of ${pixels} numbers is due`);
  const bad = images.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    fail(OP, `image ${Math.floor(bad / pixels)} to start from holds ${images[bad]}; finite numbers are due`);
}

interface Components {
  /** [4C] */
  mean: Float64Array;
  /** Variances along the axes, the largest first, and the unit axes [4C][4C]. */
  values: number[];
  vectors: Float64Array[];
}

/** The principal components of the 2x2 patches of images [n,C,H,W]; a patch is ordered (channel, row, column). */
function patchComponents(images: Float32Array, [c, h, w]: ImageShape): Components {
  const size = 4 * c;
  const mean = new Float64Array(size);
  const products = new Float64Array(size * size);
  const patch = new Float64Array(size);
  const count = images.length / size;
  for (let p = 0; p < count; p++) {
    const [x, y] = [2 * (p % (w / 2)), 2 * (Math.floor(p / (w / 2)) % (h / 2))];
    const first = Math.floor(p / ((h * w) / 4)) * c * h * w + y * w + x;
    for (let k = 0; k < size; k++) patch[k] = images[first + (k >> 2) * h * w + ((k >> 1) & 1) * w + (k & 1)]!;
    for (let i = 0; i < size; i++) {
      mean[i]! += patch[i]! / count;
      for (let j = 0; j <= i; j++) products[i * size + j]! += (patch[i]! * patch[j]!) / count;
    }
  }
  const covariance = Float64Array.from(products, (_, at) => {
    const [i, j] = [Math.max(Math.floor(at / size), at % size), Math.min(Math.floor(at / size), at % size)];
    return products[i * size + j]! - mean[i]! * mean[j]!;
  });
  return { mean, ...symmetricEigen(covariance, size) };
}

/** Keeps a variance away from 0: patches of one colour have no others. */
const LEAST = 1e-6;

/**
 * The first d channels become the whitened components, mu reads them, logvar is log(v / (variance + v)) with v =
 * 16 / lam, and the decoder undoes it. What other channels add begins at zero.
 */
function startFromPatches(encoder: Parameters, decoder: Parameters, { mean, values, vectors }: Components,
  { c, c1, d, lam }: { c: number; c1: number; d: number; lam: number }): void {
  const [size, v] = [4 * c, 16 / lam];
  const deviation = values.map((value) => Math.sqrt(Math.max(value, LEAST)));
  const bias = (k: number) => -vectors[k]!.reduce((sum, a, i) => sum + a * mean[i]!, 0) / deviation[k]!;
  const set = (p: Parameters, name: string, value: (i: number) => number) => {
    const t = p.get(name);
    t.gpu.write(t, Float32Array.from({ length: t.size }, (_, i) => value(i)));
  };
  const identity = (columns: number) => (i: number) => (Math.floor(i / columns) === i % columns ? 1 : 0);
  set(encoder, "patches.weight", (i) => {
    const [k, j] = [Math.floor(i / size), i % size];
    return k < d ? vectors[k]![j]! / deviation[k]! : 0;
  });
  set(encoder, "patches.bias", (k) => (k < d ? bias(k) : 0));
  set(encoder, "mu.weight", identity(c1));
  set(encoder, "mu.bias", () => 0);
  set(encoder, "logvar.weight", () => 0);
  set(encoder, "logvar.bias", (k) => Math.log(v / (Math.max(values[k]!, LEAST) + v)));
  set(decoder, "code.weight", identity(d));
  set(decoder, "code.bias", () => 0);
  set(decoder, "patches.weight", (i) => {
    const [k, j] = [Math.floor(i / size), i % size];
    return k < d ? vectors[k]![j]! * deviation[k]! : 0;
  });
  // one bias a channel: the mean of its four pixels; what they differ by is next to nothing
  set(decoder, "patches.bias", (channel) => [0, 1, 2, 3].reduce((sum, i) => sum + mean[4 * channel + i]! / 4, 0));
}
