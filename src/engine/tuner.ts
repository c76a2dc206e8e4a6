// Kernels are tuned per adapter: a heavy op lists variants, the tuner times them once per adapter and shape class and
// keeps the choice. Without a measured choice the first variant that suits the adapter is taken, so results never
// depend on timing unless `tune` was asked for.

import { readCache, writeCache } from "#adapter";
import type { Engine } from "./engine.ts";
import type { Constants, Kernel } from "./shader.ts";
import type { Tensor } from "./tensor.ts";

export interface Variant {
  name: string;
  kernel: Kernel;
  constants: Constants;
  /** Whether the adapter can run it at all. */
  runs(gpu: Engine): boolean;
}

interface Job {
  op: string;
  key: string;
  variants: Variant[];
  launch: (v: Variant) => Tensor;
}

export class Tuner {
  private choices: Record<string, string> = {};
  private jobs: Map<string, Job> | null = null;

  constructor(private readonly gpu: Engine) {}

  private get cacheKey(): string {
    return `tuner-${this.gpu.adapter.name.replace(/[^\w.]+/g, "-")}`;
  }

  async load(): Promise<void> {
    const text = await readCache(this.cacheKey);
    try {
      this.choices = text ? (JSON.parse(text) as Record<string, string>) : {};
    } catch {
      this.choices = {};
    }
  }

  /** The choice for `op` at the shape class `key`; variants stand in order of preference. */
  pick(op: string, key: string, variants: Variant[]): Variant {
    const usable = variants.filter((v) => v.runs(this.gpu));
    const chosen = usable.find((v) => v.name === this.choices[`${op} ${key}`]) ?? usable[0];
    if (!chosen) throw new Error(`${op}: none of its variants (${variants.map((v) => v.name).join(", ")}) runs on ${this.gpu.adapter.name}`);
    return chosen;
  }

  /** Runs `launch` with the variant of choice. Ops call this instead of `gpu.run`. */
  launch(op: string, key: string, variants: Variant[], launch: (v: Variant) => Tensor): Tensor {
    this.jobs?.set(`${op} ${key}`, { op, key, variants: variants.filter((v) => v.runs(this.gpu)), launch });
    return launch(this.pick(op, key, variants));
  }

  /** Runs fn eagerly, times every variant of each heavy op it calls, keeps the fastest on disk. Returns the choices. */
  async tune(fn: () => unknown): Promise<Record<string, string>> {
    const jobs = (this.jobs = new Map<string, Job>());
    try {
      fn();
    } finally {
      this.jobs = null;
    }
    for (const [id, job] of jobs) if (!(id in this.choices)) this.choices[id] = await this.fastest(job);
    await writeCache(this.cacheKey, JSON.stringify(this.choices, null, 1));
    return { ...this.choices };
  }

  /** A variant counts only if its result agrees with the first one's: a fast wrong kernel is never chosen. */
  private async fastest(job: Job): Promise<string> {
    const reference = await (await this.timed(job, job.variants[0]!)).data;
    let best = { name: job.variants[0]!.name, ms: Infinity };
    for (const variant of job.variants) {
      const { ms, data } = await this.timed(job, variant);
      if (ms < best.ms && agrees(data, reference)) best = { name: variant.name, ms };
    }
    return best.name;
  }

  private async timed(job: Job, variant: Variant): Promise<{ ms: number; data: Float32Array }> {
    const once = () => this.gpu.scope(() => job.launch(variant));
    const first = once();
    const data = await first.data();
    first.dispose();
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      const y = once();
      await this.gpu.synchronize();
      times.push(performance.now() - start);
      y.dispose();
    }
    return { ms: Math.min(...times), data };
  }
}

function agrees(a: Float32Array, b: Float32Array): boolean {
  const scale = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
  return a.every((v, i) => Math.abs(v - b[i]!) <= 1e-4 * scale);
}
