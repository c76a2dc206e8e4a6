// The networks that the page brings, opened as `purigrad evaluate` opens them: a file says its settings, a recipe
// builds what they describe. Beside them the purifiers that have nothing to learn.

import { add, noGrad, sub, type Classifier, type Engine,
  type LoadedTensor, type Tensor } from "../src/index.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { defenceOf, RECIPES, titleOf } from "../src/defences/index.ts";
import type { Purifier } from "../src/defences/purifier.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { loadParts, type Network } from "../src/train/recipe.ts";
import type { TrainSettings } from "../src/train/settings.ts";
import { fromEightBits } from "./eight-bits.ts";
import { jsonOf, unzipped } from "./fetch.ts";
import { once, type Images } from "./lab.ts";

export type Model = (x: Tensor) => Tensor;

/** Nothing to train, nothing to load. */
const FILTERS = ["jpeg-75", "jpeg-50", "bits-3", "median", "tv"];
/** Their own gradient is zero nearly everywhere: on the way back they count as the identity (BPDA). */
const FLAT = ["bits-3"];

/** A purifier and, where it is a network, the network. */
export interface Opened extends Omit<Purifier, "name" | "title"> {
  net?: Autoencoder;
  /** [K,d], of a C-VAE. */
  means?: Tensor;
}

let listed: Promise<Record<string, string[]>> | null = null;
const list = () => (listed ??= jsonOf<Record<string, string[]>>("weights/list.json"));

/** All names at once: one purifier a file that is listed, the filters after them. */
export async function purifiersOf(set: string): Promise<[name: string, title: string][]> {
  const isPurifier = (name: string) => RECIPES[name]?.keeps.includes("encoder.");
  const names = ((await list())[set] ?? []).filter(isPurifier);
  const order = Object.keys(RECIPES);
  names.sort((a, b) => order.indexOf(b) - order.indexOf(a));
  return [...names, ...FILTERS].map((name) => [name, titleOf(name)]);
}

export interface Networks {
  classifier(set: string): Promise<Classifier>;
  purifier(set: string, name: string): Promise<Opened>;
}

/** A network that goes with the page. */
export interface Shipped {
  state: Record<string, LoadedTensor>;
  settings: TrainSettings;
}

export async function read(set: string, name: string): Promise<Shipped> {
  const path = `weights/${set}/${name}.safetensors.gz`;
  const { state, origin } = fromEightBits(await unzipped(path), path);
  return { state, settings: (JSON.parse(origin) as { settings: TrainSettings }).settings };
}

/** What a network needs to know of its data set; the images are elsewhere. */
const datasetOf = (images: Images): Dataset => ({ ...images, augment: {}, sizes: { train: 0, test: images.n },
  read: () => { throw new Error(`${images.title}: the page has no files of it`); } });

/** The classifier of a file that has been read. */
export function classifierOf(gpu: Engine, images: Images, { state, settings }: Shipped): Classifier {
  const network = RECIPES.cnn!.build({ gpu, settings, dataset: datasetOf(images), seed: 0 });
  loadParts(network, state);
  return network.classifier!;
}

async function networkOf(gpu: Engine, images: Images, name: string): Promise<{ network: Network; settings:
  TrainSettings }> {
  const recipe = RECIPES[name];
  if (!recipe) throw new Error(`there is no network "${name}"`);
  const { state, settings } = await read(images.name, name);
  const network = recipe.build({ gpu, settings, dataset: datasetOf(images), seed: 0 });
  const begun = await Promise.all((recipe.begins ?? []).filter((begins) => !RECIPES[begins]!.passing)
    .map(async (begins) => (await read(images.name, begins)).state));
  for (const part of [...begun, state]) loadParts(network, part);
  const hasMeans = [...begun, state].some((part) => part.means);
  return { network: hasMeans ? network : { ...network, means: undefined }, settings };
}

export function openNetworks(gpu: Engine, images: (set: string) => Promise<Images>): Networks {
  const open = once(async (key) => {
    const [set, name] = key.split("/") as [string, string];
    const dataset = await images(set);
    const found = RECIPES[name] ? await networkOf(gpu, dataset, name) : null;
    const purifier = name === "cnn" ? null : await defenceOf(name).open({ gpu, dataset: datasetOf(dataset), seed: 0,
      settings: found?.settings ?? ({} as TrainSettings), ...(found && { network: found.network }),
      trainingImages: () => { throw new Error(`${name} asks for training images, which the page has not`); } });
    return { network: found?.network, purifier };
  });
  return {
    classifier: async (set) => (await open(`${set}/cnn`)).network!.classifier!,
    async purifier(set, name) {
      const { network, purifier } = await open(`${set}/${name}`);
      return { ...purifier!, net: network?.net, means: network?.means?.get("means"),
        substitute: FLAT.includes(name) ? (x) => x : purifier!.substitute };
    },
  };
}

/**
 * Images to what the classifier sees, with a gradient that an attack can follow: a purifier with a substitute goes
 * forward by itself and back by the substitute, as BPDA does (Athalye, Carlini and Wagner 2018), for any attack.
 */
export const followed = ({ purify, substitute }: Opened): Model => !substitute ? purify : (x) => {
  const way = substitute(x);
  return add(way, noGrad(x.gpu, () => sub(purify(x), way)));
};
