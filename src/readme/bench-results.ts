// The result files of `npm run bench` and `npm run bench:peers`: what stands in them, and how they are read.

import type { CaptureMemory } from "../engine/run/capture.ts";
import type { Span } from "../engine/run/profiler.ts";
import { readJsonOr } from "../data/files.ts";

/**
 * What this adapter reached in the same run: GB/s read and written by a copy, GFLOP/s of FMAs in registers and of a
 * matmul.
 */
export interface Roofline {
  copy_gbps: number;
  fma_gflops: number;
  matmul_gflops: number;
}

/** What the summaries keep apart; "op" are the single ops besides the cases that peers are measured on. */
export type Group = "kernel" | "overhead" | "step" | "op";

/** One measured row of `npm run bench`. Milliseconds are of one call; fields that older files lack are optional. */
export interface BenchRecord {
  case: string;
  engine: "purigrad";
  group?: Group;
  /** Median of the samples. */
  ms: number;
  /** (90th - 10th percentile) / median of the samples. */
  spread: number;
  gflops: number;
  gbps: number;
  /** Useful operations and least bytes of one call; 0 where none are worth counting. */
  flops?: number;
  bytes?: number;
  /** Calls before the first sample, and samples. */
  warmup?: number;
  samples: number;
  dispatches: number;
  /** Sum of the kernels' own times; null where the adapter has no timestamp queries. */
  kernel_ms: number | null;
  /** CPU time of the calling thread in one captured call, encode and submit, and its share of one kernel. */
  host_ms?: number;
  host_us_per_kernel?: number;
  /** Time that the measured roofline needs, divided by ms; null without flops and bytes. */
  roofline?: number | null;
  /** `op:variant` of the heavy ops, as the tuner chose them. */
  variant?: string;
  /** Milliseconds of each variant of each heavy call, where they were timed; null where its numbers were wrong. */
  variants?: Record<string, Record<string, number | null>>;
  /**
   * Bytes: `own` by the captured step alone, at the least `peak` of them at one time, `shared` by what was made for it.
   */
  memory?: CaptureMemory;
  /** First call: recording and compiling. */
  first_ms: number;
}

/** The dispatches of one training step, in time order. */
export interface Flame {
  case: string;
  spans: Span[];
}

export interface BenchResults {
  adapter: string;
  /** Model and number of cores at hand: on a software adapter they are what computes. */
  cpu?: string;
  cores?: number;
  commit: string;
  /** How products and convolutions read their operands; f32 where a file does not say. */
  precision?: "f32" | "f16";
  roofline?: Roofline;
  rows: BenchRecord[];
  flame?: Flame | null;
}

export interface PeerRow {
  case: string;
  engine: string;
  ms: number;
  spread: number;
  gflops: number;
  /** false: the numbers were wrong, so the time counts for nothing. */
  ok?: boolean;
}

export interface PeerResults {
  adapter: string;
  cores?: number;
  commit?: string;
  rows: PeerRow[];
}

/** The file of a run of `npm run bench -- --json`. Throws one sentence when it is something else. */
export const readBench = (file: string, what: string): BenchResults =>
  readRows<BenchResults>(file, what, "npm run bench -- --json");

/**
 * The file of a run of `npm run bench:peers -- --json`; rows that an engine could not do, or not rightly, are left out.
 */
export function readPeers(file: string, what: string): PeerResults {
  const results = readRows<PeerResults>(file, what, "npm run bench:peers -- --json");
  return { ...results,
    rows: results.rows.filter((row) => row.engine !== undefined && Number.isFinite(row.ms) && row.ok !== false) };
}

function readRows<T extends { adapter: string; rows: { case: string; ms: number; }[]; }>(file: string, what: string,
  command: string): T {
  const value = readJsonOr(file, what) as T | null;
  const rows = value?.rows;
  const sound = typeof value?.adapter === "string" && Array.isArray(rows) &&
    rows.every((row) => typeof row?.case === "string" && isMs(row.ms));
  if (!sound)
    throw new Error(`cannot read ${what} ${file}: {adapter, rows: [{case, ms, ..}]} was due and something ` +
      `else came; give a file of ${command}`);
  return value;
}

const isMs = (ms: unknown): boolean => ms === null || ms === undefined || (typeof ms === "number" && ms > 0);

/** The group of a row: as stated or, in files that do not say, by its name. */
export function groupOf({ case: name, group }: { case: string; group?: Group }): Group {
  if (group) return group;
  if (/^(step|train|pgd|purify)\b/.test(name)) return "step";
  return /^1000 tiny\b/.test(name) ? "overhead" : "kernel";
}

/** Megabytes that live while the step exists; null in files that do not say. */
export const liveMb = ({ memory }: BenchRecord): number | null => (memory ? (memory.own + memory.shared) / 1e6 : null);

/** Megabytes that any plan would need: parameters and optimiser, and the most that the step needs at one time. */
export const neededMb = (
  { memory }: BenchRecord,
): number | null => (memory ? (memory.peak + memory.shared) / 1e6 : null);
