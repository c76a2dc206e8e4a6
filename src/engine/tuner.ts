// Kernels are tuned per adapter: a heavy op lists variants, the tuner times them once per adapter and shape class and
// keeps the choice. Without a measured choice the first variant that suits the adapter is taken, so results never
// depend on timing unless `tune` was asked for.

import { readCache, writeCache } from "#adapter";
import type { Engine } from "./engine.ts";
import type { Constants, Kernel } from "./run/shader.ts";
import type { Tensor } from "./tensor.ts";

export interface Variant {
  name: string;
  kernel: Kernel;
  constants: Constants;
  /** Whether the adapter can run it at all. */
  runs(gpu: Engine): boolean;
}

/** One heavy call: the op, its shape class, the variants that run on the adapter in order of preference. */
interface Job {
  op: string;
  key: string;
  variants: Variant[];
  launch: (v: Variant) => Tensor;
}

/** Which variant a heavy call took. */
export interface Taken {
  op: string;
  key: string;
  variant: string;
}

/** Raised when an op gets other variants: what was chosen among the old ones is not looked at again. */
const VARIANTS = 2;

/** A variant that takes so many times the best one's time is not timed again. */
const HOPELESS = 4;

export class Tuner {
  private choices: Record<string, string> = {};
  private readonly forced = new Map<string, string>();
  private jobs: Map<string, Job> | null = null;
  private noted: Taken[] | null = null;

  constructor(private readonly gpu: Engine) {}

  /** Under which name the choices are stored: every adapter has its own. */
  get cacheKey(): string {
    return `tuner-${VARIANTS}-${this.gpu.adapter.name.replace(/[^\w.]+/g, "-")}`;
  }

  /** Takes the stored choices; none where nothing is stored or the text is damaged. */
  async load(): Promise<void> {
    const text = await readCache(this.cacheKey);
    try {
      this.choices = Object(JSON.parse(text ?? "{}")) as Record<string, string>;
    } catch {
      this.choices = {};
    }
  }

  /** From now on `op` takes the variant of this name wherever it runs; null goes back to the choices. */
  force(op: string, name: string | null): void {
    if (name === null) this.forced.delete(op);
    else this.forced.set(op, name);
  }

  /** The choice for `op` at the shape class `key`; variants stand in order of preference. */
  pick(op: string, key: string, variants: Variant[]): Variant {
    const usable = variants.filter((v) => v.runs(this.gpu));
    const named = (name: string | undefined) => usable.find((v) => v.name === name);
    const chosen = named(this.forced.get(op)) ?? named(this.choices[`${op} ${key}`]) ?? usable[0];
    if (!chosen) throw new Error(`${op}: none of its variants (${variants.map((v) => v.name).join(", ")}) runs on ${this.gpu.adapter.name}`);
    return chosen;
  }

  /** Runs `launch` with the variant of choice. Ops call this instead of `gpu.run`. */
  launch(op: string, key: string, variants: Variant[], launch: (v: Variant) => Tensor): Tensor {
    const job = { op, key, variants: variants.filter((v) => v.runs(this.gpu)), launch };
    if (!this.gpu.recording) this.jobs?.set(`${op} ${key}`, job);
    const variant = this.pick(op, key, variants);
    this.noted?.push({ op, key, variant: variant.name });
    return launch(variant);
  }

  /** Runs fn and tells which variant each of its heavy calls took, in their order; also what a capture records. */
  taken<T>(fn: () => T): { result: T; taken: Taken[] } {
    const outer = this.noted;
    const taken: Taken[] = (this.noted = []);
    try {
      return { result: fn(), taken };
    } finally {
      this.noted = outer;
    }
  }

  /** Runs fn and returns the heavy calls it makes eagerly, by op and shape class. What it makes is freed, also what it returns. */
  private watch(fn: () => unknown): Map<string, Job> {
    const jobs = (this.jobs = new Map<string, Job>());
    try {
      this.gpu.scope(() => void fn());
    } finally {
      this.jobs = null;
    }
    return jobs;
  }

  /** Runs fn and tells of its heavy calls which variants this adapter can take, the preferred one first. */
  heavy(fn: () => unknown): { op: string; key: string; variants: string[] }[] {
    return [...this.watch(fn).values()].map(({ op, key, variants }) => ({ op, key, variants: variants.map((v) => v.name) }));
  }

  /**
   * Runs fn eagerly (what a capture replays is not seen), times every variant of each heavy op it calls and keeps the
   * fastest, also on disk. Returns all choices. Needs memory for everything that fn makes, at once.
   */
  async tune(fn: () => unknown): Promise<Record<string, string>> {
    const { result: jobs, free } = this.gpu.withoutFreeing(() => this.watch(fn));
    try {
      for (const [id, job] of jobs) if (!(id in this.choices)) this.choices[id] = await this.fastest(job);
    } finally {
      free();
    }
    await writeCache(this.cacheKey, JSON.stringify(this.choices, null, 1));
    return { ...this.choices };
  }

  /** A variant counts only if its result agrees with the first one's: a fast wrong kernel is never chosen. */
  private async fastest(job: Job): Promise<string> {
    const reference = (await this.timed(job, job.variants[0]!)).data;
    let best = { name: job.variants[0]!.name, ms: Infinity };
    for (const variant of job.variants) {
      const { ms, data } = await this.timed(job, variant, HOPELESS * best.ms);
      if (ms < best.ms && agrees(data, reference)) best = { name: variant.name, ms };
    }
    return best.name;
  }

  /** The least of three runs after the first; of one where that one takes longer than `limit`. */
  private async timed(job: Job, variant: Variant, limit = Infinity): Promise<{ ms: number; data: Float32Array }> {
    const once = () => this.gpu.scope(() => job.launch(variant));
    const first = once();
    const data = await first.data();
    first.dispose();
    const times: number[] = [];
    for (let i = 0; i < 3 && !(times[0]! > limit); i++) {
      const start = performance.now();
      const y = once();
      await this.gpu.synchronize();
      times.push(performance.now() - start);
      y.dispose();
    }
    return { ms: Math.min(...times), data };
  }
}

/** Whether a is b to 1e-4 of the largest number of b. */
export function agrees(a: Float32Array, b: Float32Array): boolean {
  const scale = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
  return a.length === b.length && a.every((v, i) => Math.abs(v - b[i]!) <= 1e-4 * scale);
}
