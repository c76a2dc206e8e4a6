// What a recording needs: the calls whose results count, and as few bytes as their tensors' lifetimes allow. Two
// tensors that are never alive at once may share a buffer; slices of one large buffer would pack closer, but WebGPU
// forbids to read and to write the same buffer in one dispatch.

import type { Pipeline } from "../run/pipelines.ts";
import type { Constants, Kernel } from "../run/shader.ts";
import type { Storage } from "./storage.ts";
import { homeOf, type Call } from "../run/stream.ts";
import type { Tensor } from "../tensor.ts";

/** A storage and the first and the last call that touch it. */
export interface Life {
  storage: Storage;
  first: number;
  last: number;
}

/**
 * The calls whose results are read: by a later one, by the caller (`outputs`) or outside the recording. What only
 * leads to an unread value is left out, such as a loss of which only the gradient is returned.
 */
export function liveCalls(calls: readonly Call[], virtual: ReadonlySet<Storage>, outputs: ReadonlySet<Storage>): Call[] {
  const wanted = new Set(outputs);
  const counts = (s: Storage) => wanted.has(s) || s.placed !== null || !virtual.has(s);
  const live: Call[] = [];
  for (const call of [...calls].reverse()) {
    const { bindings } = call.pipeline.kernel;
    if (!call.tensors.some((t, i) => bindings[i]!.kind === "write" && counts(t.storage))) continue;
    call.tensors.forEach((t) => wanted.add(t.storage));
    live.push(call);
  }
  return live.reverse();
}

/** Lives of the virtual storages that need memory of their own; those of `outputs` never end. */
export function lifetimes(calls: readonly Call[], virtual: ReadonlySet<Storage>, outputs: ReadonlySet<Storage>): Map<Storage, Life> {
  const lives = new Map<Storage, Life>();
  const touch = (storage: Storage, at: number, last = at) => {
    if (storage.placed || !virtual.has(storage)) return;
    const life = lives.get(storage);
    if (life) life.last = last;
    else lives.set(storage, { storage, first: at, last });
  };
  calls.forEach((call, i) => call.tensors.forEach((t) => touch(t.storage, i)));
  outputs.forEach((s) => touch(s, 0, Infinity));
  return lives;
}

/** Both tensors are all of their storage, and no other tensor of the call has its bytes where `input` has them. */
const fits = (call: Call, input: Tensor, result: Tensor): boolean =>
  [input, result].every((t) => t.offset === 0 && t.bytes === t.storage.bytes) && input.bytes === result.bytes && call.tensors.filter((t) => homeOf(t.storage) === homeOf(input.storage)).length === 1;

/**
 * Where a kernel can work in place, its input dies with this call and its result begins here, the result gets the
 * input's memory. Changes `lives`; returns the calls with the kernels in place.
 */
export function workInPlace(calls: readonly Call[], lives: Map<Storage, Life>, pipeline: (k: Kernel, constants: Constants) => Pipeline): Call[] {
  return calls.map((call, i) => {
    const { inPlace, bindings } = call.pipeline.kernel;
    if (!inPlace) return call;
    const [from, to] = [bindings.findIndex((b) => b.name === inPlace.input), bindings.findIndex((b) => b.kind === "write")];
    const [input, result] = [call.tensors[from]!, call.tensors[to]!];
    const [dies, begins] = [lives.get(homeOf(input.storage)), lives.get(result.storage)];
    if (!dies || !begins || dies.last !== i || begins.first !== i || begins.last === Infinity || !fits(call, input, result)) return call;
    result.storage.placed = { storage: input.storage, offset: 0 };
    dies.last = begins.last;
    lives.delete(result.storage);
    return { ...call, pipeline: pipeline(inPlace.kernel, call.pipeline.constants), tensors: call.tensors.filter((t) => t !== input) };
  });
}

/** The most bytes that are alive at once: no plan can do with less. */
export function peakBytes(lives: Iterable<Life>): number {
  const changes = [...lives].flatMap(({ storage, first, last }) => [[first, storage.bytes], [last + 0.5, -storage.bytes]] as [number, number][]);
  let [now, peak] = [0, 0];
  for (const [, bytes] of changes.sort((a, b) => a[0] - b[0])) peak = Math.max(peak, (now += bytes));
  return peak;
}

/**
 * Which storages share a buffer: the largest first, each into the smallest buffer so far that is free all its life. The
 * first of a group is its largest.
 */
export function share(lives: Iterable<Life>): Life[][] {
  const groups: Life[][] = [];
  const meet = (a: Life, b: Life) => a.first <= b.last && b.first <= a.last;
  for (const life of [...lives].sort((a, b) => b.storage.bytes - a.storage.bytes || a.first - b.first)) {
    const group = groups.findLast((g) => !g.some((other) => meet(life, other)));
    if (group) group.push(life);
    else groups.push([life]);
  }
  return groups;
}
