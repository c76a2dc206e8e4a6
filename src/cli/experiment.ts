// The flags that the commands on the paper's results share: which dataset, which preset, which weights.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFENCES, defenceOf } from "../defences/index.ts";
import { howToGet, shipped } from "../engine/device/shipped.node.ts";
import type { Engine } from "../engine/engine.ts";
import { EXPERIMENTS, experimentOn, presetOf } from "../paper/experiments.ts";
import { Lab } from "../paper/lab.ts";
import type { Settings } from "../paper/settings.ts";
import { listed } from "../report/words.ts";
import { folderStore, weightsFile } from "../train/folder-store.ts";
import type { Command, Context } from "./command.ts";

type Flags = Context["flags"];

const names = listed(EXPERIMENTS.map(({ dataset }) => dataset), "or");
const presets = listed([...new Set(EXPERIMENTS.flatMap((e) => Object.keys(e.presets)))], "or");

export const EXPERIMENT_FLAGS: Command["flags"] = {
  dataset: { type: "string", help: `${names} (default ${EXPERIMENTS[0]!.dataset})` },
  preset: { type: "string", help: `${presets} (default ${Object.keys(EXPERIMENTS[0]!.presets)[0]})` },
  out: { type: "string", help: "folder for weights and results (default out/DATASET-PRESET)" },
  data: { type: "string", help: "folder with the dataset's files (default: what npm or purigrad data fetched)" },
};

export interface Chosen {
  settings: Settings;
  out: string;
  data?: string;
}

export function experimentOf(flags: Flags): Chosen {
  const experiment = experimentOn((flags.dataset as string | undefined) ?? EXPERIMENTS[0]!.dataset);
  const settings = presetOf(experiment, flags.preset as string | undefined);
  const out = (flags.out as string | undefined) ?? `out/${settings.dataset}-${settings.preset}`;
  return { settings, out, data: flags.data as string | undefined };
}

export const WEIGHT_FLAGS: Command["flags"] = {
  pretrained: { type: "boolean", help: "take the weights that ship with purigrad" },
  weights: { type: "string", help: "folder with weights (default out/DATASET-PRESET/weights)" },
  dataset: EXPERIMENT_FLAGS.dataset!,
  preset: EXPERIMENT_FLAGS.preset!,
  data: EXPERIMENT_FLAGS.data!,
};

/** A folder of trained networks. */
export interface Weights {
  dir: string;
  /** As named in a result file: "pretrained" or the folder as it was given. */
  name: string;
  settings: Settings;
  data?: string;
}

/** The folder that the flags choose. Throws where it has no classifier, without which nothing can be evaluated. */
export function weightsOf(command: string, flags: Flags): Weights {
  const { settings, out, data } = experimentOf({ ...flags, out: undefined });
  const given = flags.weights as string | undefined;
  if (flags.pretrained && given !== undefined) throw new Error(`purigrad ${command}: --pretrained and --weights ` +
    `came, one of them was due; leave one out`);
  const own = flags.pretrained && `results/${settings.dataset}/weights`;
  const dir = own ? shipped(own) ?? own : given ?? join(out, "weights");
  const name = own ? "pretrained" : dir;
  if (existsSync(weightsFile(dir, "cnn", 0))) return { dir, name, settings, data };
  const next = own ? howToGet(own)
    : given !== undefined ? "give a folder that purigrad train wrote"
    : `run purigrad train --dataset ${settings.dataset} --preset ${settings.preset} first, or give --pretrained or ` +
      `--weights DIR`;
  throw new Error(`purigrad ${command}: there is no ${weightsFile(dir, "cnn", 0)}; ${next}`);
}

/** A command's context with its engine open. */
type Opened = Context & { gpu: Engine };

/** A lab on the networks of a folder; it trains nothing. */
export function labOn({ dir, settings, data }: Weights, { gpu, seed, signal, say, progress }: Opened,
  rows: readonly string[], images: number): Lab {
  const evaluationBatch = batchFor(images);
  return new Lab({ gpu, settings: { ...settings, rows, testImages: images, evaluationBatch }, store: folderStore(dir),
    data, trained: true, seed, signal, say, progress });
}

/** Defences by their names, "a,b": any that there is, or one of `allowed`. */
export function rowsOf(text: string, allowed: readonly string[] = DEFENCES.map(({ name }) => name)): string[] {
  return [...new Set(text.split(","))].map((name) => {
    if (!allowed.includes(name)) throw new Error(`--defence: "${name}" came, one of ${allowed.join(", ")} was due`);
    return name;
  });
}

/** The named rows, or all whose files the folder has; a named one that is not there is an error. */
export function rowsThere({ dir, settings }: Weights, context: Opened, named?: readonly string[]): string[] {
  const lab = labOn({ dir, name: dir, settings }, context, [], 1);
  return (named ?? settings.rows).filter((name) => {
    const missing = lab.missing(name);
    if (missing && named) throw new Error(`--defence: ${name} came and there is no ${missing}; train it with ` +
      `purigrad train --net ${defenceOf(name).recipe!.name}, or leave it out`);
    return missing === null;
  });
}

const MOST = 250; // images at once
const STEP = 50;

/** The largest whole part of the images that goes through at once. */
function batchFor(images: number): number {
  let size = Math.min(images, MOST);
  while (images % size !== 0) size--;
  return size;
}

/** `--images`: how many test images, from the first on. */
export function imagesOf(flags: Flags, most: number): number {
  const n = Number(flags.images ?? most);
  const whole = Number.isInteger(n) && n >= 1 && n <= 10_000 && (n <= MOST || n % STEP === 0);
  if (!whole) throw new Error(`--images: "${String(flags.images)}" came, a whole number from 1 to ${MOST} or a ` +
    `multiple of ${STEP} up to 10,000 was due`);
  return n;
}
