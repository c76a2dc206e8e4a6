// The networks of the MNIST results by name, and the files that hold them: safetensors with the names and layouts of a
// PyTorch state dict, half precision. "+G" shares the decoder and the means of the network it began from, so its file
// holds only the encoder.

import { join } from "node:path";
import { existsSync } from "node:fs";
import type { Model } from "../attacks/index.ts";
import { readFileOr, writeFileAtomic } from "../data/files.ts";
import { toHalf } from "../data/half.ts";
import { encodeSafetensors, safetensorsMetadata, type SafeTensors } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { convMlpAutoencoder, purify, type Autoencoder } from "../model/autoencoder.ts";
import { cnn, type Classifier } from "../model/cnn.ts";
import { makeParameters, type Parameters, type StateDict } from "../model/params.ts";
import { loadSafetensors, type LoadedTensor } from "../model/weights.ts";
import type { NetName, RowName } from "./names.ts";
import type { MnistSettings } from "./settings.ts";

/** Which network each begins from. */
export const BEGINS: Partial<Record<NetName, NetName>> = {
  vae: "warm-up", cvae: "warm-up", "vae+g": "vae", "vae+g-signed": "vae", "cvae+g": "cvae", "cvae+g-signed": "cvae",
};
export const isG = (name: NetName): boolean => name.includes("+g");

export interface Defence {
  name: RowName;
  /** null for no defence. */
  net: Autoencoder | null;
  /** The cluster means mu_y [K,d] of a C-VAE. */
  means: Tensor | null;
}

/** The purifier as deployed: x to decode(mu(x)); images as they are for no defence. */
export const purifier = ({ net }: Defence): Model => (net ? (x) => purify(net, x) : (x) => x);

/** A purifier's parts under the names they have in its file. */
export interface Network {
  net: Autoencoder;
  means: Parameters;
}

const sizes = ({ channels, hidden, widths, latent }: MnistSettings["autoencoder"]) => ({ channels: [...channels],
  hidden, widths: [...widths], latent });

export function makeNetwork(gpu: Engine, s: MnistSettings, seed: number): Network {
  const { clusters, latent } = s.autoencoder;
  return { net: convMlpAutoencoder(gpu, seed, sizes(s.autoencoder)),
    means: makeParameters(gpu, { means: { shape: [clusters, latent], init: "zeros" } }, seed) };
}

export const makeClassifier = (gpu: Engine, { classifier: { channels, hidden } }: MnistSettings,
  seed: number): Classifier => cnn(gpu, seed, { channels: [...channels], hidden });

export const weightsFile = (dir: string, name: NetName, seed: number): string =>
  join(dir, seed === 0 ? `${name}.safetensors` : `${name}.seed${seed}.safetensors`);

/** What a weights file says of itself. */
export interface Origin {
  network: NetName;
  seed: number;
  /** Settings that the weights depend on. */
  settings: unknown;
  adapter: string;
  commit: string;
  /** Duration of the training. */
  seconds: number;
}

const prefixed = (prefix: string, state: StateDict): StateDict =>
  Object.fromEntries(Object.entries(state).map(([k, v]) => [prefix + k, v]));
const stripped = <T>(prefix: string, state: Record<string, T>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(state).filter(([k]) => k.startsWith(prefix)).map(([k, v]) => [k.slice(prefix.length), v]),
  );

export async function saveWeights(file: string, origin: Origin,
  parts: { encoder?: Parameters; decoder?: Parameters; means?: Parameters; classifier?: Parameters; }): Promise<void> {
  const { encoder, decoder, means, classifier } = parts;
  const state: StateDict = {
    ...(classifier && (await classifier.state())),
    ...(means && (await means.state())),
    ...(encoder && prefixed("encoder.", await encoder.state())),
    ...(decoder && prefixed("decoder.", await decoder.state())),
  };
  const halves = Object.fromEntries(
    Object.entries(state).map(([k, { shape, data }]) => [k, { dtype: "F16", shape, data: toHalf(data) }]),
  ) as SafeTensors;
  writeFileAtomic(file, encodeSafetensors(halves, { purigrad: JSON.stringify(origin) }));
}

function readWeights(file: string): { state: Record<string, LoadedTensor>; origin: Origin } {
  const state = loadSafetensors(readFileOr(file, "the weights"), file);
  const [whole] = Object.entries(state).find(([, t]) => t.dtype !== "F32") ?? [];
  if (whole)
    throw new Error(`${file}: ${whole} holds whole numbers, F16 or F32 is due; use a file that purigrad wrote`);
  return { state, origin: readOrigin(file)! };
}

/** What the file says of its training; null where there is no file. */
export function readOrigin(file: string): Origin | null {
  if (!existsSync(file)) return null;
  const text = safetensorsMetadata(readFileOr(file, "the weights"), file).purigrad;
  if (!text) throw new Error(`${file}: it does not say how it was made; use a file that purigrad wrote`);
  return JSON.parse(text) as Origin;
}

/** The settings with the sizes that a weights file says its network has, whatever preset it was trained with. */
export function settingsOfWeights(s: MnistSettings, file: string): MnistSettings {
  const { classifier, autoencoder } = (readOrigin(file)?.settings ?? {}) as Partial<MnistSettings>;
  if (!classifier && !autoencoder) throw new Error(`${file}: it does not say what sizes its network has; use a file ` +
    `that purigrad wrote`);
  return { ...s, ...(classifier && { classifier }), ...(autoencoder && { autoencoder }) };
}

export function loadClassifier(gpu: Engine, s: MnistSettings, dir: string): Classifier {
  const classifier = makeClassifier(gpu, s, 0);
  classifier.params.load(readWeights(weightsFile(dir, "cnn", 0)).state);
  return classifier;
}

/** Reads a purifier; where its file holds only an encoder, the rest comes from the network it began from. */
export function loadNetwork(gpu: Engine, s: MnistSettings, dir: string, name: NetName, seed: number): Network {
  const network = makeNetwork(gpu, s, seed);
  const own = readWeights(weightsFile(dir, name, seed)).state;
  const state = isG(name) ? { ...readWeights(weightsFile(dir, BEGINS[name]!, seed)).state, ...own } : own;
  network.net.encoder.load(stripped("encoder.", state));
  network.net.decoder.load(stripped("decoder.", state));
  if (state.means) network.means.load({ means: state.means });
  return network;
}

export function loadDefence(gpu: Engine, s: MnistSettings, dir: string, name: RowName, seed = 0): Defence {
  if (name === "none") return { name, net: null, means: null };
  const { net, means } = loadNetwork(gpu, s, dir, name, seed);
  return { name, net, means: name.startsWith("cvae") ? means.get("means") : null };
}
