// What the parts of a reproduction share: the dataset, the networks, trained when they are first asked for, the
// attacks, and the folder that everything is written to.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../attacks/index.ts";
import { sliceBytes, toImageSet, type ByteSet, type Dataset } from "../data/dataset.ts";
import { datasetOf } from "../data/datasets.ts";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { defenceOf, RECIPES } from "../defences/index.ts";
import type { Purifier } from "../defences/purifier.ts";
import type { Engine } from "../engine/engine.ts";
import { batches, type Batches } from "../evaluate/batches.ts";
import type { Classifier } from "../model/networks/cnn.ts";
import type { Network } from "../train/recipe.ts";
import type { Overall } from "../report/overall.ts";
import { onTerminal, type Begin } from "../report/progress.ts";
import { commit, version } from "../train/commit.ts";
import { folderStore } from "../train/folder-store.ts";
import type { Drawn } from "../report/pictures.ts";
import type { Store } from "../train/store.ts";
import { Trainer } from "../train/trainer.ts";
import { experimentOn } from "./experiments.ts";
import type { Results } from "./results.ts";
import type { PaperNumbers, Settings } from "./settings.ts";

export interface LabOptions {
  gpu: Engine;
  settings: Settings;
  /** Folder for everything; without it nothing is written. */
  out?: string;
  /** Where the networks are kept; `weights` in the folder by default. */
  store?: Store;
  /** The networks are there already: nothing is trained, and their files say their sizes. */
  trained?: boolean;
  /** Of random starts and draws; the first of the settings' seeds by default. */
  seed?: number;
  /** Folder with the dataset's files; see its reader for the default. */
  data?: string;
  /** Added to as they are; by default those of an earlier run in the folder with the same settings. */
  results?: Results;
  resume?: boolean;
  signal?: AbortSignal;
  /** Shows how far long work is; on the terminal by default. */
  progress?: Begin;
  /** How far all of it is; its bars are those of `progress` then. */
  overall?: Overall;
  say: (line: string) => void;
}

const today = (): string => new Date().toISOString().slice(0, "2026-11-27".length);

export class Lab {
  readonly gpu: Engine;
  readonly settings: Settings;
  readonly dataset: Dataset;
  readonly paper: PaperNumbers;
  readonly signal?: AbortSignal;
  readonly results: Results;
  private readonly trainer: Trainer;
  private readonly networks = new Map<string, Network>();
  private readonly opened = new Map<string, Purifier>();
  private tests?: ByteSet;

  constructor(private readonly o: LabOptions, command = "reproduce") {
    const { gpu, settings, out, data, resume, signal, store = folderStore(join(out ?? "", "weights")) } = o;
    [this.gpu, this.settings, this.signal] = [gpu, settings, signal];
    this.dataset = datasetOf(settings.dataset);
    this.paper = experimentOn(settings.dataset).paper;
    this.trainer = new Trainer({ gpu, settings, dataset: this.dataset, recipes: RECIPES, store, data, resume, signal,
      commit: commit(), progress: this.progress });
    this.results = o.results ?? this.earlier(command);
  }

  get say(): (line: string) => void {
    return this.o.say;
  }

  get progress(): Begin {
    return this.o.overall?.begin ?? this.o.progress ?? onTerminal;
  }

  get seed(): number {
    return this.settings.seeds[0]!;
  }

  /** The results of an earlier run with the same settings, which this one adds to. */
  private earlier(command: string): Results {
    const { gpu, settings, out } = this.o;
    const fresh: Results = { command, settings: { ...settings }, seed: settings.seeds[0]!, adapter: gpu.adapter.name,
      commit: commit(), version: version(), date: today(), durations: {} };
    const file = join(out ?? "", "results.json");
    if (out === undefined || !existsSync(file)) return fresh;
    const old = readJsonOr(file, "the results") as Results;
    const same = JSON.stringify(old.settings) === JSON.stringify(fresh.settings) && old.adapter === fresh.adapter;
    return same ? { ...old, commit: fresh.commit, version: fresh.version, date: fresh.date } : fresh;
  }

  /** Trains networks that are not there yet, and notes how long they took and how their losses fell. */
  async train(names: readonly string[], seed = this.seed): Promise<void> {
    if (!this.o.trained) for (const name of names) await this.trainer.train(name, seed);
    Object.assign(this.results.durations, this.trainer.seconds(names, seed));
    for (const { history = {} } of Object.values(this.trainer.origins(names, seed)))
      this.results.history = { ...this.results.history, ...history };
  }

  /** What is to be trained, in order, for networks of the first seed and others of every seed. */
  due(first: readonly string[], every: readonly string[]): ReturnType<Trainer["due"]> {
    if (this.o.trained) return [];
    const others = this.settings.seeds.filter((seed) => seed !== this.seed);
    return [...this.trainer.due([...first, ...every], this.seed), ...others.flatMap((s) => this.trainer.due(every, s))];
  }

  /** Seconds that a network of the first seed, and those it begins from, took to train. */
  seconds(name: string): number {
    return Object.values(this.trainer.seconds([name], this.seed)).reduce((a, b) => a + b, 0);
  }

  /** A network, trained if it is not there yet. */
  async network(name: string, seed = this.seed): Promise<Network> {
    const key = `${name} ${seed}`;
    if (!this.networks.has(key)) {
      if (!this.o.trained) await this.train([name], seed);
      this.networks.set(key, this.trainer.load(name, seed));
    }
    return this.networks.get(key)!;
  }

  /** The classifier under attack. */
  async classifier(): Promise<Classifier> {
    return (await this.network("cnn")).classifier!;
  }

  async model(): Promise<Model> {
    const net = await this.classifier();
    return (x) => net.forward(x);
  }

  /** A defence, ready to purify. */
  async defence(name: string, seed = this.seed): Promise<Purifier> {
    const key = `${name} ${seed}`;
    const { title, recipe, open } = defenceOf(name);
    if (!this.opened.has(key)) {
      const network = recipe && (await this.network(recipe.name, seed));
      const { gpu, settings, dataset } = this;
      const purifier = await open({ gpu, settings, dataset, seed, network, trainingImages: (n) =>
        toImageSet(sliceBytes(dataset.read("train", this.o.data), 0, Math.min(n, settings.trainImages))).images });
      this.opened.set(key, { name, title, ...purifier });
    }
    return this.opened.get(key)!;
  }

  /** The first file that a network needs and that is not there; null where all are. */
  missing(name: string): string | null {
    const { recipe } = defenceOf(name);
    return recipe ? this.trainer.missing(recipe.name, this.seed) : null;
  }

  /** Likewise of a network by its own name. */
  lacks(network: string): string | null {
    return this.trainer.missing(network, this.seed);
  }

  /** Defences by name, all rows of the tables by default. */
  async defences(rows = this.settings.rows): Promise<Purifier[]> {
    const all: Purifier[] = [];
    for (const name of rows) all.push(await this.defence(name));
    return all;
  }

  get test(): ByteSet {
    const { dataset, settings, o } = this;
    return (this.tests ??= sliceBytes(dataset.read("test", o.data), 0, settings.testImages));
  }

  /** The first `count` test images, all by default. */
  batches(count = this.settings.testImages): Batches {
    return batches(sliceBytes(this.test, 0, count), Math.min(count, this.settings.evaluationBatch));
  }

  /** Random numbers of a part: the same whatever ran before it. */
  seedFor(part: number): void {
    this.gpu.random.restore([this.o.seed ?? this.seed, part, 0, 0]);
  }

  /** The file of pictures `name`.png, and their words into the results. */
  writePictures(name: string, { png, sheet }: Drawn): void {
    this.write(`${name}.png`, png);
    this.results.pictures = { ...this.results.pictures, [name]: sheet };
  }

  write(file: string, content: Uint8Array | string): void {
    if (this.o.out !== undefined) writeFileAtomic(join(this.o.out, file), content);
  }

  /** A file of the folder; undefined where it is not there. */
  read(file: string): Uint8Array | undefined {
    const path = join(this.o.out ?? "", file);
    return existsSync(path) ? readFileOr(path, "the figure") : undefined;
  }

  dispose(): void {
    this.trainer.dispose();
  }
}
