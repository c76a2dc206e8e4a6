// What a bench row is, and how it is measured.

import type { Captured, Engine, Tensor } from "../src/index.ts";

export interface BenchRow {
  /** The op as exported from src/kernels/index.ts, or "step" for a whole step. */
  op: string;
  /** Shapes and arguments, as printed. */
  name: string;
  /** Useful floating-point operations of one call (a multiply-add is two); 0 where none are worth counting. */
  flops: number;
  /** Bytes that must move at least: every input read once, every output written once. */
  bytes: number;
  /** Makes the inputs and returns what one call does; it is captured once and replayed. */
  make(gpu: Engine): () => Tensor | Tensor[];
}

/** One measured row: the shape of `--json`. Milliseconds are of one call. */
export interface Measured {
  case: string;
  engine: "purigrad";
  ms: number;
  /** (90th - 10th percentile) / median of the samples. */
  spread: number;
  gflops: number;
  gbps: number;
  samples: number;
  dispatches: number;
  /** Sum of the kernels' own times; null where the adapter has no timestamp queries. */
  kernel_ms: number | null;
  /** Share of the wall time that is not kernel time. */
  overhead: number | null;
  /** First call: recording and compiling. */
  first_ms: number;
}

const WARMUP = 2;
const SAMPLES = 15;
const SAMPLE_MS = 20;
const BUDGET_MS = 1500;

const quantile = (sorted: number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

async function time(gpu: Engine, call: () => unknown, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) call();
  await gpu.synchronize();
  return (performance.now() - start) / times;
}

async function kernelTime(gpu: Engine, step: Captured<[], unknown>): Promise<number | null> {
  return gpu.device.features.has("timestamp-query") ? (await step.profile()).ms : null;
}

/** Captures the row, warms up, and takes samples of several calls each until the budget is used. */
export async function measure(gpu: Engine, row: BenchRow): Promise<Measured> {
  const body = row.make(gpu);
  const step = gpu.capture(body);
  const first_ms = await time(gpu, step, 1);
  const once = await time(gpu, step, WARMUP);
  const times = Math.max(1, Math.round(SAMPLE_MS / once));
  const count = Math.max(3, Math.min(SAMPLES, Math.floor(BUDGET_MS / (times * once))));
  const samples: number[] = [];
  for (let i = 0; i < count; i++) samples.push(await time(gpu, step, times));
  samples.sort((a, b) => a - b);
  const ms = quantile(samples, 0.5);
  const kernel_ms = await kernelTime(gpu, step);
  const result: Measured = {
    case: `${row.op} ${row.name}`.trim(), engine: "purigrad", ms, spread: (quantile(samples, 0.9) - quantile(samples, 0.1)) / ms,
    gflops: row.flops / ms / 1e6, gbps: row.bytes / ms / 1e6, samples: count, dispatches: step.dispatches,
    kernel_ms, overhead: kernel_ms === null ? null : Math.max(0, 1 - kernel_ms / ms), first_ms,
  };
  step.dispose();
  return result;
}
