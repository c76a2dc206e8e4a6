// Checkpoints of a training phase: parameters, optimiser state, random counter and position, in the format
// safetensors. A run that goes on from one reaches the same bits as one that was never stopped.

import { encodeSafetensors, parseSafetensors, safetensorsMetadata, type SafeTensors } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Optimizer } from "../model/optim.ts";
import type { Parameters, StateDict } from "../model/params.ts";

/** Where one checkpoint is kept. */
export interface Place {
  /** As errors name it. */
  name: string;
  /** null where there is none. */
  read(): Uint8Array | null;
  /** Writes it whole or not at all. */
  write(bytes: Uint8Array): void;
  remove(): void;
}

export interface Trained {
  gpu: Engine;
  params: readonly Parameters[];
  optimizer: Optimizer;
}

/** The loss at some steps of a phase. */
export type Losses = [step: number, loss: number][];

export interface Position {
  /** Steps done. */
  step: number;
  /** Seconds of training so far. */
  seconds: number;
  losses: Losses;
}

/** Throws one sentence that names the checkpoint where it says no position. */
function positionIn(text: string | undefined, name: string): Position {
  const again = "it is damaged; delete it to begin this phase anew";
  let position: Partial<Position> | null = null;
  try {
    position = JSON.parse(text ?? "null") as Partial<Position> | null;
  } catch {
    // said below
  }
  const { step, seconds, losses = [] } = position ?? {};
  if (!Number.isSafeInteger(step) || step! < 0 || !Number.isFinite(seconds) || !Array.isArray(losses))
    throw new Error(`${name}: its position is ${text ?? "missing"}, a step and seconds are due; ${again}`);
  return { step: step!, seconds: seconds!, losses };
}

/** What must be equal for a run to go on: the phase, its length, the seed, the settings. */
export type Identity = Record<string, unknown>;

const named = (prefix: string, state: StateDict): SafeTensors =>
  Object.fromEntries(Object.entries(state).map(([k, v]) => [prefix + k, v])) as SafeTensors;
const part = (prefix: string, all: SafeTensors): StateDict =>
  Object.fromEntries(
    Object.entries(all).filter(([k]) => k.startsWith(prefix)).map(([k, v]) => [k.slice(prefix.length), v]),
  ) as StateDict;

export async function saveCheckpoint(place: Place, { gpu, params, optimizer }: Trained, position: Position,
  identity: Identity): Promise<void> {
  const tensors: SafeTensors = {
    random: { dtype: "U32", shape: [4], data: Uint32Array.from(await gpu.random.save()) },
  };
  for (const [i, p] of params.entries()) Object.assign(tensors, named(`params.${i}.`, await p.state()));
  Object.assign(tensors, named("optimizer.", await optimizer.state()));
  place.write(encodeSafetensors(tensors,
    { position: JSON.stringify(position), identity: JSON.stringify(identity) }));
}

/** Restores everything and returns the position; null where there is no checkpoint. */
export function loadCheckpoint(place: Place, { gpu, params, optimizer }: Trained, identity: Identity): Position | null {
  const bytes = place.read();
  if (!bytes) return null;
  const metadata = safetensorsMetadata(bytes, place.name);
  if (metadata.identity !== JSON.stringify(identity))
    throw new Error(`${place.name}: the checkpoint belongs to ${metadata.identity ?? "another program"}, this run is ` +
      `${JSON.stringify(identity)}; delete it or use the settings it was made with`);
  const position = positionIn(metadata.position, place.name);
  const tensors = parseSafetensors(bytes, place.name);
  const { random } = tensors;
  if (random?.dtype !== "U32" || random.data.length !== 4)
    throw new Error(`${place.name}: its random state is ${random ? `${random.dtype} [${random.shape}]` : "missing"}, ` +
      `U32 [4] is due; it is damaged, delete it to begin this phase anew`);
  params.forEach((p, i) => p.load(part(`params.${i}.`, tensors)));
  optimizer.restore(part("optimizer.", tensors));
  gpu.random.restore([...(random.data as Uint32Array)]);
  return position;
}
