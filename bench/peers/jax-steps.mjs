// The whole steps of bench/cases.ts in jax-js: one jitted function a step.

import { array, device, jax, jitted, job, np } from "./jax-engine.mjs";
import { adamUpdate, batchNorm, conv2d, convTranspose2d, distances, flippedFilter, meanCrossEntropy, oneHot, optimising,
  sampled, signStep } from "./jax-kernels.mjs";
import { cnn, decode, encode, encodeMean, parameters, pieces, resnet } from "./nets.mjs";
import { permute, pixels, sizeOf } from "./worker.mjs";

const { grad, lax, nn, random, tree, valueAndGrad } = jax;

const activated = (x, relu) => (relu ? nn.relu(x) : x);
const layers = {
  again: (x) => x.ref,
  add: np.add,
  relu: nn.relu,
  conv(x, w, bias, { stride = 1, padding = 0, relu = false } = {}) {
    const y = conv2d(x, w, stride, padding);
    return activated(bias ? y.add(bias) : y, relu);
  },
  tconv: (x, w, bias, { relu = false, ...options }) => activated(convTranspose2d(x, w, options).add(bias), relu),
  linear: (x, w, bias, { relu = false } = {}) => activated(np.dot(x, w).add(bias), relu),
  batchNorm,
  maxPool: (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]),
  averagePool: (x) => np.mean(x, [2, 3]),
  flatten: (x) => x.reshape([x.shape[0], -1]),
  unflatten: (x, shape) => x.reshape([-1, ...shape]),
};

function place({ kind, data, shape }) {
  if (kind === "linear") return array(permute(data, shape, [1, 0]), [shape[1], shape[0]]);
  if (kind === "tconv") return flippedFilter(data, shape);
  return array(data, kind.startsWith("channel") ? [...shape, 1, 1] : shape);
}
const weights = (net) => parameters(net).map(place);

const images = (batch, net) => {
  const shape = net === "resnet34" ? [batch, 3, 32, 32] : [batch, 1, 28, 28];
  return array(pixels(sizeOf(shape)), shape);
};

/** Binary cross-entropy and KL, summed, per image. */
function vaeLoss(p, x, key) {
  const [mu, logvar] = encode(layers, p, x.ref);
  const logits = decode(layers, p.slice(8), sampled(mu.ref, logvar.ref, key));
  const n = x.shape[0];
  const likelihood = nn.softplus(logits.ref).sub(logits.mul(x)).sum();
  const kl = logvar.ref.add(1).sub(np.square(mu)).sub(np.exp(logvar)).sum().mul(-0.5);
  return likelihood.add(kl).mul(1 / n);
}

/** The paper's loss with the closed form of Q(y|z) and reconstruction weight 20; see src/model/losses.ts. */
function cvaeLoss(p, x, key) {
  const [mu, logvar] = encode(layers, p, x.ref);
  const z = sampled(mu, logvar.ref, key);
  const n = x.shape[0];
  const error = np.square(nn.sigmoid(decode(layers, p.slice(8, 16), z.ref)).sub(x)).sum();
  const prior = logvar.sum().mul(0.5).add(nn.logsumexp(distances(z, p[16]).mul(-0.5), 1).sum());
  return error.mul(10).sub(prior).mul(1 / n).add(Math.log(10) - 10);
}

const losses = {
  "mnist-cnn": (p, x, targets) => meanCrossEntropy(cnn(layers, p, x), targets),
  "conv-vae": vaeLoss,
  "conv-cvae": cvaeLoss,
  resnet34: (p, x, targets) => meanCrossEntropy(resnet(layers, p, x), targets),
};

function train({ net, batch }) {
  const [x, targets] = [images(batch, net), net.startsWith("conv") ? null : oneHot(batch, 10)];
  const step = (p, m, v, t, x, other) => {
    const [loss, g] = valueAndGrad(losses[net])(tree.ref(p), x, other);
    return [...adamUpdate(p, m, v, g, t), loss];
  };
  return optimising(step, weights(net), (t) => [x.ref, targets ? targets.ref : random.key(t)]);
}

function pgd({ steps, batch }) {
  const [p, x, targets] = [weights("mnist-cnn"), images(batch), oneHot(batch, 10)];
  const loss = (adversarial, p, targets) => meanCrossEntropy(cnn(layers, p, adversarial), targets);
  const step = jax.jit((adversarial, x, p, targets) =>
    signStep(x, adversarial.ref, grad(loss)(adversarial, p, targets))
  );
  return job(() => {
    let adversarial = x.ref;
    for (let i = 0; i < steps; i++) adversarial = step(adversarial, ...tree.ref([x, p, targets]));
    return adversarial;
  }, () => {
    step.dispose();
    tree.dispose([p, x, targets]);
  });
}

function purify({ batch }) {
  const vae = weights("conv-vae");
  tree.dispose(vae.splice(6, 2)); // the layer of logvar
  const piece = (x, net, vae) => cnn(layers, net, nn.sigmoid(decode(layers, vae.slice(6), encodeMean(layers, vae, x))));
  const count = pieces(batch, device.limits);
  const whole = (x, net, vae) => {
    const results = np.split(x, count).map((part) => piece(part, tree.ref(net), tree.ref(vae)));
    tree.dispose([net, vae]);
    return np.concatenate(results);
  };
  return jitted(count === 1 ? piece : whole, [images(batch), weights("mnist-cnn"), vae]);
}

export const steps = { train, pgd, purify };
