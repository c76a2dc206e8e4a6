// Whole steps at batch 128: what a user waits for.

import { lossGradient } from "../src/attacks/index.ts";
import { signStep } from "../src/attacks/kernels.ts";
import { crossEntropy, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { convAutoencoder, mlpAutoencoder, purify, type Autoencoder } from "../src/model/autoencoder.ts";
import { cnn } from "../src/model/cnn.ts";
import { cvaeLoss } from "../src/model/losses.ts";
import { adam } from "../src/model/optim.ts";
import { makeParameters } from "../src/model/params.ts";
import { floats } from "./rows.ts";
import type { BenchRow } from "./row.ts";

const N = 128;
// Multiply-adds of one image, forward (RECIPE section 2).
const CNN = 1.22e6;
const CONV_VAE = 3.38e6;
const MLP_VAE = 0.42e6;

const images = (gpu: Engine): Tensor => floats(gpu, [N, 1, 28, 28], 0, 1);
const labels = (gpu: Engine): Tensor => gpu.tensor(Int32Array.from({ length: N }, (_, i) => i % 10), [N], "i32");

function trainCnn(gpu: Engine): () => Tensor {
  const net = cnn(gpu, 0);
  const [x, y, optimizer] = [images(gpu), labels(gpu), adam([net.params], { lr: 1e-3 })];
  return () => {
    const { value, grads } = valueAndGrad(() => crossEntropy(net.forward(x, true), y), net.params.list());
    optimizer.step(grads);
    return value;
  };
}

const trainCvae = (make: (gpu: Engine, seed: number) => Autoencoder) => (gpu: Engine): (() => Tensor) => {
  const net = make(gpu, 0);
  const means = makeParameters(gpu, { means: { shape: [10, net.latent], init: new Float32Array(10 * net.latent).map((_, i) => Math.sin(i)) } }, 0);
  const params = [net.encoder, net.decoder, means];
  const [x, optimizer] = [images(gpu), adam(params, { lr: 1e-3 })];
  return () => {
    const { value, grads } = valueAndGrad(() => cvaeLoss(net, means.get("means"), x, x, 20), params.flatMap((p) => p.list()));
    optimizer.step(grads);
    return value;
  };
};

function pgdStep(gpu: Engine): () => Tensor {
  const net = cnn(gpu, 0);
  const [x, adv, y] = [images(gpu), images(gpu), labels(gpu)];
  const settings = gpu.tensor([0.2, 0.05, 0, 0]);
  const gradient = lossGradient((v) => net.forward(v));
  return () => {
    signStep(x, adv, gradient(adv, y), settings);
    return adv;
  };
}

function purifyAndClassify(gpu: Engine): () => Tensor {
  const [net, vae, x] = [cnn(gpu, 0), mlpAutoencoder(gpu, 0), images(gpu)];
  return () => net.forward(purify(vae, x));
}

const step = (name: string, macs: number, passes: number, make: BenchRow["make"]): BenchRow =>
  ({ op: "step", name: `${name}, batch ${N}`, flops: 2 * macs * N * passes, bytes: 0, make });

export const steps: BenchRow[] = [
  step("train CNN", CNN, 3, trainCnn),
  step("train C-VAE (conv)", CONV_VAE, 3, trainCvae(convAutoencoder)),
  step("train C-VAE (MLP 256)", MLP_VAE, 3, trainCvae(mlpAutoencoder)),
  step("PGD on CNN", CNN, 2, pgdStep),
  step("purify and classify", CNN + MLP_VAE, 1, purifyAndClassify),
];
