// What a run of `npm run bench:peers` says: how many times as long as purigrad each engine takes, case by case.

import { groupOf, type Group, type PeerResults, type PeerRow } from "./bench-results.ts";

const OURS = "purigrad";

export interface Against {
  case: string;
  group: Group;
  ours: PeerRow;
  /** Time of an engine / ours, for every engine that could do the case. */
  ratios: Record<string, number>;
  /** The fastest of the other WebGPU engines; null where none could do it. */
  fastest: { engine: string; ratio: number } | null;
}

/** These share purigrad's adapter; the others run on the CPU, or PyTorch on CUDA. */
export const isWebGpu = (engine: string): boolean => engine === OURS || engine.endsWith("-webgpu");

export const isTorch = (engine: string): boolean => engine.startsWith("torch");

/** All engines but ours, WebGPU engines first, each kind in the order of the file. */
export function enginesOf({ rows }: PeerResults): string[] {
  const names = [...new Set(rows.map((row) => row.engine))].filter((name) => name !== OURS);
  return [...names.filter(isWebGpu), ...names.filter((name) => !isWebGpu(name))];
}

/** One entry for each case that purigrad and someone else did, in the order of the file. */
export function against(peers: PeerResults): Against[] {
  const ours = peers.rows.filter((row) => row.engine === OURS);
  return ours.flatMap((mine) => {
    const others = peers.rows.filter((row) => row.case === mine.case && row.engine !== OURS);
    if (others.length === 0) return [];
    const ratios = Object.fromEntries(others.map((row) => [row.engine, row.ms / mine.ms]));
    const [best] = Object.entries(ratios).filter(([engine]) => isWebGpu(engine)).sort((a, b) => a[1] - b[1]);
    return [{ case: mine.case, group: groupOf(mine), ours: mine, ratios,
      fastest: best ? { engine: best[0], ratio: best[1] } : null }];
  });
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);

export interface Summary {
  group: Group;
  /** Cases that a WebGPU peer could do, and in how many of them the fastest was faster than purigrad. */
  cases: number;
  behind: number;
  /** Geometric mean of (time of the fastest WebGPU peer / ours). */
  ahead: number;
}

/** One summary for each group that has cases. */
export function summarise(rows: readonly Against[]): Summary[] {
  const groups: Group[] = ["kernel", "overhead", "step"];
  return groups.flatMap((group) => {
    const ratios = rows.flatMap((row) => (row.group === group && row.fastest ? [row.fastest.ratio] : []));
    return ratios.length
      ? [{ group, cases: ratios.length, behind: ratios.filter((r) => r < 1).length, ahead: geometricMean(ratios) }]
      : [];
  });
}

const NAMES: Record<Group, string> = { kernel: "kernels", overhead: "chains of tiny ops",
  step: "whole steps and attacks", op: "ops" };

/** `kernels: 4.10 times as fast as the fastest WebGPU peer (geometric mean of 60 cases), behind it in 2`. */
export const summaryText = ({ group, cases, behind, ahead }: Summary): string =>
  `${NAMES[group]}: ${ahead.toFixed(2)} times as fast as the fastest WebGPU peer (geometric mean of ${cases} ` +
    `${cases === 1 ? "case" : "cases"}), behind it in ${behind}`;
