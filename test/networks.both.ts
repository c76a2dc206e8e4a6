// Networks for images of any shape and any number of classes: what comes out, which parameters they have, what is
// refused.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cnn, convAutoencoder, convMlpAutoencoder, createEngine, mlpAutoencoder, purify, spatialAutoencoder,
  type Engine } from "../src/index.ts";

const networks = suite("networks");
let gpu: Engine;
networks.before(async () => void (gpu = await createEngine()));
networks.after(() => gpu.close());

const shapesOf = (tensors: Record<string, { shape: readonly number[] }>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape.join("x")]));

networks("without options they are MNIST's, with the names and shapes of the files that ship", () => {
  const { params } = cnn(gpu, 0);
  assert.equal(shapesOf(params.tensors), { "conv1.weight": "16x1x3x3", "conv1.bias": "16", "conv2.weight": "32x16x3x3",
    "conv2.bias": "32", "fc1.weight": "128x1568", "fc1.bias": "128", "fc2.weight": "10x128", "fc2.bias": "10" });
  const { encoder, decoder } = convMlpAutoencoder(gpu, 0);
  assert.is(shapesOf(encoder.tensors)["fc1.weight"], "256x3136");
  assert.equal(Object.keys(decoder.tensors), ["fc1", "fc2", "fc3"].flatMap((n) => [`${n}.weight`, `${n}.bias`]));
  assert.is(shapesOf(decoder.tensors)["fc3.weight"], "784x1024");
});

networks("the classifier takes any shape from 4x4 on, and any number of classes", () => {
  for (const [shape, classes, features] of [[[3, 32, 32], 10, 64], [[2, 5, 11], 7, 2], [[1, 4, 4], 1, 1]] as const) {
    const net = cnn(gpu, 1, { channels: [3, 4], hidden: 6, shape, classes });
    assert.equal(net.params.get("fc1.weight").shape, [6, 4 * features]);
    const x = gpu.full([2, ...shape], 0.5);
    assert.equal(net.forward(x).shape, [2, classes]);
    assert.equal(net.forward(x, true).shape, [2, classes]);
  }
});

networks("autoencoders give back images of the shape that they took", () => {
  const shape = [3, 12, 8] as const;
  const nets = [mlpAutoencoder(gpu, 1, { hidden: 5, latent: 4, shape }),
    convAutoencoder(gpu, 1, { channels: [2, 3], hidden: 5, latent: 4, shape }),
    convMlpAutoencoder(gpu, 1, { channels: [2, 3, 4], hidden: 5, widths: [6], latent: 4, shape }),
    spatialAutoencoder(gpu, 1, { channels: [6, 5], latent: 4, shape })];
  const x = gpu.full([2, ...shape], 0.5);
  for (const net of nets) {
    const { mu, logvar } = net.encode(x);
    assert.equal([mu.shape, logvar.shape], [[2, ...net.latentShape], [2, ...net.latentShape]]);
    assert.is(net.latent, net.latentShape.reduce((a, b) => a * b));
    assert.equal(purify(net, x).shape, [2, ...shape]);
  }
  assert.equal(nets.map((net) => net.latentShape), [[4], [4], [4], [4, 6, 4]]);
});

networks("K of RECIPE-CIFAR has 93 thousand parameters", () => {
  const { encoder, decoder, latentShape } = spatialAutoencoder(gpu, 0);
  assert.equal(latentShape, [12, 16, 16]);
  assert.is(Math.round((encoder.count + decoder.count) / 1000), 93);
});

const MAKE = { cnn, mlpAutoencoder, convAutoencoder, convMlpAutoencoder, spatialAutoencoder };
type Make = (gpu: Engine, seed: number, options: object) => unknown;
const refused = (name: keyof typeof MAKE, options: object, message: RegExp) => {
  const call = () => (MAKE[name] as Make)(gpu, 0, options);
  assert.throws(call, message);
  assert.throws(call, new RegExp(`^${name}: `));
};

networks("sizes that make no network are one sentence that begins with its name", () => {
  for (const name of Object.keys(MAKE) as (keyof typeof MAKE)[]) {
    refused(name, { width: 4 }, /no option named width; there are /);
    refused(name, { shape: [28, 28] }, /shape is .*; 3 whole numbers >= 1 are due/);
    refused(name, { shape: [1, 28, NaN] }, /shape is .*; 3 whole numbers >= 1 are due/);
    refused(name, { shape: 28 }, /shape is 28; 3 whole/);
    if (name !== "cnn") refused(name, { latent: 0 }, /latent is 0; a whole number >= 1 is due/);
    if (name !== "mlpAutoencoder") refused(name, { channels: [4] }, /channels is .*; [23] whole numbers >= 1 are due/);
  }
  refused("cnn", { shape: [1, 3, 28] }, /images are 3x28; sides of at least 4 are due/);
  refused("cnn", { classes: 1.5 }, /classes is 1\.5; a whole number >= 1/);
  refused("convMlpAutoencoder", { widths: [] }, /widths is .*; some whole numbers >= 1 are due/);
  for (const name of ["convAutoencoder", "convMlpAutoencoder", "spatialAutoencoder"] as const)
    refused(name, { shape: [3, 30, 32] }, /images are 30x32; sides that are multiples of 4 are due/);
  refused("spatialAutoencoder", { latent: 13 }, /a code of 13 channels .* at most 12 channels are due/);
  refused("spatialAutoencoder", { lam: 0 }, /lam is 0; a number > 0 is due/);
});

networks("a spatial network starts from whole finite images only", () => {
  const net = spatialAutoencoder(gpu, 0, { shape: [1, 4, 4], latent: 4, channels: [4, 4] });
  const pictures = new Float32Array(32).fill(0.5);
  net.start!(pictures);
  for (const wrong of [pictures.slice(1), new Float32Array(), [...pictures]])
    assert.throws(() => net.start!(wrong as never), /^spatialAutoencoder: start was given .*; a Float32Array of whole/);
  pictures[20] = Infinity;
  assert.throws(() => net.start!(pictures), /^spatialAutoencoder: image 1 to start from holds Infinity; finite/);
});

networks.run();
