// Trained networks as files of a folder: safetensors with the names and layouts of a PyTorch state dict, half
// precision, and what made them. Node only.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readFileOr, writeFileAtomic } from "../data/files.ts";
import { safetensorsMetadata } from "../data/safetensors.ts";
import type { StateDict } from "../model/params.ts";
import { loadSafetensors, saveSafetensors, type LoadedTensor } from "../model/weights.ts";
import type { Place } from "./checkpoint.ts";
import type { Recipe } from "./recipe.ts";
import { ofSeed, type Origin, type Store } from "./store.ts";

export const weightsFile = (dir: string, name: string, seed: number): string =>
  join(dir, seed === 0 ? `${name}.safetensors` : `${name}.seed${seed}.safetensors`);

export function writeWeights(file: string, origin: Origin, state: StateDict): void {
  writeFileAtomic(file, saveSafetensors(state, { dtype: "F16", metadata: { purigrad: JSON.stringify(origin) } }));
}

/** The tensors of a file as float32. */
export function readWeights(file: string): Record<string, LoadedTensor> {
  const state = loadSafetensors(readFileOr(file, "the weights"), file);
  const [whole] = Object.entries(state).find(([, t]) => t.dtype !== "F32") ?? [];
  if (whole)
    throw new Error(`${file}: ${whole} holds whole numbers, F16 or F32 is due; use a file that purigrad wrote`);
  return state;
}

/** What the file says of its training; null where there is no file. */
export function readOrigin(file: string): Origin | null {
  if (!existsSync(file)) return null;
  const text = safetensorsMetadata(readFileOr(file, "the weights"), file).purigrad;
  if (!text) throw new Error(`${file}: it does not say how it was made; use a file that purigrad wrote`);
  const origin = JSON.parse(text) as Origin;
  // files from before there was a second dataset do not name theirs
  return { ...origin, settings: { dataset: "mnist", ...origin.settings } };
}

/** A checkpoint in a file. */
export const filePlace = (file: string): Place => ({
  name: file,
  read: () => (existsSync(file) ? readFileOr(file, "the checkpoint") : null),
  write: (bytes) => writeFileAtomic(file, bytes),
  remove: () => rmSync(file, { force: true }),
});

/** Weights as files of a folder, checkpoints in a folder of their own below it. */
export function folderStore(dir: string): Store {
  const checkpoints = join(dir, "checkpoints");
  const nameOf = (recipe: Recipe, seed: number) =>
    weightsFile(recipe.passing ? checkpoints : dir, recipe.name, ofSeed(recipe, seed));
  return {
    nameOf,
    origin: (recipe, seed) => readOrigin(nameOf(recipe, seed)),
    read: (recipe, seed) => readWeights(nameOf(recipe, seed)),
    write: (recipe, seed, origin, state) => writeWeights(nameOf(recipe, seed), origin, state),
    checkpoint: (recipe, seed) =>
      filePlace(join(checkpoints, `${recipe.name}.seed${ofSeed(recipe, seed)}.safetensors`)),
  };
}
