// A network that is trained once and kept in a file: how it is built, what its weights depend on, how it is trained.

import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { Autoencoder } from "../model/networks/autoencoder.ts";
import type { Classifier } from "../model/networks/cnn.ts";
import type { Parameters, StateDict } from "../model/params.ts";
import type { LoadedTensor } from "../model/weights.ts";
import type { Run } from "./phases.ts";
import type { TrainSettings } from "./settings.ts";

/** A part of a network whose tensors are kept. */
export interface Kept {
  state(): Promise<StateDict>;
  load(state: Record<string, LoadedTensor>): void;
  dispose(): void;
}

export interface Network {
  /** By the prefix of its tensors in the file, as in "encoder.". */
  parts: Record<string, Kept>;
  classifier?: Classifier;
  net?: Autoencoder;
  /** The cluster means mu_y [K,d] under the name "means". */
  means?: Parameters;
}

/** Where a network stands. */
export interface Site {
  gpu: Engine;
  settings: TrainSettings;
  dataset: Dataset;
  seed: number;
}

export interface Recipe {
  name: string;
  /** As in "train C-VAE". */
  title: string;
  /** The networks it begins from, which are trained before; their weights are where this one starts. */
  begins?: readonly string[];
  /** One for all seeds. */
  shared?: boolean;
  /** Nothing but the beginning of others: kept beside the checkpoints. */
  passing?: boolean;
  /** The prefixes of the parts that its file holds; the rest is in the file of what it begins from. */
  keeps: readonly string[];
  /** What the weights depend on, beside dataset, number of images and batch. */
  dependsOn(s: TrainSettings): Record<string, unknown>;
  build(site: Site): Network;
  train(run: Run, site: Site, network: Network): Promise<void>;
}

/** Everything that the weights of a recipe depend on, as it stands in their file. */
export function identityOf({ dependsOn }: Recipe, s: TrainSettings): Record<string, unknown> {
  const { dataset, trainImages, batch } = s;
  return { dataset, trainImages, batch, ...dependsOn(s) };
}

const stripped = <T>(prefix: string, state: Record<string, T>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(state).filter(([k]) => k.startsWith(prefix)).map(([k, v]) => [k.slice(prefix.length), v]),
  );

/** Gives every part its tensors of a file; a part that the file lacks keeps what it has. */
export function loadParts({ parts }: Network, state: Record<string, LoadedTensor>): void {
  const named = Object.keys(parts).filter(Boolean);
  const rest = Object.fromEntries(Object.entries(state).filter(([k]) => !named.some((prefix) => k.startsWith(prefix))));
  for (const [prefix, part] of Object.entries(parts)) {
    const own = prefix ? stripped(prefix, state) : rest;
    if (Object.keys(own).length) part.load(own);
  }
}

/** The tensors of some parts, by the names that they have in a file. */
export async function stateOf({ parts }: Network, prefixes: readonly string[]): Promise<StateDict> {
  const states = await Promise.all(prefixes.filter((prefix) => parts[prefix]).map(async (prefix) =>
    Object.entries(await parts[prefix]!.state()).map(([name, t]) => [prefix + name, t] as const)
  ));
  return Object.fromEntries(states.flat());
}

export const disposeNetwork = ({ parts }: Network): void => Object.values(parts).forEach((part) => part.dispose());
