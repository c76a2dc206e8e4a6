// How purigrad does each piece of work of bench/cases.ts, with the public ops only. The first tensor returned is what
// is compared between engines; see bench/inputs.ts for the numbers that go in.

import { add, adam, batchNorm, clusterLoss, cat, conv2d, convTranspose2d, crossEntropy, grad, makeParameters, matmul,
  relu, reparameterize, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { lossGradient } from "../src/attacks/index.ts";
import { signStep } from "../src/attacks/kernels.ts";
import type { Work } from "./cases.ts";
import { Inputs, rnd } from "./inputs.ts";
import { convVae, mnistCnn, training } from "./nets.ts";

type Call = () => Tensor | Tensor[];
type Of<K extends Work["kind"]> = Extract<Work, { kind: K }>;

const outputSize = ({ size, k, stride, padding }: Of<"conv">) => Math.floor((size + 2 * padding - k) / stride) + 1;

/** A gradient alone: a capture leaves out the forward kernel, whose result nobody reads. */
function conv(inputs: Inputs, work: Of<"conv">): Call {
  const { pass, batch, size, ci, co, k, stride, padding } = work;
  const x = inputs.uniform([batch, ci, size, size], 1, 1);
  const w = inputs.uniform([co, ci, k, k], 0.1, 2);
  const y = () => conv2d(x, w, undefined, { stride, padding });
  if (pass === "forward") return y;
  const out = outputSize(work);
  const dy = inputs.uniform([batch, co, out, out], 1, 3);
  return () => grad(y, [pass === "dInput" ? x : w], dy);
}

function tconv(inputs: Inputs, { batch, size, ci, co, k, stride, padding, outputPadding }: Of<"tconv">): Call {
  const x = inputs.uniform([batch, ci, size, size], 1, 1);
  const w = inputs.uniform([ci, co, k, k], 0.1, 2);
  return () => convTranspose2d(x, w, undefined, { stride, padding, outputPadding });
}

/** Gradients of all inputs, then the result: both passes run. */
function bothPasses(y: () => Tensor, wrt: Tensor[], dy?: Tensor): Call {
  return () => {
    const { value, grads } = valueAndGrad(y, wrt, dy);
    return [...grads, value];
  };
}

function norm(inputs: Inputs, { batch, channels, size }: Of<"batchNorm">): Call {
  const shape = [batch, channels, size, size];
  const [x, weight, bias, dy] = [inputs.uniform(shape, 1, 1), inputs.full([channels], 1), inputs.full([channels], 0),
    inputs.uniform(shape, 1, 3)];
  return bothPasses(() => batchNorm(x, weight, bias, { training: true }), [x, weight, bias], dy);
}

function entropy(inputs: Inputs, { batch, classes }: Of<"crossEntropy">): Call {
  const [logits, labels] = [inputs.uniform([batch, classes], 1, 1), inputs.labels(batch, classes)];
  return bothPasses(() => crossEntropy(logits, labels), [logits]);
}

function sampling(inputs: Inputs, { batch, latent }: Of<"reparameterize">): Call {
  const [mu, logvar, dy] = [1, 2, 3].map((seed) => inputs.uniform([batch, latent], 1, seed)) as [Tensor, Tensor,
    Tensor];
  return bothPasses(() => reparameterize(mu, logvar), [mu, logvar], dy);
}

/** z takes the place of mu; the logits of Q(y|x) are constants. The loss is the sum over the images. */
function clusters(inputs: Inputs, { batch, latent, clusters }: Of<"clusterLoss">): Call {
  const [z, logvar] = [inputs.uniform([batch, latent], 1, 1), inputs.uniform([batch, latent], 1, 2)];
  const [means, logits] = [inputs.uniform([clusters, latent], 1, 3), inputs.uniform([batch, clusters], 1, 4)];
  return bothPasses(() => clusterLoss(z, logvar, means, logits), [z, logvar, means]);
}

/** The gradient lies where the optimiser reads it, as a backward pass leaves it. */
function adamStep(inputs: Inputs, { n }: Of<"adam">): Call {
  const params = inputs.own(makeParameters(inputs.gpu, { p: { shape: [n], init: rnd(n, 1, 1) } }, 0));
  const optimizer = inputs.own(adam([params], { lr: 1e-3 }));
  const [gradient] = optimizer.gradients as [Tensor];
  inputs.gpu.write(gradient, rnd(n, 1, 2));
  return () => {
    optimizer.step([gradient]);
    return params.get("p");
  };
}

function attackStep(inputs: Inputs, { batch, channels, size }: Of<"attackStep">): Call {
  const shape = [batch, channels, size, size];
  const [x, adv, dx] = [inputs.images(shape, 5), inputs.images(shape, 6), inputs.uniform(shape, 1, 3)];
  const settings = inputs.tensor(Float32Array.of(0.2, 0.05, 0, 0), [4]);
  return () => {
    signStep(x, adv, dx, settings);
    return adv;
  };
}

function tiny(inputs: Inputs, { op, count }: Of<"tiny">): Call {
  const x = inputs.uniform([16, 16], 1, 1);
  return () => {
    let y = x;
    for (let i = 0; i < count; i++) y = op === "add" ? add(y, x) : relu(y);
    return y;
  };
}

function train(inputs: Inputs, { net, batch }: Of<"train">): Call {
  const { params, loss } = training(inputs, net, batch);
  const optimizer = inputs.own(adam(params.map((p) => inputs.own(p)), { lr: 1e-3 }));
  const list = params.flatMap((p) => p.list());
  return () => {
    const { value, grads } = valueAndGrad(loss, list);
    optimizer.step(grads);
    return value;
  };
}

function pgd(inputs: Inputs, { steps, batch }: Of<"pgd">): Call {
  const net = mnistCnn(inputs.gpu);
  inputs.own(net.params);
  const [x, adv, y] = [inputs.images([batch, 1, 28, 28]), inputs.images([batch, 1, 28, 28]), inputs.labels(batch)];
  const settings = inputs.tensor(Float32Array.of(0.2, 0.05, 0, 0), [4]);
  const gradient = lossGradient((v) => net.forward(v));
  return () => {
    inputs.gpu.copy(x, adv);
    for (let i = 0; i < steps; i++) signStep(x, adv, gradient(adv, y), settings);
    return adv;
  };
}

/**
 * In equal pieces where the largest tensor, [batch,64,24,24], is more than one storage buffer of this adapter holds.
 */
function purify(inputs: Inputs, { batch }: Of<"purify">): Call {
  const { gpu } = inputs;
  const [net, vae, x] = [mnistCnn(gpu), convVae(gpu), inputs.images([batch, 1, 28, 28])];
  [net.params, vae.encoder, vae.decoder].forEach((p) => inputs.own(p));
  const classify = (v: Tensor) => net.forward(vae.decode(vae.encode(v).mu));
  const count = 2 **
    Math.max(0, Math.ceil(Math.log2((batch * 64 * 24 * 24 * 4) / gpu.device.limits.maxStorageBufferBindingSize)));
  const [piece, bytes] = [[batch / count, 1, 28, 28], (batch / count) * 784 * 4];
  if (count === 1) return () => classify(x);
  return () => cat(Array.from({ length: count }, (_, i) => classify(x.view(piece, i * bytes))), 0);
}

function matrices(inputs: Inputs, { n }: Of<"matmul">): Call {
  const [a, b] = [inputs.uniform([n, n], 1, 1), inputs.uniform([n, n], 1, 2)];
  return () => matmul(a, b);
}

const MAKE: { [K in Work["kind"]]: (inputs: Inputs, work: Of<K>) => Call; } = {
  matmul: matrices,
  conv,
  tconv,
  batchNorm: norm,
  crossEntropy: entropy,
  reparameterize: sampling,
  clusterLoss: clusters,
  adam: adamStep,
  attackStep,
  tiny,
  train,
  pgd,
  purify,
};

/**
 * Makes the inputs of `work` and returns what one call does, for the caller to capture. `dispose` frees the inputs and
 * the nets; a capture made of the call must be disposed as well.
 */
export function makeWork(gpu: Engine, work: Work): Call & { dispose(): void } {
  const inputs = new Inputs(gpu);
  const call = (MAKE[work.kind] as (inputs: Inputs, work: Work) => Call)(inputs, work);
  return Object.assign(() => call(), { dispose: () => inputs.dispose() });
}
