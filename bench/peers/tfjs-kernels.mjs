// The kernels of bench/cases.ts in TensorFlow.js: eager ops, NHWC.

import { FILTER, NCHW, NHWC, UNFILTER, job, own, tensor, tf, uniform } from "./tfjs-engine.mjs";
import { labels, pixels, rnd, sizeOf, softmaxRows } from "./worker.mjs";

function conv({ pass, batch, size, ci, co, k, stride, padding }) {
  const [xShape, wShape] = [[batch, ci, size, size], [co, ci, k, k]];
  const out = Math.floor((size + 2 * padding - k) / stride) + 1;
  const x = pass !== "dInput" && uniform(xShape, 1, 1, NHWC);
  const w = pass !== "dFilter" && uniform(wShape, 0.1, 2, FILTER);
  if (pass === "forward") return job(() => tf.conv2d(x, w, stride, padding), { order: NCHW });
  const dy = uniform([batch, co, out, out], 1, 3, NHWC);
  const attributes = { strides: [stride, stride], pad: padding, dataFormat: "NHWC" };
  const run = (kernel, inputs, shape) => tf.engine().runKernel(kernel, inputs, { ...attributes, ...shape });
  if (pass === "dInput")
    return job(() => run("Conv2DBackpropInput", { dy, filter: w }, { inputShape: [batch, size, size, ci] }), {
      order: NCHW,
    });
  return job(() => run("Conv2DBackpropFilter", { x, dy }, { filterShape: [k, k, ci, co] }), { order: UNFILTER });
}

function tconv({ batch, size, ci, co, k, stride, padding }) {
  const [x, w] = [uniform([batch, ci, size, size], 1, 1, NHWC), uniform([ci, co, k, k], 0.1, 2, FILTER)];
  return job(() => tf.conv2dTranspose(x, w, [batch, 2 * size, 2 * size, co], stride, padding), { order: NCHW });
}

/** Value and gradients of every input, the first gradient first. */
function bothPasses(f, inputs, options) {
  const gradients = tf.valueAndGrads(f);
  return job(() => {
    const { value, grads } = gradients(inputs);
    return [...grads, value];
  }, options);
}

/** As tf.layers.batchNormalization does while training. */
export function batchNorm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean, variance, bias, weight, 1e-5);
}

function norm({ batch, channels, size }) {
  const shape = [batch, channels, size, size];
  const [x, dy] = [uniform(shape, 1, 1, NHWC), uniform(shape, 1, 3, NHWC)];
  const [weight, bias] = [own(tf.ones([channels])), own(tf.zeros([channels]))];
  return bothPasses((...inputs) => tf.sum(tf.mul(batchNorm(...inputs), dy)), [x, weight, bias], { order: NCHW });
}

export const oneHot = (batch, classes) =>
  own(tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels(batch), "int32"), classes), "float32")));

function crossEntropy({ batch, classes }) {
  const [logits, targets] = [uniform([batch, classes], 1, 1), oneHot(batch, classes)];
  return bothPasses((v) => tf.losses.softmaxCrossEntropy(targets, v), [logits]);
}

export const sampled = (mu, logvar) => tf.add(mu, tf.mul(tf.exp(tf.mul(logvar, 0.5)), tf.randomNormal(mu.shape)));

function reparameterize({ batch, latent }) {
  const [mu, logvar, dy] = [1, 2, 3].map((seed) => uniform([batch, latent], 1, seed));
  return bothPasses((m, v) => tf.sum(tf.mul(sampled(m, v), dy)), [mu, logvar], { random: true });
}

/** |z - means|^2, [batch, clusters]. (The gradient of tf.squaredDifference forgets to broadcast.) */
export const distances = (z, means) => tf.sum(tf.square(tf.sub(tf.expandDims(z, 1), tf.expandDims(means, 0))), 2);

function clusterLoss({ batch, latent, clusters }) {
  const [z, logvar, means] = [[batch, latent], [batch, latent], [clusters, latent]].map((shape, i) =>
    uniform(shape, 1, i + 1)
  );
  const q = tensor(softmaxRows(rnd(batch * clusters, 1, 4), clusters), [batch, clusters]);
  return bothPasses((z, logvar, means) => tf.mul(0.5, tf.sub(tf.sum(tf.mul(q, distances(z, means))), tf.sum(logvar))), [
    z,
    logvar,
    means,
  ]);
}

function adam({ n }) {
  const [p, g] = [own(tf.variable(tensor(rnd(n, 1, 1), [n]), true, "p")), uniform([n], 1, 2)];
  const optimizer = own(tf.train.adam(1e-3, 0.9, 0.999, 1e-8));
  return job(() => {
    optimizer.applyGradients([{ name: p.name, tensor: g }]);
    return tf.clone(p);
  }, { stateful: true });
}

/** clip(x' + alpha sign(g), x - eps, x + eps) in [0, 1], with the lower and upper bounds of that given. */
export const signStep = (x, g, low, high) => tf.minimum(tf.maximum(tf.add(x, tf.mul(tf.sign(g), 0.05)), low), high);
export const bounds = (
  x,
) => [own(tf.tidy(() => tf.maximum(tf.sub(x, 0.2), 0))), own(tf.tidy(() => tf.minimum(tf.add(x, 0.2), 1)))];

function attackStep({ batch, channels, size }) {
  const shape = [batch, channels, size, size];
  const [x, start] = [5, 6].map((seed) => tensor(pixels(sizeOf(shape), seed), shape, NHWC));
  const g = uniform(shape, 1, 3, NHWC);
  const [low, high] = bounds(x);
  return job(() => signStep(start, g, low, high), { order: NCHW });
}

function tiny({ op, count }) {
  const x = uniform([16, 16], 1, 1);
  tf.env().set("WEBGPU_CPU_FORWARD", false); // else ops on less than 1,000 numbers never reach the device
  return job(() => {
    let y = x;
    for (let i = 0; i < count; i++) y = op === "add" ? tf.add(y, x) : tf.relu(y);
    return y;
  });
}

function matmul({ n }) {
  const [a, b] = [uniform([n, n], 1, 1), uniform([n, n], 1, 2)];
  return job(() => tf.matMul(a, b));
}

export const kernels = { matmul, conv, tconv, batchNorm: norm, crossEntropy, reparameterize, clusterLoss, adam,
  attackStep, tiny };
