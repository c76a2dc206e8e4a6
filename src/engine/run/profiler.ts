// Kernel times by timestamp queries: each call in a pass of its own, with a timestamp at both ends.

import { USAGE } from "../memory/storage.ts";
import type { Call } from "./stream.ts";

/** What a profile needs of the engine. */
interface Clock {
  device: GPUDevice;
  flush(): void;
  readBuffer(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer>;
}

/** All calls of one kernel in a replay. */
export interface KernelTime {
  kernel: string;
  calls: number;
  /** Sum over the calls, in milliseconds. */
  ms: number;
}

/** One dispatch. Times in milliseconds, `start` from the start of the first dispatch. */
export interface Span {
  kernel: string;
  start: number;
  ms: number;
}

/** The times of one replay, call by call and by kernel. */
export class Profile {
  /** By kernel, the longest first. */
  readonly rows: KernelTime[];

  /** `spans` stand in the order of the calls. */
  constructor(readonly spans: readonly Span[]) {
    this.rows = sumByKernel(spans);
  }

  /** Sum over all calls, in milliseconds. */
  get ms(): number {
    return this.rows.reduce((sum, row) => sum + row.ms, 0);
  }

  /** @internal */
  static async measure(gpu: Clock, calls: readonly Call[],
    encode: (pass: GPUComputePassEncoder, i: number) => void): Promise<Profile> {
    if (!gpu.device.features.has("timestamp-query"))
      throw new Error("profile: this adapter has no timestamp-query; " +
        "time the whole step instead");
    const count = calls.length * 2;
    const querySet = gpu.device.createQuerySet({ type: "timestamp", count });
    const resolved = gpu.device.createBuffer({ size: count * 8, usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC });
    const encoder = gpu.device.createCommandEncoder();
    calls.forEach((_, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, i);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    gpu.flush();
    gpu.device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array(await gpu.readBuffer(resolved, 0, count * 8));
    querySet.destroy();
    resolved.destroy();
    const ms = (i: number) => Number(stamps[i]! - stamps[0]!) / 1e6;
    return new Profile(
      calls.map((call, i) => ({ kernel: call.pipeline.label, start: ms(2 * i), ms: ms(2 * i + 1) - ms(2 * i) })),
    );
  }
}

function sumByKernel(spans: readonly Span[]): KernelTime[] {
  const rows = new Map<string, KernelTime>();
  for (const { kernel, ms } of spans) {
    const row = rows.get(kernel) ?? { kernel, calls: 0, ms: 0 };
    row.calls++;
    row.ms += ms;
    rows.set(kernel, row);
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}
