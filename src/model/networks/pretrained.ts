// The networks that ship with purigrad, trained on all of MNIST: see results/mnist.

import { readShipped } from "#adapter";
import { safetensorsMetadata } from "../../data/safetensors.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkChoice } from "../../kernels/check.ts";
import { convMlpAutoencoder, purify, type Autoencoder } from "./autoencoder.ts";
import { cnn, type Classifier } from "./cnn.ts";
import { loadSafetensors, type LoadedTensor } from "../weights.ts";
import type { Engine } from "../../engine/engine.ts";

const DEFENCES = ["dae", "vae", "vae+g", "vae+g-signed", "cvae", "cvae+g", "cvae+g-signed"] as const;
/** The shipped purifiers: of the paper's DAE, VAE and C-VAE, and of both "+G" with Gaussian or signed noise. */
export type DefenceName = (typeof DEFENCES)[number];
/** The shipped networks: the purifiers and the classifier. */
export type PretrainedName = DefenceName | "cnn";

/** A "+G" network holds only its encoder; the rest is in the one it began from. */
const base = (name: DefenceName): DefenceName => name.split("+")[0] as DefenceName;

/** Bytes of a file of results/mnist/weights. */
export type ReadWeights = (file: string) => Promise<Uint8Array>;

/** A purifier: what it makes of images [N,1,28,28] in [0,1] before a classifier sees them. */
export interface Purifier {
  net: Autoencoder;
  purify(x: Tensor): Tensor;
}

/** What is trained, as the file itself says. */
interface Settings {
  classifier?: { channels: number[]; hidden: number };
  autoencoder?: { channels: number[]; hidden: number; widths: number[]; latent: number };
}

interface File {
  state: Record<string, LoadedTensor>;
  settings: Settings;
}

async function open(read: ReadWeights, name: string): Promise<File> {
  const file = `${name}.safetensors`;
  const bytes = await read(file);
  const origin = safetensorsMetadata(bytes, file).purigrad;
  if (!origin) throw new Error(`${file}: it does not say how it was made; use a file that purigrad wrote`);
  return { state: loadSafetensors(bytes, file), settings: (JSON.parse(origin) as { settings: Settings }).settings };
}

/** The tensors whose names begin with `prefix`, without it. */
const part = (state: Record<string, LoadedTensor>, prefix: string): Record<string, LoadedTensor> =>
  Object.fromEntries(Object.entries(state).filter(([k]) => k.startsWith(prefix)).map(([k, t]) =>
    [k.slice(prefix.length), t]
  ));

/**
 * A shipped network: "cnn", the MNIST classifier, or a defence such as "cvae+g-signed". Its files come with the npm
 * package purigrad-assets; `read` fetches them from elsewhere.
 */
export async function loadPretrained(gpu: Engine, name: "cnn", read?: ReadWeights): Promise<Classifier>;
export async function loadPretrained(gpu: Engine, name: DefenceName, read?: ReadWeights): Promise<Purifier>;
export async function loadPretrained(gpu: Engine, name: PretrainedName,
  read: ReadWeights = readShipped): Promise<Classifier | Purifier> {
  checkChoice<PretrainedName>("loadPretrained", "name", name, ["cnn", ...DEFENCES]);
  const { state, settings } = await open(read, name);
  if (name === "cnn") {
    const { channels, hidden } = settings.classifier!;
    const net = cnn(gpu, 0, { channels, hidden });
    net.params.load(state);
    return net;
  }
  const whole = base(name) === name ? state : { ...(await open(read, base(name))).state, ...state };
  const { channels, hidden, widths, latent } = settings.autoencoder!;
  const net = convMlpAutoencoder(gpu, 0, { channels, hidden, widths, latent });
  net.encoder.load(part(whole, "encoder."));
  net.decoder.load(part(whole, "decoder."));
  return { net, purify: (x) => purify(net, x) };
}
