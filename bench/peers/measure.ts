// One case on all engines: made one after another, then sampled by turns, so that what disturbs the machine for a
// while disturbs them all.

import type { Case, Work } from "../cases.ts";
import type { Engine } from "./engines.ts";
import { WorkerFailure } from "./workers.ts";

/** One engine on one case; milliseconds are of one call. */
export interface Row {
  case: string;
  engine: string;
  /** Median of the samples; null where there are none, and `note` says why. */
  ms: number | null;
  /** (90th - 10th percentile) / median of the samples. */
  spread: number | null;
  gflops: number | null;
  samples: number;
  /** Making the inputs and the first call: compiling, and purigrad's tuning. */
  first_ms?: number;
  /** Median CPU time of the process in one call: well below ms when something else took the core. */
  cpu_ms?: number;
  /** max |a - b| / max |b| against PyTorch, or without it purigrad; null where a number is not finite. */
  relerr?: number | null;
  /** false: the numbers are wrong, so the time counts for nothing. */
  ok?: boolean;
  note?: string;
}

export interface Settings {
  /** A sample is as many calls as fill this, one at least. */
  samplesMs: number;
  /** A request that takes longer ends the worker; `make` gets twice as long, since it compiles. */
  limitMs: number;
}

const ROUNDS = 9;
const LEAST_SAMPLES = 3;
const BUDGET_MS = 1500;
/** A call slower than this is measured once beside the first. */
const SLOW_MS = 5000;
/** Where batch 32 took longer, batch 128 is not tried: the peers' lists of large convolutions would take hours. */
const LARGE_MS = 1200;

interface Entry {
  engine: Engine;
  row: Row;
  times: number;
  samples: { ms: number; cpu_ms: number }[];
  usedMs: number;
  values: number[];
}

/** The rows of one case, in the order of the engines. `earlier` are the rows measured so far. */
export async function measureCase(c: Case, engines: readonly Engine[], earlier: readonly Row[],
  settings: Settings): Promise<Row[]> {
  const entries: Entry[] = engines.map((engine) => ({
    engine, times: 1, samples: [], usedMs: 0, values: [],
    row: { case: c.name, engine: engine.engine, ms: null, spread: null, gflops: null, samples: 0 },
  }));
  for (const entry of entries) await guarded(entry, () => make(entry, c, earlier, settings));
  for (let round = 0; round < ROUNDS; round++)
    for (const entry of entries) if (!finished(entry)) await guarded(entry, () => sample(entry, settings));
  for (const entry of entries) if (entry.samples.length) await guarded(entry, () => readAndDrop(entry, settings));
  for (const entry of entries) summarise(entry, c);
  judge(c.work, entries);
  return entries.map((entry) => entry.row);
}

/** Runs a part; a failure becomes the row's note and ends the entry. */
async function guarded(entry: Entry, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (!(error instanceof WorkerFailure)) throw error;
    entry.row.note = error.message;
    entry.samples = [];
    entry.usedMs = Infinity;
  }
}

async function make(entry: Entry, c: Case, earlier: readonly Row[], settings: Settings): Promise<void> {
  const { engine, row } = entry;
  const before = slowAt32(c, earlier.filter((r) => r.engine === engine.engine));
  if (before) throw new WorkerFailure("unsupported", before);
  await engine.worker.start();
  row.first_ms = (await engine.worker.ask({ do: "make", case: c }, 2 * settings.limitMs)).first_ms!;
  await sample(entry, settings);
  const { ms } = entry.samples[0]!;
  entry.times = Math.max(1, Math.round(settings.samplesMs / ms));
  if (entry.times > 1) entry.samples = []; // it was too short to count
  if (ms > SLOW_MS) entry.usedMs = Infinity;
}

/** Why batch 128 is not tried, or null. */
function slowAt32({ name }: Case, rows: readonly Row[]): string | null {
  const small = name.endsWith(" b128") ? rows.find((row) => row.case === name.slice(0, -" b128".length)) : undefined;
  if (small?.ms && small.ms > LARGE_MS) return `not tried: batch 32 took ${(small.ms / 1000).toFixed(1)} s`;
  return small?.note?.startsWith("more than") ? `not tried: batch 32 took ${small.note}` : null;
}

async function sample(entry: Entry, { limitMs }: Settings): Promise<void> {
  const { ms, cpu_ms } = await entry.engine.worker.ask({ do: "time", times: entry.times }, limitMs);
  entry.samples.push({ ms: ms!, cpu_ms: cpu_ms! });
  entry.usedMs += ms! * entry.times;
}

const finished = ({ samples, usedMs }: Entry): boolean =>
  usedMs === Infinity || samples.length >= ROUNDS || (samples.length >= LEAST_SAMPLES && usedMs >= BUDGET_MS);

async function readAndDrop(entry: Entry, { limitMs }: Settings): Promise<void> {
  const { values } = await entry.engine.worker.ask({ do: "read" }, limitMs);
  entry.values = values!.map((v) => v ?? NaN);
  await entry.engine.worker.ask({ do: "drop" }, limitMs);
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

function summarise({ row, samples }: Entry, { flops }: Case): void {
  row.samples = samples.length;
  if (samples.length === 0) return;
  const sorted = samples.map((s) => s.ms).sort((a, b) => a - b);
  row.ms = quantile(sorted, 0.5);
  row.spread = (quantile(sorted, 0.9) - quantile(sorted, 0.1)) / row.ms;
  row.gflops = flops / row.ms / 1e6;
  row.cpu_ms = quantile(samples.map((s) => s.cpu_ms).sort((a, b) => a - b), 0.5);
}

/** Nets with drawn numbers agree only roughly, and a first loss says little more than that the net is the same. */
const tolerance = (work: Work): number => (work.kind === "train" ? 5e-2 : 1e-3);

/** Compares every engine's numbers with PyTorch's or, without it, purigrad's. */
function judge(work: Work, entries: readonly Entry[]): void {
  const measured = entries.filter((entry) => entry.row.ms !== null);
  const reference = measured.find((e) => e.engine.engine.startsWith("torch")) ??
    measured.find((e) => e.engine.engine === "purigrad");
  for (const { row, values } of measured) {
    const due = reference!.values;
    if (!reference || due.length === 0 || values === due) continue;
    const error = values.length === due.length ? relativeError(values, due) : Infinity;
    row.relerr = Number.isFinite(error) ? error : null;
    row.ok = error <= tolerance(work);
    if (!row.ok) row.note = `wrong: relative error ${error.toExponential(1)} against ${reference.engine.engine}`;
  }
}

function relativeError(a: readonly number[], b: readonly number[]): number {
  const most = (values: number[]) =>
    values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : Infinity), 0);
  return most(a.map((v, i) => v - b[i]!)) / Math.max(most([...b]), 1e-30);
}
