// The nets that the stored attacks were made on, from their weights: Cnn, BnNet and Vae of the cases' README.

import type { Model } from "../../attacks/index.ts";
import type { SafeTensors } from "../../data/safetensors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, batchNorm, conv2d, flatten, globalAvgPool2d, linear, relu, reparameterize, reshape, sigmoid,
  tanh } from "../../kernels/index.ts";
import { CaseFile, Unsupported, readJson, upload, type ReadCase } from "../case.ts";

export interface Net {
  name: "Cnn" | "BnNet";
  forward: Model;
}

type Weight = (name: string) => Tensor;

/** All weights on the GPU at once: what a captured step uploads would go when the step is disposed. */
function weightsOf(gpu: Engine, stored: SafeTensors): Weight {
  const made = new Map(Object.entries(stored).map(([name, t]) => [name, gpu.keep(upload(gpu, t))]));
  return (name) => {
    const t = made.get(name);
    if (!t) throw new Error(`the weights have no tensor ${name}; they have ${Object.keys(stored).join(", ")}`);
    return t;
  };
}

const dense = (w: Weight, name: string, x: Tensor): Tensor => linear(x, w(`${name}.weight`), w(`${name}.bias`));

/** Stride and padding of the convolutions of a net, by name. */
type Layers = Record<string, { stride: number; padding: number }>;

/** Those of sets whose manifest does not say them. */
const LAYERS: Record<Net["name"], Layers> = {
  Cnn: { conv1: { stride: 3, padding: 0 }, conv2: { stride: 1, padding: 1 } },
  BnNet: { conv1: { stride: 1, padding: 1 }, b_conv1: { stride: 2, padding: 1 }, b_conv2: { stride: 1, padding: 1 },
    b_sc: { stride: 2, padding: 0 } },
};

/** How the manifest's `nets` describe the net of the set `tag`: by the set's name, else by the net's. */
export async function layersOf(read: ReadCase, tag: string): Promise<(name: Net["name"]) => Layers> {
  const nets = ((await readJson(read, "attacks/manifest.json"))?.nets ?? {}) as Record<string, Layers>;
  return (name) => ({ ...LAYERS[name], ...(nets[tag] ?? nets[name]) });
}

/** Two convolutions with ReLU and a linear layer. */
const cnn = (w: Weight, at: Layers): Model => (x) => {
  const a = relu(conv2d(x, w("conv1.weight"), w("conv1.bias"), at.conv1));
  const b = relu(conv2d(a, w("conv2.weight"), w("conv2.bias"), at.conv2));
  return dense(w, "fc", flatten(b));
};

/**
 * A convolution and a residual block of stride 2, all with batch norm in inference mode, then the mean over the image.
 */
const bnNet = (w: Weight, at: Layers): Model => (x) => {
  const norm = (y: Tensor, name: string, withRelu = false) =>
    batchNorm(y, w(`${name}.weight`), w(`${name}.bias`), { runningMean: w(`${name}.running_mean`),
      runningVar: w(`${name}.running_var`), eps: 1e-5, relu: withRelu });
  const a = norm(conv2d(x, w("conv1.weight"), undefined, at.conv1), "bn1", true);
  const b = norm(conv2d(a, w("b_conv1.weight"), undefined, at.b_conv1), "b_bn1", true);
  const main = norm(conv2d(b, w("b_conv2.weight"), undefined, at.b_conv2), "b_bn2");
  const shortcut = norm(conv2d(a, w("b_sc.weight"), undefined, at.b_sc), "b_bnsc");
  return dense(w, "fc", globalAvgPool2d(relu(add(main, shortcut))));
};

/** The net whose weights these are; `layers` tells its strides and paddings. */
export function netOf(gpu: Engine, stored: SafeTensors, layers: (name: Net["name"]) => Layers): Net {
  const w = weightsOf(gpu, stored);
  if ("b_conv1.weight" in stored) return { name: "BnNet", forward: bnNet(w, layers("BnNet")) };
  if ("conv1.weight" in stored && "conv2.weight" in stored && "fc.weight" in stored)
    return { name: "Cnn", forward: cnn(w, layers("Cnn")) };
  throw new Unsupported(`no net is known with the weights ${Object.keys(stored).join(", ")}`);
}

export interface Vae {
  mu(x: Tensor): Tensor;
  logvar(x: Tensor): Tensor;
  /** z [N,d] to images of x's shape. */
  decode(z: Tensor, x: Tensor): Tensor;
  /** Reconstruction from the draw with recorded noise eps, or from the mean without. */
  purify(x: Tensor, eps?: Tensor): Tensor;
}

export function vaeOf(gpu: Engine, stored: SafeTensors): Vae {
  const w = weightsOf(gpu, stored);
  const hidden = (x: Tensor) => tanh(dense(w, "e1", flatten(x)));
  const net: Vae = {
    mu: (x) => dense(w, "mu", hidden(x)),
    logvar: (x) => dense(w, "lv", hidden(x)),
    decode: (z, x) => reshape(sigmoid(dense(w, "d2", tanh(dense(w, "d1", z)))), x.shape),
    purify: (x, eps) => net.decode(eps ? reparameterize(net.mu(x), net.logvar(x), { eps }) : net.mu(x), x),
  };
  return net;
}

/** The weights of a set of images: TAG.weights, or those of the tag's first word (bnnet_3x32x32 has bnnet.weights). */
export function weightsFile(read: ReadCase, tag: string): CaseFile {
  const candidates = [tag, tag.split("_")[0]!].map((name) => `attacks/${name}.weights.safetensors`);
  return new CaseFile(async () => (await read(candidates[0]!)) ?? (await read(candidates[1]!)), candidates[0]!);
}
