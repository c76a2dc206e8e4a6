// `--compare OLD.json`: which rows got slower or faster by more than the noise.

import type { BenchRecord, BenchResults } from "../src/readme/bench-results.ts";

/** Differences below this share are never called a change, however steady the samples were. */
const LEAST_NOISE = 0.1;

export interface Change {
  case: string;
  before: number;
  after: number;
  /** after / before. */
  ratio: number;
  /** The larger of both spreads, 10 % at least. */
  noise: number;
}

export interface Comparison {
  /** The worst first. */
  slower: Change[];
  /** The best first. */
  faster: Change[];
  /** Number of rows on both sides. */
  compared: number;
  onlyBefore: string[];
  onlyAfter: string[];
}

/** Compares by case. Slower: after > before (1 + noise); faster: before > after (1 + noise). */
export function compareResults(before: readonly BenchRecord[], after: readonly BenchRecord[]): Comparison {
  const old = new Map(before.map((row) => [row.case, row]));
  const now = new Set(after.map((row) => row.case));
  const changes = after.filter((row) => old.has(row.case)).map((row) => change(old.get(row.case)!, row));
  return {
    slower: changes.filter((c) => c.ratio > 1 + c.noise).sort((a, b) => b.ratio - a.ratio),
    faster: changes.filter((c) => 1 / c.ratio > 1 + c.noise).sort((a, b) => a.ratio - b.ratio),
    compared: changes.length,
    onlyBefore: before.map((row) => row.case).filter((name) => !now.has(name)),
    onlyAfter: after.map((row) => row.case).filter((name) => !old.has(name)),
  };
}

function change(before: BenchRecord, after: BenchRecord): Change {
  const noise = Math.max(before.spread, after.spread, LEAST_NOISE);
  return { case: after.case, before: before.ms, after: after.ms, ratio: after.ms / before.ms, noise };
}

/** The comparison in lines. `old` is where the earlier results come from, as in a file name. */
export function printedComparison(before: BenchResults, after: BenchResults,
  old: string): { text: string; ok: boolean; } {
  const { slower, faster, compared, onlyBefore, onlyAfter } = compareResults(before.rows, after.rows);
  const lines = [
    `compared with ${old} (commit ${before.commit}): ${compared} rows, ${slower.length} slower, ${faster.length} ` +
      `faster beyond the noise`,
    ...(before.adapter === after.adapter ? [] : [`the adapters differ, ${before.adapter} then and ${after.adapter} ` +
      `now: this is no comparison of the code`]),
    ...rooflineShift(before, after),
    ...slower.map((c) => changed("slower", c)),
    ...faster.map((c) => changed("faster", c)),
    ...missing(`only in ${old}`, onlyBefore),
    ...missing("only in this run", onlyAfter),
  ];
  return { text: lines.join("\n") + "\n", ok: slower.length === 0 };
}

const changed = (word: string, { case: name, before, after, ratio, noise }: Change): string =>
  `  ${word}  ${name}: ${before.toFixed(3)} ms, now ${after.toFixed(3)} ` +
    `(${ratio > 1 ? ratio.toFixed(2) : (1 / ratio).toFixed(2)} times; noise ${(100 * noise).toFixed(0)} %)`;

const missing = (where: string,
  names: readonly string[]): string[] => (names.length ? [`  ${where}: ${names.join("; ")}`] : []);

/** A machine that itself got slower or faster is said before its rows are blamed. */
function rooflineShift({ roofline: a }: BenchResults, { roofline: b }: BenchResults): string[] {
  if (!a || !b) return [];
  const pairs = [["copy", "GB/s", a.copy_gbps, b.copy_gbps], ["FMA", "GFLOP/s", a.fma_gflops, b.fma_gflops]] as const;
  const moved = pairs.filter(([, , then, now]) => Math.abs(now / then - 1) > LEAST_NOISE);
  return moved.map(([name, unit, then, now]) => `the adapter's own ${name} measured ${then.toFixed(1)} ${unit} then ` +
    `and ${now.toFixed(1)} now: the machine differs too`);
}
