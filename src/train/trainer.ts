// Trains networks, each from the one it begins from, and keeps them. What is there already is not trained again; what
// was stopped goes on from its checkpoint.

import { sliceBytes, wordsOf, type ByteSet, type Dataset } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { Data } from "../model/train.ts";
import type { Begin } from "../report/progress.ts";
import type { Run } from "./phases.ts";
import { disposeNetwork, identityOf, loadParts, stateOf, type Network, type Recipe, type Site } from "./recipe.ts";
import type { TrainSettings } from "./settings.ts";
import type { Origin, Store } from "./store.ts";

export interface TrainerOptions {
  gpu: Engine;
  settings: TrainSettings;
  dataset: Dataset;
  /** Recipes by name. */
  recipes: Readonly<Record<string, Recipe>>;
  store: Store;
  /** Folder with the dataset's files; see its reader for the default. */
  data?: string;
  /** Go on from a checkpoint if there is one; without it a phase begins anew. */
  resume?: boolean;
  /** Seconds between two checkpoints; 60 by default. */
  every?: number;
  /** Of the running code, for the networks' files; "unknown" by default. */
  commit?: string;
  /** Shows how far each phase is; silent by default. */
  progress?: Begin;
  signal?: AbortSignal;
}

/** Images on the GPU as bytes, until they are disposed; in as many tensors as the largest buffer asks for. */
export function uploadBytes(gpu: Engine, set: ByteSet, most = gpu.device.limits.maxStorageBufferBindingSize): Data {
  const { bytes, labels, n, shape } = set;
  const rows = Math.max(1, Math.min(n, Math.floor(most / (bytes.length / n))));
  const images = Array.from({ length: Math.ceil(n / rows) }, (_, i) => {
    const part = sliceBytes(set, i * rows, Math.min(n, (i + 1) * rows));
    const tensor = gpu.keep(gpu.empty([part.n, bytes.length / n / 4], "u32"));
    gpu.write(tensor, wordsOf(part));
    return tensor;
  });
  return { images, labels: gpu.keep(gpu.tensor(labels, [n], "i32")), shape };
}

export class Trainer {
  private data?: Data;
  constructor(private readonly o: TrainerOptions) {}

  private recipe(name: string): Recipe {
    const recipe = this.o.recipes[name];
    if (!recipe) throw new Error(`train: there is no network "${name}"; there are ` +
      `${Object.keys(this.o.recipes).join(", ")}`);
    return recipe;
  }

  private site(seed: number): Site {
    const { gpu, settings, dataset } = this.o;
    return { gpu, settings, dataset, seed };
  }

  private run(recipe: Recipe, seed: number): Run {
    const { gpu, settings, dataset, data, store, signal, progress, every = 60, resume = false } = this.o;
    this.data ??= uploadBytes(gpu, sliceBytes(dataset.read("train", data), 0, settings.trainImages));
    const place = store.checkpoint(recipe, seed);
    return { gpu, data: this.data, batch: settings.batch, seed, signal, progress, durations: {}, history: {},
      ...(place && { checkpoint: { place, every, resume, identity: identityOf(recipe, settings) } }) };
  }

  /** Whether the network is there; an error where it was made with other settings. */
  private isThere(recipe: Recipe, seed: number): boolean {
    const origin = this.o.store.origin(recipe, seed);
    const due = JSON.stringify(identityOf(recipe, this.o.settings));
    if (origin && JSON.stringify(origin.settings) !== due) throw new Error(`${this.o.store.nameOf(recipe, seed)}: ` +
      `trained with ${JSON.stringify(origin.settings)}, this run has ${due}; delete it or choose another folder`);
    return origin !== null;
  }

  /** Trains `name` and whatever it begins from, unless they are there. */
  async train(name: string, seed: number): Promise<void> {
    const recipe = this.recipe(name);
    if (recipe.shared) seed = 0;
    if (this.isThere(recipe, seed)) return;
    for (const begins of recipe.begins ?? []) await this.train(begins, seed);
    const [run, site] = [this.run(recipe, seed), this.site(seed)];
    const network = recipe.build(site);
    for (const begins of recipe.begins ?? []) this.fill(network, begins, seed);
    await recipe.train(run, site, network);
    const seconds = Math.round(10 * Object.values(run.durations).reduce((a, b) => a + b, 0)) / 10;
    this.o.store.write(recipe, seed, { network: name, seed, settings: identityOf(recipe, site.settings),
      adapter: site.gpu.adapter.name, commit: this.o.commit ?? "unknown", seconds,
      history: run.history },
      await stateOf(network, recipe.keeps));
    disposeNetwork(network);
  }

  /** What train() would train for these networks, in its order: titles as origins() has them, and their settings. */
  due(names: readonly string[], seed: number): { name: string; settings: Record<string, unknown> }[] {
    const chain = (name: string): Recipe[] => {
      const recipe = this.recipe(name);
      return this.isThere(recipe, recipe.shared ? 0 : seed) ? [] : [...(recipe.begins ?? []).flatMap(chain), recipe];
    };
    return [...new Set(names.flatMap(chain))].map((recipe) => ({ name: this.titleOf(recipe, seed),
      settings: recipe.dependsOn(this.o.settings) }));
  }

  /** As in "train VAE, seed 1". */
  private titleOf({ shared, title }: Recipe, seed: number): string {
    return `train ${title}${shared || seed === 0 ? "" : `, seed ${seed}`}`;
  }

  /** Gives a network the weights of `name`: what its file lacks comes from those of the networks it began from. */
  private fill(network: Network, name: string, seed: number): void {
    const recipe = this.recipe(name);
    for (const begins of this.lasting(recipe)) this.fill(network, begins, seed);
    loadParts(network, this.o.store.read(recipe, recipe.shared ? 0 : seed));
  }

  /** A network that has been trained, in the sizes that its file says. */
  load(name: string, seed: number): Network {
    const recipe = this.recipe(name);
    const site = this.site(recipe.shared ? 0 : seed);
    const { classifier, autoencoder, adversarial } = (this.o.store.origin(recipe, site.seed)?.settings ?? {}) as
      Partial<TrainSettings>;
    const settings = { ...site.settings, ...(classifier && { classifier }), ...(autoencoder && { autoencoder }),
      ...(adversarial && { adversarial }) };
    const network = recipe.build({ ...site, settings });
    this.fill(network, name, site.seed);
    return network;
  }

  /** The first file that a network needs and that is not there; null where all are. */
  missing(name: string, seed: number): string | null {
    const recipe = this.recipe(name);
    const { store } = this.o;
    if (!store.origin(recipe, seed)) return store.nameOf(recipe, seed);
    return this.lasting(recipe).map((begins) => this.missing(begins, seed)).find((file) => file !== null) ?? null;
  }

  /** What a recipe begins from and needs when it is used, too. */
  private lasting({ begins = [] }: Recipe): string[] {
    return begins.filter((name) => !this.recipe(name).passing);
  }

  /** What the files of these networks, and of those they begin from, say of their training, by title. */
  origins(names: readonly string[], seed: number): Record<string, Origin> {
    const chain = (name: string): Recipe[] => {
      const recipe = this.recipe(name);
      return [...(recipe.begins ?? []).flatMap(chain), recipe];
    };
    return Object.fromEntries([...new Set(names.flatMap(chain))].flatMap((recipe) => {
      const origin = this.o.store.origin(recipe, seed);
      return origin ? [[this.titleOf(recipe, seed), origin]] : [];
    }));
  }

  /** Seconds of training, likewise. */
  seconds(names: readonly string[], seed: number): Record<string, number> {
    return Object.fromEntries(Object.entries(this.origins(names, seed)).map(([name, o]) => [name, o.seconds]));
  }

  dispose(): void {
    if (this.data) [this.data.images, this.data.labels].flat().forEach((t) => t.dispose());
  }
}
