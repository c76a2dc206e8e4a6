// What every dispatch is checked for before it is recorded or encoded, so that the driver has nothing to refuse.

import { homeOf, overlap, type Slice } from "../memory/storage.ts";
import type { Grid } from "./grid.ts";
import type { Kernel } from "./shader.ts";

/** The slices in the order of the kernel's bindings; what is written is bound once. */
export function arrange<S extends Slice>(k: Kernel, slices: Record<string, S>): S[] {
  const { bindings } = k;
  const names = Object.keys(slices);
  if (names.length !== bindings.length || bindings.some((b) => !(b.name in slices))) {
    const due = bindings.map((b) => b.name).join(", ");
    throw new Error(`${k.file}: tensors {${names.join(", ")}} given; the kernel binds {${due}}`);
  }
  const ordered = bindings.map((b) => slices[b.name]!);
  for (let i = 0; i < bindings.length; i++) if (bindings[i]!.kind === "write") checkAlone(k, ordered, i);
  return ordered;
}

/** WebGPU forbids a dispatch to read the buffer that it writes, and to write the same bytes by two names. */
function checkAlone(k: Kernel, slices: readonly Slice[], i: number): void {
  const written = slices[i]!;
  const home = homeOf(written.storage);
  const collides = (other: Slice, j: number) =>
    j !== i && homeOf(other.storage) === home && (k.bindings[j]!.kind === "read" || overlap(written, other));
  const j = slices.findIndex(collides);
  if (j < 0) return;
  const name = (at: number) => `${k.bindings[at]!.name} ${slices[at]}`;
  throw new Error(`${k.file}: ${name(i)} is written and lies in the same memory as ${name(j)}; copy one of them first`);
}

/** Throws where a dimension has more workgroups than WebGPU takes, or no whole number of them. */
export function checkGrid(k: Kernel, grid: Grid): void {
  if (grid.every((n) => Number.isInteger(n) && n! <= 65535)) return;
  throw new Error(`${k.file}: a grid of ${grid} workgroups; whole numbers are due, at most 65535 a dimension`);
}
