// The networks of the bench as the peers build them: PyTorch's MNIST example, a small convolutional VAE, the same with
// the cluster loss, and ResNet-34. Parameter i of a net (from 1, biases counted) is rnd(sqrt(3 / fan in), i); biases
// are 0, weights of batch norms 1.

import {
  add,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  cvaeLoss,
  flatten,
  gaussianKl,
  makeParameters,
  maxPool2d,
  mul,
  relu,
  reparameterize,
  resnet34,
  reshape,
  sigmoid,
  sum,
  type Autoencoder,
  type Classifier,
  type Engine,
  type Parameters,
  type Shape,
  type Tensor,
} from "../src/index.ts";
import { applyConv, applyConvTranspose, applyLinear, convSpec, convTransposeSpec,
  linearSpec } from "../src/model/layers.ts";
import type { Net } from "./cases.ts";
import { rnd, type Inputs } from "./inputs.ts";

const LATENT = 20;
/** Weight of the reconstruction in conv-cvae, 1 / sigma_x^2. */
const RECONSTRUCTION = 20;

function initial(name: string, shape: Shape, seed: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith(".bias") || shape.length === 1) return new Float32Array(size).fill(name.endsWith(".bias") ? 0 : 1);
  const outputs = name.startsWith("up") ? shape[1]! : shape[0]!; // a transposed convolution's weight is [in, out, k, k]
  return rnd(size, Math.sqrt((3 * outputs) / size), seed);
}

/** Overwrites the parameters; the first gets seed `first`. */
function seeded(params: Parameters, first = 1): Parameters {
  params.load(
    Object.fromEntries(
      Object.entries(params.tensors).map(([name, { shape }],
        i) => [name, { shape, data: initial(name, shape, first + i) }]
      ),
    ),
  );
  return params;
}

/** Conv 32 and 64 (3x3, no padding), max pool, 9216-128-10. Images [N,1,28,28]. */
export function mnistCnn(gpu: Engine): Classifier {
  const params = seeded(
    makeParameters(gpu, { ...convSpec("conv1", 1, 32, 3), ...convSpec("conv2", 32, 64, 3),
      ...linearSpec("fc1", 9216, 128), ...linearSpec("fc2", 128, 10) }, 0),
  );
  const conv = (name: string, x: Tensor) => applyConv(params, name, x, { relu: true });
  return { params,
    forward: (x) =>
      applyLinear(params, "fc2",
        relu(applyLinear(params, "fc1", flatten(maxPool2d(conv("conv2", conv("conv1", x)), 2))))) };
}

/** decode before its sigmoid. */
type BenchVae = Autoencoder & { logits(z: Tensor): Tensor };

/** Two 3x3 convolutions of stride 2 down to 64 x 7 x 7, 20 latent dimensions, three transposed convolutions up. */
export function convVae(gpu: Engine): BenchVae {
  const encoder = makeParameters(gpu, { ...convSpec("conv1", 1, 32, 3), ...convSpec("conv2", 32, 64, 3),
    ...linearSpec("mu", 3136, LATENT), ...linearSpec("logvar", 3136, LATENT) }, 0);
  const decoder = makeParameters(gpu, { ...linearSpec("fc", LATENT, 3136), ...convTransposeSpec("up1", 64, 64, 3),
    ...convTransposeSpec("up2", 64, 32, 3), ...convTransposeSpec("up3", 32, 1, 3) }, 0);
  seeded(encoder);
  seeded(decoder, 1 + encoder.list().length);
  const halving = { stride: 2, padding: 1, relu: true };
  const doubling = { ...halving, outputPadding: 1 };
  const logits = (z: Tensor) => {
    const h = reshape(relu(applyLinear(decoder, "fc", z)), [z.shape[0]!, 64, 7, 7]);
    const up = applyConvTranspose(decoder, "up2", applyConvTranspose(decoder, "up1", h, doubling), doubling);
    return applyConvTranspose(decoder, "up3", up, { padding: 1 });
  };
  return {
    latent: LATENT,
    latentShape: [LATENT],
    encoder,
    decoder,
    encode(x) {
      const h = flatten(applyConv(encoder, "conv2", applyConv(encoder, "conv1", x, halving), halving));
      return { mu: applyLinear(encoder, "mu", h), logvar: applyLinear(encoder, "logvar", h) };
    },
    logits,
    decode: (z) => sigmoid(logits(z)),
  };
}

/** Binary cross-entropy and KL, summed over pixels and latent dimensions, mean over the batch. */
function bernoulliLoss(net: BenchVae, x: Tensor): Tensor {
  const { mu, logvar } = net.encode(x);
  const logits = net.logits(reparameterize(mu, logvar));
  return mul(add(binaryCrossEntropyWithLogits(logits, x, { reduction: "sum" }), sum(gaussianKl(mu, logvar))),
    1 / x.shape[0]!);
}

function classification(inputs: Inputs, net: Classifier, batch: number, shape: Shape) {
  const [x, y] = [inputs.images([batch, ...shape]), inputs.labels(batch)];
  return { params: [net.params], loss: () => crossEntropy(net.forward(x, true), y) };
}

/** What a training step of the net needs: its parameters and its loss of a fixed batch. */
export function training(inputs: Inputs, net: Net, batch: number): { params: Parameters[]; loss: () => Tensor } {
  const gpu = inputs.gpu;
  if (net === "mnist-cnn") return classification(inputs, mnistCnn(gpu), batch, [1, 28, 28]);
  if (net === "resnet34") {
    const resnet = resnet34(gpu, 0);
    seeded(resnet.params);
    inputs.own(resnet.statistics);
    return classification(inputs, resnet, batch, [3, 32, 32]);
  }
  const [vae, x] = [convVae(gpu), inputs.images([batch, 1, 28, 28])];
  const params = [vae.encoder, vae.decoder];
  if (net === "conv-vae") return { params, loss: () => bernoulliLoss(vae, x) };
  const means = makeParameters(gpu, { means: { shape: [10, LATENT], init: rnd(10 * LATENT, 1, 17) } }, 0);
  return { params: [...params, means], loss: () => cvaeLoss(vae, means.get("means"), x, x, RECONSTRUCTION) };
}
