// The kernels of bench/cases.ts in jax-js: NCHW, each case one jitted function.

import { array, bothPasses, jax, jitted, job, np, uniform } from "./jax-engine.mjs";
import { labels, permute, pixels, rnd, sizeOf, softmaxRows } from "./worker.mjs";

const { grad, lax, nn, random, tree } = jax;

export const conv2d = (x, w, stride, padding) =>
  lax.convGeneralDilated(x, w, [stride, stride], [[padding, padding], [padding, padding]]);

/** `w` as flippedFilter makes it. */
export function convTranspose2d(x, w, { stride, padding, outputPadding }) {
  const low = w.shape[2] - 1 - padding;
  const pads = [low, low + outputPadding];
  return lax.convGeneralDilated(x, w, [1, 1], [pads, pads], { lhsDilation: [stride, stride] });
}

/** PyTorch's [ci,co,k,k] to [co,ci,k,k], turned by half a circle. */
export function flippedFilter(data, [ci, co, k]) {
  const whole = permute(data, [ci, co, k * k], [1, 0, 2]);
  for (let i = 0; i < whole.length; i += k * k) whole.subarray(i, i + k * k).reverse();
  return array(whole, [co, ci, k, k]);
}

function conv({ pass, batch, size, ci, co, k, stride, padding }) {
  const [x, w] = [uniform([batch, ci, size, size], 1, 1), uniform([co, ci, k, k], 0.1, 2)];
  if (pass === "forward") return jitted((x, w) => conv2d(x, w, stride, padding), [x, w]);
  const out = Math.floor((size + 2 * padding - k) / stride) + 1;
  const dy = uniform([batch, co, out, out], 1, 3);
  // the gradient of a linear function: after jit's removal of dead code only the wanted convolution is left
  const loss = (x, w, dy) => conv2d(x, w, stride, padding).mul(dy).sum();
  return jitted(grad(loss, { argnums: pass === "dInput" ? 0 : 1 }), [x, w, dy]);
}

function tconv({ batch, size, ci, co, k, ...work }) {
  const w = flippedFilter(rnd(ci * co * k * k, 0.1, 2), [ci, co, k]);
  return jitted((x, w) => convTranspose2d(x, w, work), [uniform([batch, ci, size, size], 1, 1), w]);
}

/** Training mode; weight and bias [channels,1,1]. */
export const batchNorm = (x, weight, bias) => nn.standardize(x, [0, 2, 3]).mul(weight).add(bias);

function norm({ batch, channels, size }) {
  const shape = [batch, channels, size, size];
  const args = [uniform(shape, 1, 1), np.ones([channels, 1, 1]), np.zeros([channels, 1, 1]), uniform(shape, 1, 3)];
  return bothPasses((x, weight, bias, dy) => batchNorm(x, weight, bias).mul(dy).sum(), 3, args);
}

export const oneHot = (batch, classes) => nn.oneHot(np.array(labels(batch)), classes);
export const meanCrossEntropy = (logits, targets) => nn.logSoftmax(logits).mul(targets).sum().mul(-1 / logits.shape[0]);

const crossEntropy = ({ batch, classes }) =>
  bothPasses(meanCrossEntropy, 1, [uniform([batch, classes], 1, 1), oneHot(batch, classes)]);

export const sampled = (mu, logvar, key) => mu.add(np.exp(logvar.mul(0.5)).mul(random.normal(key, mu.shape)));

function reparameterize({ batch, latent }) {
  const args = [1, 2, 3].map((seed) => uniform([batch, latent], 1, seed));
  const both = jax.valueAndGrad((mu, logvar, dy, key) => sampled(mu, logvar, key).mul(dy).sum(), { argnums: [0, 1] });
  const compiled = jax.jit((...values) => {
    const [value, gradients] = both(...values);
    return [...gradients, value];
  });
  let seed = 0;
  return job(() => compiled(...tree.ref(args), random.key(seed++)), () => {
    compiled.dispose();
    tree.dispose(args);
  }, { random: true });
}

/** |z - means|^2, [batch, clusters]. */
export function distances(z, means) {
  const [[n, d], [k]] = [z.shape, means.shape];
  return np.square(z.reshape([n, 1, d]).sub(means.reshape([1, k, d]))).sum(2);
}

function clusterLoss({ batch, latent, clusters }) {
  const args = [[batch, latent], [batch, latent], [clusters, latent]].map((shape, i) => uniform(shape, 1, i + 1));
  const q = array(softmaxRows(rnd(batch * clusters, 1, 4), clusters), [batch, clusters]);
  return bothPasses((z, logvar, means, q) => distances(z, means).mul(q).sum().sub(logvar.sum()).mul(0.5), 3, [...args,
    q]);
}

/** One Adam step over a list of parameters, for use inside a jitted function; `t` counts the steps from 1. */
export function adamUpdate(p, m, v, g, t) {
  const [c1, c2] = [np.subtract(1, np.power(0.9, t.ref)), np.subtract(1, np.power(0.999, t))];
  const m1 = m.map((a, i) => a.mul(0.9).add(g[i].ref.mul(0.1)));
  const v1 = v.map((a, i) => a.mul(0.999).add(np.square(g[i]).mul(0.001)));
  const p1 = p.map((a, i) => a.sub(m1[i].ref.div(c1.ref).mul(1e-3).div(np.sqrt(v1[i].ref.div(c2.ref)).add(1e-8))));
  tree.dispose([c1, c2]);
  return [p1, m1, v1];
}

/** A job that moves parameters: `step(p, m, v, t, ...)` is jitted and returns them new and, if it has one, a loss. */
export function optimising(step, p, args) {
  const compiled = jax.jit(step);
  let state = [p, p.map((a) => np.zeros(a.shape)), p.map((a) => np.zeros(a.shape))];
  let t = 0;
  const run = () => {
    const [p1, m1, v1, loss] = compiled(...state, np.array(++t), ...args(t));
    state = [p1, m1, v1];
    return loss ?? p1[0].ref;
  };
  return job(run, () => {
    compiled.dispose();
    tree.dispose(state);
  }, { stateful: true });
}

function adam({ n }) {
  const g = uniform([n], 1, 2);
  return optimising((p, m, v, t, g) => adamUpdate(p, m, v, [g], t), [uniform([n], 1, 1)], () => [g.ref]);
}

/** clip(x' + alpha sign(g), x - eps, x + eps) in [0, 1]. */
export const signStep = (x, adversarial, g) =>
  np.clip(np.clip(adversarial.add(np.sign(g).mul(0.05)), x.ref.sub(0.2), x.add(0.2)), 0, 1);

function attackStep({ batch, channels, size }) {
  const shape = [batch, channels, size, size];
  const [x, adversarial] = [5, 6].map((seed) => array(pixels(sizeOf(shape), seed), shape));
  return jitted(signStep, [x, adversarial, uniform(shape, 1, 3)]);
}

/** Eager, op by op: under jit the chain would become one kernel. */
function tiny({ op, count }) {
  const x = uniform([16, 16], 1, 1);
  return job(() => {
    let y = x.ref;
    for (let i = 0; i < count; i++) y = op === "add" ? y.add(x.ref) : nn.relu(y);
    return y;
  }, () => x.dispose());
}

const matmul = ({ n }) => jitted(np.matmul, [uniform([n, n], 1, 1), uniform([n, n], 1, 2)]);

export const kernels = { matmul, conv, tconv, batchNorm: norm, crossEntropy, reparameterize, clusterLoss, adam,
  attackStep, tiny };
