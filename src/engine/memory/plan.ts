// What a recording needs: the calls whose results count, and as few bytes as their tensors' lifetimes allow. Two
// tensors that are never alive at once may share a buffer; slices of one large buffer would pack closer, but WebGPU
// forbids to read and to write the same buffer in one dispatch.

import { homeOf, type Slice, type Storage } from "./storage.ts";

/** What the plan must know of a dispatch: which slices it reads and writes. */
export interface Step {
  readonly slices: readonly Slice[];
  /** In the order of the slices. */
  readonly bindings: readonly { name: string; kind: string }[];
  /** The name of the input that the kernel's twin expects in the memory of the result, if it has a twin. */
  readonly inPlace: string | null;
}

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
export function liveCalls<C extends Step>(calls: readonly C[], virtual: ReadonlySet<Storage>,
  outputs: ReadonlySet<Storage>): C[] {
  const wanted = new Set(outputs);
  const counts = (s: Storage) => wanted.has(s) || s.placed !== null || !virtual.has(s);
  const live: C[] = [];
  for (const call of [...calls].reverse()) {
    const { bindings } = call;
    if (!call.slices.some((t, i) => bindings[i]!.kind === "write" && counts(t.storage))) continue;
    call.slices.forEach((t) => wanted.add(t.storage));
    live.push(call);
  }
  return live.reverse();
}

/** Lives of the virtual storages that need memory of their own; those of `outputs` never end. */
export function lifetimes(calls: readonly Step[], virtual: ReadonlySet<Storage>,
  outputs: ReadonlySet<Storage>): Map<Storage, Life> {
  const lives = new Map<Storage, Life>();
  const touch = (storage: Storage, at: number, last = at) => {
    if (storage.placed || !virtual.has(storage)) return;
    const life = lives.get(storage);
    if (life) life.last = last;
    else lives.set(storage, { storage, first: at, last });
  };
  calls.forEach((call, i) => call.slices.forEach((t) => touch(t.storage, i)));
  outputs.forEach((s) => touch(s, 0, Infinity));
  return lives;
}

/** Both are all of their storage, and no other slice of the call has its bytes where `input` has them. */
const fits = (call: Step, input: Slice, result: Slice): boolean =>
  [input, result].every((t) => t.offset === 0 && t.bytes === t.storage.bytes) &&
  input.bytes === result.bytes &&
  call.slices.filter((t) => homeOf(t.storage) === homeOf(input.storage)).length === 1;

/**
 * Where a kernel can work in place, its input dies with this call and its result begins here, the result gets the
 * input's memory. Changes `lives`; returns the calls, those in place as `twin(call, the input's index)` makes them.
 */
export function workInPlace<C extends Step>(calls: readonly C[], lives: Map<Storage, Life>,
  twin: (call: C, input: number) => C): C[] {
  return calls.map((call, i) => {
    if (!call.inPlace) return call;
    const [from, to] = [call.bindings.findIndex((b) => b.name === call.inPlace),
      call.bindings.findIndex((b) => b.kind === "write")];
    const [input, result] = [call.slices[from]!, call.slices[to]!];
    const [dies, begins] = [lives.get(homeOf(input.storage)), lives.get(result.storage)];
    const handsOver = dies?.last === i && begins?.first === i && begins.last !== Infinity;
    if (!handsOver || !fits(call, input, result)) return call;
    result.storage.placed = { storage: input.storage, offset: 0 };
    dies.last = begins.last;
    lives.delete(result.storage);
    return twin(call, from);
  });
}

/** The most bytes that are alive at once: no plan can do with less. */
export function peakBytes(lives: Iterable<Life>): number {
  const changes = [...lives].flatMap(({ storage, first, last }) =>
    [[first, storage.bytes], [last + 0.5, -storage.bytes]] as [number, number][]
  );
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
