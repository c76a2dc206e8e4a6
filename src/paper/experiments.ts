// The list of experiments: a new dataset is a file of settings and a line here.

import { listed } from "../report/words.ts";
import { CIFAR10 } from "./cifar10.ts";
import { MNIST } from "./mnist.ts";
import type { Experiment, PaperNumbers, Settings } from "./settings.ts";

export const EXPERIMENTS: readonly Experiment[] = [MNIST, CIFAR10];

/** The experiment on a dataset; an error that lists them where there is none. */
export function experimentOn(dataset: string): Experiment {
  const found = EXPERIMENTS.find((e) => e.dataset === dataset || Object.values(e.presets).some((p) =>
    p.dataset === dataset
  ));
  const names = EXPERIMENTS.map((e) => e.dataset);
  if (!found) throw new Error(`--dataset: "${dataset}" came, ${listed(names, "or")} was due`);
  return found;
}

/** A preset of an experiment, its first by default. */
export function presetOf({ presets }: Experiment, name = Object.keys(presets)[0]!): Settings {
  const names = Object.keys(presets);
  if (!names.includes(name)) throw new Error(`--preset: "${name}" came, ${listed(names, "or")} was due`);
  return presets[name]!;
}

/** The paper's numbers for a result file; those of MNIST where it names no dataset. */
export const paperOf = (settings: Record<string, unknown>): PaperNumbers =>
  experimentOn(String(settings.dataset ?? "mnist")).paper;
