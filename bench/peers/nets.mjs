// The networks of the steps, once for the JavaScript peers. A parameter is described as PyTorch has it (weights
// [co,ci,k,k], transposed [ci,co,k,k], linear [out,in]); each engine moves it to its own layout. The forward passes are
// written over `o`, an engine's layers; o.again(x) says that x is used once more (jax-js counts references).

import { rnd, sizeOf } from "./worker.mjs";

const conv = (ci, co, k) => [{ kind: "conv", shape: [co, ci, k, k], fan: ci * k * k }];
const tconv = (ci, co, k) => [{ kind: "tconv", shape: [ci, co, k, k], fan: ci * k * k }];
/** `from` and `to` name the image [c,h,w] that the layer's input or output is, flattened. */
const linear = (i, o,
  image = {}) => [{ kind: "linear", shape: [o, i], fan: i, ...image }, { kind: "bias", shape: [o] }];
const perChannel = (c) => [{ kind: "channelBias", shape: [c] }];
const norm = (c) => [{ kind: "channelWeight", shape: [c] }, ...perChannel(c)];

const LATENT = 20;
const CODE = [64, 7, 7];
const STAGES = [[64, 3], [128, 4], [256, 6], [512, 3]];

const vae = [
  ...conv(1, 32, 3),
  ...perChannel(32),
  ...conv(32, 64, 3),
  ...perChannel(64),
  ...linear(3136, LATENT, { from: CODE }),
  ...linear(3136, LATENT, { from: CODE }),
  ...linear(LATENT, 3136, { to: CODE }),
  ...tconv(64, 64, 3),
  ...perChannel(64),
  ...tconv(64, 32, 3),
  ...perChannel(32),
  ...tconv(32, 1, 3),
  ...perChannel(1),
];

/** Every block of ResNet-34: [input channels, output channels, stride]. */
const blocks = STAGES.flatMap(([width, count], stage) =>
  Array.from({ length: count }, (_, i) => [i || !stage ? width : width / 2, width, i || !stage ? 1 : 2]));
const shortcut = (ci, co, stride) => stride > 1 || ci !== co;

export const NETS = {
  "mnist-cnn": [
    ...conv(1, 32, 3), ...perChannel(32), ...conv(32, 64, 3), ...perChannel(64),
    ...linear(9216, 128, { from: [64, 12, 12] }), ...linear(128, 10),
  ],
  "conv-vae": vae,
  "conv-cvae": [...vae, { kind: "means", shape: [10, LATENT], fan: 3 }],
  resnet34: [
    ...conv(3, 64, 3), ...norm(64),
    ...blocks.flatMap(([ci, co, stride]) => [
      ...conv(ci, co, 3),
      ...norm(co),
      ...conv(co, co, 3),
      ...norm(co),
      ...(shortcut(ci, co, stride) ? [...conv(ci, co, 1), ...norm(co)] : []),
    ]),
    ...linear(512, 10),
  ],
};

/**
 * The parameters of a net with their numbers: uniform in +-sqrt(3 / fan in), seed = place in the list from 1; biases 0.
 */
export const parameters = (net) => NETS[net].map((p, i) => ({ ...p, data: numbers(p, i + 1) }));

function numbers({ kind, shape, fan }, seed) {
  if (fan) return rnd(sizeOf(shape), Math.sqrt(3 / fan), seed);
  return new Float32Array(sizeOf(shape)).fill(kind === "channelWeight" ? 1 : 0);
}

/** Images [n,1,28,28] to logits [n,10]. */
export function cnn(o, p, x) {
  const h = o.conv(o.conv(x, p[0], p[1], { relu: true }), p[2], p[3], { relu: true });
  return o.linear(o.linear(o.flatten(o.maxPool(h)), p[4], p[5], { relu: true }), p[6], p[7]);
}

/** In how many equal pieces a batch of images must pass the cnn, whose largest tensor is [n,64,24,24]. */
export function pieces(batch, { maxStorageBufferBindingSize }) {
  let count = 1;
  while ((batch / count) * 64 * 24 * 24 * 4 > maxStorageBufferBindingSize) count *= 2;
  return count;
}

const DOWN = { stride: 2, padding: 1, relu: true };
const UP = { stride: 2, padding: 1, outputPadding: 1, relu: true };

const code = (o, p, x) => o.flatten(o.conv(o.conv(x, p[0], p[1], DOWN), p[2], p[3], DOWN));
/** Images [n,1,28,28] to mu [n,20]: the first six parameters. */
export const encodeMean = (o, p, x) => o.linear(code(o, p, x), p[4], p[5]);
/** The same and logvar [n,20]: the first eight parameters. */
export function encode(o, p, x) {
  const h = code(o, p, x);
  return [o.linear(o.again(h), p[4], p[5]), o.linear(h, p[6], p[7])];
}
/** z [n,20] to logits of the pixels: the parameters from the ninth on. */
export function decode(o, p, z) {
  const h = o.unflatten(o.linear(z, p[0], p[1], { relu: true }), CODE);
  return o.tconv(o.tconv(o.tconv(h, p[2], p[3], UP), p[4], p[5], UP), p[6], p[7], { stride: 1, padding: 1,
    outputPadding: 0 });
}

/** Images [n,3,32,32] to logits [n,10], batch norm in training mode. */
export function resnet(o, p, x) {
  let i = 0;
  const layer = (h, options) => o.batchNorm(o.conv(h, p[i++], null, options), p[i++], p[i++]);
  let h = o.relu(layer(x, { padding: 1 }));
  for (const [ci, co, stride] of blocks) {
    const inner = layer(o.relu(layer(o.again(h), { stride, padding: 1 })), { padding: 1 });
    h = o.relu(o.add(inner, shortcut(ci, co, stride) ? layer(h, { stride }) : h));
  }
  return o.linear(o.averagePool(h), p[i], p[i + 1]);
}
