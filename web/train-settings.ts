// What can be set of a training run, and the files of weights, which say what they are weights of.

import { loadSafetensors, saveSafetensors, type LoadedTensor, type StateDict } from "../src/index.ts";
import { safetensorsMetadata } from "../src/data/safetensors.ts";

export const KINDS = { classifier: "classifier (CNN)", vae: "VAE", cvae: "C-VAE" };
export type Kind = keyof typeof KINDS;

/** Channels of the two convolutions, units of the hidden layer. */
export const SIZES = {
  small: { channels: [8, 16], hidden: 64 },
  medium: { channels: [16, 32], hidden: 128 },
  large: { channels: [32, 64], hidden: 256 },
};
export type Size = keyof typeof SIZES;

export const LATENT = { least: 2, most: 32 };
export const CLUSTERS = { least: 2, most: 20 };
/** Steps between two looks at what has been learned. */
export const EVERY = [20, 50, 100, 200, 500];
/** Test images at a look, the first so many. */
export const TESTED = [50, 100, 250, 500, 1000];

export interface Settings {
  kind: Kind;
  size: Size;
  /** Numbers in the code of an image; not of a classifier. */
  latent: number;
  /** Of the C-VAE. */
  clusters: number;
  epochs: number;
  lr: number;
  lam: number;
  seed: number;
  every: number;
  tested: number;
}

export const FIRST: Settings = { kind: "cvae", size: "medium", latent: 16, clusters: 10, epochs: 5, lr: 0.005, lam: 30,
  seed: 0, every: 100, tested: 250 };

/** Which settings a network has, beside those that all have. */
export const has = (kind: Kind, name: keyof Settings): boolean =>
  name === "clusters" ? kind === "cvae" : name === "latent" || name === "lam" ? kind !== "classifier" : true;

/** In the head of a file of weights: which network of the page it is, and its sizes. */
const HEAD = "purigrad lab";

const headOf = ({ kind, size, latent, clusters }: Settings): string => JSON.stringify({ kind, ...SIZES[size],
  ...(has(kind, "latent") && { latent }), ...(has(kind, "clusters") && { clusters }) });

export const fileOf = (settings: Settings, state: StateDict): Uint8Array<ArrayBuffer> =>
  saveSafetensors(state, { metadata: { [HEAD]: headOf(settings) } }) as Uint8Array<ArrayBuffer>;

const within = ({ least, most }: typeof LATENT, value: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** The settings that a head stands for; null where this page has not written it. */
function settingsOf(head: string | undefined, others: Settings): Settings | null {
  try {
    const { kind, hidden, latent = others.latent, clusters = others.clusters } = JSON.parse(head!);
    const size = (Object.keys(SIZES) as Size[]).find((name) => SIZES[name].hidden === hidden)!;
    const found = { ...others, kind, size, latent, clusters };
    const known = Object.hasOwn(KINDS, kind) && within(LATENT, latent) && within(CLUSTERS, clusters);
    return known && headOf(found) === head ? found : null;
  } catch {
    return null;
  }
}

/** A file of weights that was saved here: what it begins from, and the settings that build its network. */
export function readFile(bytes: Uint8Array, name: string, others: Settings): { settings: Settings;
  weights: Record<string, LoadedTensor> } {
  const settings = settingsOf(safetensorsMetadata(bytes, name)[HEAD], others);
  if (!settings) throw new Error(`${name}: it does not say which network of this page it holds; choose a file that ` +
    "was saved here");
  return { settings, weights: loadSafetensors(bytes, name) };
}
