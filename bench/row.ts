// What a bench row is, and how it is measured.

import { hostTime } from "#clock";
import type { Captured, Engine, Tensor } from "../src/index.ts";
import type { Profile } from "../src/engine/run/profiler.ts";
import type { Taken } from "../src/engine/tuner.ts";
import type { BenchRecord, Group } from "../src/readme/bench-results.ts";

export interface BenchRow {
  /** The op as exported from src/kernels/index.ts, or "step" for a whole step. */
  op: string;
  /** Shapes and arguments, as printed. */
  name: string;
  /** The whole name where it is not op and name: that of a case which peers are measured on. */
  case?: string;
  /** "op" unless given. */
  group?: Group;
  /** Useful floating-point operations of one call (a multiply-add is two); 0 where none are worth counting. */
  flops: number;
  /** Bytes that must move at least: every input read once, every output written once. */
  bytes: number;
  /** Too long for a CPU: measured on hardware alone. */
  large?: true;
  /** Makes the inputs and returns what one call does; it is captured once and replayed. */
  make(gpu: Engine): () => Tensor | Tensor[];
}

export const caseOf = (row: BenchRow): string => row.case ?? `${row.op} ${row.name}`.trim();

/** One row's numbers, all but its share of the roofline, and its kernels' times where the adapter tells them. */
export interface Measurement {
  record: BenchRecord;
  profile: Profile | null;
}

const WARMUP = 2;
const SAMPLES = 15;
const SAMPLE_MS = 20;
const BUDGET_MS = 1500;
/** A call that takes so long is warm after the first one and is sampled once. */
const LONG_MS = 10_000;

type Step = Captured<[], unknown>;

const quantile = (sorted: number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

/** Milliseconds of one of `times` calls, waiting once at the end. */
async function time(gpu: Engine, call: () => unknown, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) call();
  await gpu.synchronize();
  return (performance.now() - start) / times;
}

/** Sorted samples of several calls each, until the budget is used. */
async function sample(gpu: Engine, step: Step, once: number, times: number): Promise<number[]> {
  const count = once > LONG_MS ? 1 : Math.max(3, Math.min(SAMPLES, Math.floor(BUDGET_MS / (times * once))));
  const samples: number[] = [];
  for (let i = 0; i < count; i++) samples.push(await time(gpu, step, times));
  return samples.sort((a, b) => a - b);
}

/** Least CPU time of one call, encode and submit, over three rounds. The drivers compute in other threads. */
async function hostMs(gpu: Engine, step: Step, ms: number): Promise<number> {
  const calls = Math.max(1, Math.min(32, Math.round(10 * SAMPLE_MS / ms)));
  const call = () => {
    for (let i = 0; i < calls; i++) step();
  };
  const rounds: number[] = [];
  for (let i = 0; i < (ms > LONG_MS ? 1 : 3); i++) {
    rounds.push(hostTime(call) / calls);
    await gpu.synchronize();
  }
  return Math.min(...rounds);
}

/** `op:variant` of the heavy calls, each once. */
const variantsOf = (taken: readonly Taken[]): string =>
  [...new Set(taken.map(({ op, variant }) => `${op}:${variant}`))].join(", ");

/** Times all variants of the row's heavy calls, so that the fastest are taken. Milliseconds by call and variant. */
async function tuned(gpu: Engine, row: BenchRow): Promise<Record<string, Record<string, number>>> {
  const call = row.make(gpu);
  await gpu.tuner.tune(call);
  return gpu.tuner.measured;
}

/**
 * Captures the row, warms up, takes samples, then the CPU's share and the kernels' times. Give each row an engine of
 * its own: not all that a row makes is freed. With `tune` the fastest variants are found first.
 */
export async function measure(gpu: Engine, row: BenchRow, tune = false): Promise<Measurement> {
  const variants = tune ? await tuned(gpu, row) : undefined;
  const step: Step = gpu.capture(row.make(gpu));
  let taken: Taken[] = [];
  const first_ms = await time(gpu, () => ({ taken } = gpu.tuner.taken(() => step())), 1);
  const warmup = 1 + (first_ms > LONG_MS ? 0 : WARMUP);
  const once = warmup > 1 ? await time(gpu, step, WARMUP) : first_ms;
  const times = Math.max(1, Math.round(SAMPLE_MS / once));
  const samples = await sample(gpu, step, once, times);
  const ms = quantile(samples, 0.5);
  const host_ms = await hostMs(gpu, step, ms);
  const profile = gpu.device.features.has("timestamp-query") ? await step.profile() : null;
  const record: BenchRecord = {
    case: caseOf(row),
    engine: "purigrad",
    group: row.group ?? "op",
    ms,
    spread: (quantile(samples, 0.9) - quantile(samples, 0.1)) / ms,
    gflops: row.flops / ms / 1e6,
    gbps: row.bytes / ms / 1e6,
    flops: row.flops,
    bytes: row.bytes,
    warmup,
    samples: samples.length,
    dispatches: step.dispatches,
    kernel_ms: profile?.ms ?? null,
    host_ms,
    host_us_per_kernel: (1000 * host_ms) / step.dispatches,
    variant: variantsOf(taken),
    variants,
    memory: step.memory,
    first_ms,
  };
  step.dispose();
  return { record, profile };
}
