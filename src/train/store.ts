// Where trained networks are kept: a folder (folder-store.ts), or the memory of a run that leaves no weights behind.

import type { StateDict } from "../model/params.ts";
import type { LoadedTensor } from "../model/weights.ts";
import type { Losses, Place } from "./checkpoint.ts";
import type { Recipe } from "./recipe.ts";

/** What a weights file says of itself. */
export interface Origin {
  network: string;
  seed: number;
  /** Settings that the weights depend on. */
  settings: Record<string, unknown>;
  adapter: string;
  commit: string;
  /** Duration of the training. */
  seconds: number;
  /** The loss of each phase at some of its steps; files of earlier versions have none. */
  history?: Record<string, Losses>;
}

export interface Store {
  /** As errors name it. */
  nameOf(recipe: Recipe, seed: number): string;
  /** null where the network is not there. */
  origin(recipe: Recipe, seed: number): Origin | null;
  read(recipe: Recipe, seed: number): Record<string, LoadedTensor>;
  write(recipe: Recipe, seed: number, origin: Origin, state: StateDict): void;
  /** Where its checkpoint goes; null where none is kept. */
  checkpoint(recipe: Recipe, seed: number): Place | null;
}

/** The seed that a network is kept under. */
export const ofSeed = (recipe: Recipe, seed: number): number => (recipe.shared ? 0 : seed);

export function memoryStore(): Store {
  const kept = new Map<string, { origin: Origin; state: StateDict }>();
  const nameOf = (recipe: Recipe, seed: number) => `${recipe.name}, seed ${ofSeed(recipe, seed)}`;
  return {
    nameOf,
    origin: (recipe, seed) => kept.get(nameOf(recipe, seed))?.origin ?? null,
    read: (recipe, seed) => kept.get(nameOf(recipe, seed))!.state,
    write: (recipe, seed, origin, state) => void kept.set(nameOf(recipe, seed), { origin, state }),
    checkpoint: () => null,
  };
}
