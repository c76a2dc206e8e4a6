// The networks of the page "Train": how each is built and what it loses, and how it is looked at in between.

import { accuracy, add, cnn, convAutoencoder, crossEntropy, cvaeLoss, makeParameters, pgd, purify as purifyBy, randn,
  vaeLoss, type Classifier, type Engine, type Parameters, type Tensor } from "../src/index.ts";
import { Generator } from "../src/engine/random.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { nameClusters, nearestMeans } from "./clusters.ts";
import { SIZES, type Settings } from "./train-settings.ts";

const ATTACK = { eps: 0.2, alpha: 0.05, steps: 10 };
const UNDER = `under PGD with eps ${ATTACK.eps}`;
/** What the columns of the looks are. */
export const columnsOf = (tested: number): string => `Read right of ${tested} test images; PGD with eps ` +
  `${ATTACK.eps} and ${ATTACK.steps} steps attacks the classifier alone`;

/** A look: what it says, test images that are read right by column, pictures. */
export interface Look {
  words: string;
  right: Record<string, number>;
  /** [1,side,side] each, and what they are. */
  pictures: [title: string, side: number, pixels: Float32Array][];
  about: string;
}

/** What is trained, and how its loss is made. */
export interface Task {
  /** By the prefix of their tensors in a file. */
  parts: Record<string, Parameters>;
  loss: (x: Tensor, y: Tensor) => Tensor;
  look: (test: Test) => Promise<Look>;
}

/** Test images and labels on the GPU. */
export interface Test {
  x: Tensor;
  y: Tensor;
  /** Those of y, on the host. */
  labels: Int32Array;
}

/** How many images are read right. */
async function rightOf(logits: () => Tensor, y: Tensor): Promise<number> {
  const share = y.gpu.scope(() => accuracy(logits(), y));
  const right = Math.round(y.size * await share.item());
  share.dispose();
  return right;
}

/** PGD with random numbers of its own: looks leave those of the training alone. */
const attackOn = (gpu: Engine, victim: Classifier) =>
  pgd((x) => victim.forward(x), { ...ATTACK, generator: new Generator(gpu, 1) });

function classifierTask(gpu: Engine, s: Settings): Task {
  const net = cnn(gpu, s.seed, SIZES[s.size]);
  const attack = attackOn(gpu, net);
  return { parts: { "": net.params }, loss: (images, labels) => crossEntropy(net.forward(images, true), labels),
    async look({ x, y }) {
      const adv = attack(x, y);
      const [clean, attacked] = [await rightOf(() => net.forward(x), y), await rightOf(() => net.forward(adv), y)];
      adv.dispose();
      return { words: `${clean} of ${y.size} test images are read right, ${attacked} ${UNDER}`,
        right: { "as they are": clean, "under PGD": attacked }, pictures: [], about: "" };
    } };
}

function autoencoderTask(gpu: Engine, s: Settings, victim: () => Classifier): Task {
  const net = convAutoencoder(gpu, s.seed, { ...SIZES[s.size], latent: s.latent });
  const means = s.kind === "cvae"
    ? makeParameters(gpu, { means: { shape: [s.clusters, s.latent], init: "kaiming-uniform" } }, s.seed + 2) : null;
  const random = new Generator(gpu, 2);
  let attacked: Promise<Attacked> | null = null;
  return { parts: { "encoder.": net.encoder, "decoder.": net.decoder, ...(means && { "": means }) },
    loss: (images) => means ? cvaeLoss(net, means.get("means"), images, images, s.lam)
      : vaeLoss(net, images, images, s.lam),
    async look({ x, y, labels }) {
      const { by, adv, bare } = await (attacked ??= attackedBy(victim(), x, y));
      const purified = (images: Tensor) => rightOf(() => by.forward(purifyBy(net, images)), y);
      const [clean, after] = [await purified(x), await purified(adv)];
      const clusters = means
        ? await samples(net, means, random, await namesOf(net, means, x, labels)) : [];
      const pictures = [...await reconstructions(net, x), ...clusters];
      return { pictures, about: means ? `${RECONSTRUCTIONS}; ${SAMPLES}.` : `${RECONSTRUCTIONS}.`,
        right: { purified: clean, "under PGD": bare, "under PGD, purified": after },
        words: `${UNDER} the shipped classifier reads ${bare} of ${y.size} test images right, ${after} once purified` };
    } };
}

/** The attack on the classifier alone, which is the same at every look. */
interface Attacked {
  by: Classifier;
  adv: Tensor;
  bare: number;
}

async function attackedBy(by: Classifier, x: Tensor, y: Tensor): Promise<Attacked> {
  const gpu = x.gpu as Engine;
  const attack = attackOn(gpu, by);
  const adv = gpu.keep(attack(x, y));
  attack.dispose();
  return { by, adv, bare: await rightOf(() => by.forward(adv), y) };
}

const SHOWN = 5;
const RECONSTRUCTIONS = "What the network makes of test images";
const SAMPLES = "of each cluster what its mean decodes to, top left, and three codes drawn about it";

/** The images [n,1,H,W] that fn makes, one by one. */
async function imagesOf(gpu: Engine, made: () => Tensor): Promise<{ side: number; images: Float32Array[] }> {
  const all = gpu.scope(made);
  const [pixels, size] = [await all.data(), all.size / all.shape[0]!];
  all.dispose();
  return { side: all.shape[3]!, images: Array.from({ length: all.shape[0]! }, (_, i) =>
    pixels.slice(i * size, (i + 1) * size)) };
}

async function reconstructions(net: Autoencoder, x: Tensor): Promise<Look["pictures"]> {
  const { side, images } = await imagesOf(x.gpu as Engine, () => purifyBy(net, x));
  return images.slice(0, SHOWN).map((pixels, i) => [`test image ${i}`, side, pixels]);
}

/** What each cluster is called, by what most of the images x are that are nearest to its mean. */
async function namesOf(net: Autoencoder, means: Parameters, x: Tensor, labels: Int32Array): Promise<string[]> {
  const mu = x.gpu.scope(() => net.encode(x).mu);
  const [codes, centres] = [await mu.data(), await means.get("means").data()];
  mu.dispose();
  const clusters = centres.length / net.latent;
  return nameClusters(nearestMeans(codes, centres, net.latent), labels, clusters).map(({ commonest }, k) =>
    `cluster ${k}${commonest < 0 ? "" : `, mostly ${commonest}`}`);
}

/** Of each cluster what its mean decodes to and three codes drawn about it, z ~ N(mu_y, I), in two rows of two. */
async function samples(net: Autoencoder, means: Parameters, random: Generator,
  names: readonly string[]): Promise<Look["pictures"]> {
  const mu = means.get("means");
  const gpu = mu.gpu as Engine;
  const drawn = () => net.decode(add(mu, randn(gpu, mu.shape, random)));
  const [middle, ...others] = [await imagesOf(gpu, () => net.decode(mu)), await imagesOf(gpu, drawn),
    await imagesOf(gpu, drawn), await imagesOf(gpu, drawn)] as const;
  return middle.images.map((mean, k) =>
    [names[k]!, 2 * middle.side, tiled([mean, ...others.map(({ images }) => images[k]!)], middle.side)]);
}

/** Four square images as one, two a row. */
function tiled(images: readonly Float32Array[], side: number): Float32Array {
  const whole = new Float32Array(4 * side * side);
  images.forEach((pixels, i) => {
    for (let row = 0; row < side; row++) whole.set(pixels.subarray(row * side, (row + 1) * side),
      2 * side * (row + (i >> 1) * side) + (i % 2) * side);
  });
  return whole;
}

/** `victim` gives the classifier that attacks go through where it is not the network itself. */
export const taskOf = (gpu: Engine, s: Settings, victim: () => Classifier): Task =>
  s.kind === "classifier" ? classifierTask(gpu, s) : autoencoderTask(gpu, s, victim);
