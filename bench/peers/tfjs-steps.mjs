// The whole steps of bench/cases.ts in TensorFlow.js: eager, tf.train.adam.

import { cnn, decode, encode, encodeMean, parameters, pieces, resnet } from "./nets.mjs";
import { FILTER, NCHW, NHWC, backend, job, own, tensor, tf } from "./tfjs-engine.mjs";
import { batchNorm, bounds, distances, oneHot, sampled, signStep } from "./tfjs-kernels.mjs";
import { permute, pixels, sizeOf } from "./worker.mjs";

/** With an activation the fused op is used where tfjs has one; it falls back by itself while gradients are taken. */
const layers = {
  again: (x) => x,
  add: tf.add,
  relu: tf.relu,
  conv(x, filter, bias, { stride = 1, padding = 0, relu = false } = {}) {
    if (relu) return tf.fused.conv2d({ x, filter, strides: stride, pad: padding, bias, activation: "relu" });
    return tf.conv2d(x, filter, stride, padding);
  },
  tconv(x, filter, bias, { stride, padding, relu = false }) {
    const [n, h, w] = x.shape;
    const y = tf.add(tf.conv2dTranspose(x, filter, [n, h * stride, w * stride, filter.shape[2]], stride, padding),
      bias);
    return relu ? tf.relu(y) : y;
  },
  linear(a, b, bias, { relu = false } = {}) {
    return tf.fused.matMul({ a, b, bias, activation: relu ? "relu" : "linear" });
  },
  batchNorm,
  maxPool: (x) => tf.maxPool(x, 2, 2, "valid"),
  averagePool: (x) => tf.mean(x, [1, 2]),
  flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
  unflatten: (x, [c, h, w]) => tf.reshape(x, [-1, h, w, c]),
};

/** [out,in] to [in,out]; where the layer's input or output is a flattened image, its numbers go from CHW to HWC. */
function linearWeight({ data, shape: [o, i], from, to }) {
  if (from) data = permute(data, [o, ...from], [0, 2, 3, 1]);
  if (to) data = permute(data, [...to, i], [1, 2, 0, 3]);
  return tensor(data, [o, i], [1, 0]);
}

const place = (
  p,
) => (p.kind === "linear" ? linearWeight(p) : tensor(p.data, p.shape, p.kind.endsWith("conv") ? FILTER : undefined));
const weights = (net) => parameters(net).map(place);

const images = (batch, net) => {
  const shape = net === "resnet34" ? [batch, 3, 32, 32] : [batch, 1, 28, 28];
  return tensor(pixels(sizeOf(shape)), shape, NHWC);
};

function classify(forward, p, x, batch) {
  const targets = oneHot(batch, 10);
  return () => tf.losses.softmaxCrossEntropy(targets, forward(layers, p, x));
}

/** Binary cross-entropy and KL, summed, per image. */
function vaeLoss(p, x, batch) {
  return () => {
    const [mu, logvar] = encode(layers, p, x);
    const logits = decode(layers, p.slice(8), sampled(mu, logvar));
    const likelihood = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, x)));
    const kl = tf.mul(-0.5, tf.sum(tf.sub(tf.sub(tf.add(1, logvar), tf.square(mu)), tf.exp(logvar))));
    return tf.div(tf.add(likelihood, kl), batch);
  };
}

/** The paper's loss with the closed form of Q(y|z) and reconstruction weight 20; see src/model/losses.ts. */
function cvaeLoss(p, x, batch) {
  const [means, constant] = [p[16], Math.log(10) - 10];
  return () => {
    const [mu, logvar] = encode(layers, p, x);
    const z = sampled(mu, logvar);
    const error = tf.sum(tf.squaredDifference(x, tf.sigmoid(decode(layers, p.slice(8), z))));
    const prior = tf.add(tf.mul(0.5, tf.sum(logvar)), tf.sum(tf.logSumExp(tf.mul(-0.5, distances(z, means)), 1)));
    return tf.add(tf.div(tf.sub(tf.mul(10, error), prior), batch), constant);
  };
}

const losses = {
  "mnist-cnn": (p, x, batch) => classify(cnn, p, x, batch),
  "conv-vae": vaeLoss,
  "conv-cvae": cvaeLoss,
  resnet34: (p, x, batch) => classify(resnet, p, x, batch),
};

function train({ net, batch }) {
  const variables = weights(net).map((p) => own(tf.variable(p)));
  const loss = losses[net](variables, images(batch, net), batch);
  const optimizer = own(tf.train.adam(1e-3, 0.9, 0.999, 1e-8));
  return job(() => optimizer.minimize(loss, true, variables), { stateful: true });
}

function pgd({ steps, batch }) {
  const [p, x, targets] = [weights("mnist-cnn"), images(batch), oneHot(batch, 10)];
  const gradient = tf.grad((v) => tf.losses.softmaxCrossEntropy(targets, cnn(layers, p, v)));
  const [low, high] = bounds(x);
  const step = (adversarial) => tf.tidy(() => signStep(adversarial, gradient(adversarial), low, high));
  return job(() => {
    let adversarial = x;
    for (let i = 0; i < steps; i++) adversarial = step(adversarial);
    return adversarial;
  }, { order: NCHW });
}

function purify({ batch }) {
  const [net, vae, x] = [weights("mnist-cnn"), weights("conv-vae"), images(batch)];
  const piece = (v) => cnn(layers, net, tf.sigmoid(decode(layers, vae.slice(8), encodeMean(layers, vae, v))));
  const count = pieces(batch, backend.device.limits);
  return job(() => (count === 1 ? piece(x) : tf.concat(tf.split(x, count).map(piece))));
}

export const steps = { train, pgd, purify };
