// What evaluate and attack share: where the weights lie, the networks that are there, and the test images.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command, Context } from "./command.ts";
import type { Engine } from "../index.ts";
import { readMnistPart, slice } from "../data/mnist.ts";
import { batches, type Batches } from "../lab/evaluate.ts";
import { BEGINS, isG, loadClassifier, loadDefence, settingsOfWeights, weightsFile,
  type Defence } from "../lab/networks.ts";
import { ROWS, type NetName, type RowName } from "../lab/names.ts";
import type { MnistSettings } from "../lab/settings.ts";
import { MNIST_FLAGS, presetOf } from "./mnist-flags.ts";

export const WEIGHT_FLAGS: Command["flags"] = {
  pretrained: { type: "boolean", help: "take the weights that ship with purigrad" },
  weights: { type: "string", help: "folder with weights (default out/mnist-PRESET/weights)" },
  preset: MNIST_FLAGS.preset!,
  data: MNIST_FLAGS.data!,
};

/** Folder of the package, from its source as from any bundle. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: string; }).name === "purigrad")
      return folder;
  }
  throw new Error("purigrad: its package.json is not above its code; install it again, or give --weights DIR");
}

/** A folder of trained networks. */
export interface Weights {
  dir: string;
  /** As named in a result file: "pretrained" or the folder as it was given. */
  name: string;
  settings: MnistSettings;
}

/** The folder that the flags choose. Throws where it has no classifier, without which nothing can be evaluated. */
export function weightsOf(command: string, flags: Context["flags"]): Weights {
  const { settings, out } = presetOf({ preset: flags.preset });
  const given = flags.weights as string | undefined;
  if (flags.pretrained && given !== undefined) throw new Error(`purigrad ${command}: --pretrained and --weights ` +
    `came, one of them was due; leave one out`);
  const dir = flags.pretrained ? join(packageRoot(), "results/mnist/weights") : (given ?? join(out, "weights"));
  if (existsSync(weightsFile(dir, "cnn", 0))) return { dir, name: flags.pretrained ? "pretrained" : dir, settings };
  const next = flags.pretrained ? "this copy of purigrad comes without them"
    : given !== undefined ? "give a folder that purigrad train wrote"
    : `run purigrad train --preset ${settings.preset} first, or give --pretrained or --weights DIR`;
  throw new Error(`purigrad ${command}: there is no ${weightsFile(dir, "cnn", 0)}; ${next}`);
}

/** The first file that a row needs and the folder has not; null where all are there. */
function missingFile(dir: string, name: RowName): string | null {
  if (name === "none") return null;
  const needed: NetName[] = isG(name) ? [name, BEGINS[name]!] : [name];
  return needed.map((net) => weightsFile(dir, net, 0)).find((file) => !existsSync(file)) ?? null;
}

/** Rows by their names, "a,b". */
export function namesOf(text: string, allowed: readonly RowName[] = ROWS): RowName[] {
  return [...new Set(text.split(","))].map((name) => {
    const known = allowed.find((row) => row === name);
    if (!known) throw new Error(`--defence: "${name}" came, one of ${allowed.join(", ")} was due`);
    return known;
  });
}

export const openClassifier = (gpu: Engine, { dir, settings }: Weights) =>
  loadClassifier(gpu, settingsOfWeights(settings, weightsFile(dir, "cnn", 0)), dir);

/** The named defences, or all that the folder has; a named one that is not there is an error. */
export function openDefences(gpu: Engine, { dir, settings }: Weights, named?: readonly RowName[]): Defence[] {
  return (named ?? ROWS).flatMap((name): Defence[] => {
    const missing = missingFile(dir, name);
    if (missing && named) throw new Error(`--defence: ${name} came and there is no ${missing}; train it with ` +
      `purigrad train --net ${name}, or leave it out`);
    if (missing) return [];
    return [
      loadDefence(gpu, name === "none" ? settings : settingsOfWeights(settings, weightsFile(dir, name, 0)), dir, name),
    ];
  });
}

const MOST = 250; // images at once
const STEP = 50;

/** The first `--images` test images in batches of one size. */
export function testImages(flags: Context["flags"], most: number): Batches {
  const n = Number(flags.images ?? most);
  const whole = Number.isInteger(n) && n >= 1 && n <= 10_000 && (n <= MOST || n % STEP === 0);
  if (!whole) throw new Error(`--images: "${String(flags.images)}" came, a whole number from 1 to ${MOST} or a ` +
    `multiple of ${STEP} up to 10,000 was due`);
  const set = slice(readMnistPart("test", flags.data as string | undefined), 0, n);
  let size = Math.min(n, MOST);
  while (n % size !== 0) size--;
  return batches(set, size);
}
