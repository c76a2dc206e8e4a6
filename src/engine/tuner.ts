// Kernels are tuned per adapter: a heavy op lists variants, the tuner times them once per adapter and shape class and
// keeps the choice. Without a measured choice the first variant that suits the adapter is taken, so results never
// depend on timing unless `tune` was asked for.

import { readCache, writeCache } from "#adapter";
import type { Constants, Kernel } from "./run/shader.ts";
import type { Precision, Runtime, Tensor, Variant } from "./tensor.ts";

export type { Variant } from "./tensor.ts";

/** The engine as the tuner sees it. */
interface Bench extends Runtime {
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void };
  synchronize(): Promise<void>;
  capture(fn: () => Tensor): { (): Tensor; dispose(): void };
}

/** One heavy call: the op, its shape class, the variants that run on the adapter in order of preference. */
interface Job {
  op: string;
  key: string;
  variants: Variant[];
}

/** A stored choice: the variant, and the fingerprint of those it was chosen among. */
interface Choice {
  variant: string;
  among: string;
}

/** Code and constants of a kernel as a short text (FNV-1a): a choice made among other texts is not looked at again. */
const fingerprints = new WeakMap<Kernel, Map<string, string>>();
function fingerprint(kernel: Kernel, constants: Constants): string {
  const known = fingerprints.get(kernel) ?? new Map<string, string>();
  fingerprints.set(kernel, known);
  const key = JSON.stringify(constants);
  let print = known.get(key);
  if (print === undefined) {
    let hash = 0x811c9dc5;
    for (const c of kernel.code + key) hash = Math.imul(hash ^ c.codePointAt(0)!, 0x01000193);
    known.set(key, (print = (hash >>> 0).toString(36)));
  }
  return print;
}

const amongOf = (variants: readonly Variant[]): string =>
  variants.map((v) => `${v.name}:${fingerprint(v.kernel, v.constants)}`).join(" ");

/** Which variant a heavy call took. */
export interface Taken {
  op: string;
  key: string;
  variant: string;
}

/** A variant that takes so many times the best one's time is not timed again. */
const HOPELESS = 4;

/** Which variant of a heavy op runs on this adapter: the preferred one, or the fastest where `tune` has measured. */
export class Tuner {
  private choices: Record<string, Choice> = {};
  private readonly forced = new Map<string, string>();
  /** Milliseconds of each variant that was timed since the engine was opened; NaN where its numbers were wrong. */
  readonly measured: Record<string, Record<string, number>> = {};
  private jobs: Map<string, Job> | null = null;
  private noted: Taken[] | null = null;

  /** @internal */
  constructor(private readonly gpu: Bench) {}

  /** Under which name the choices are stored: every adapter has its own, and one for half precision. */
  get cacheKey(): string {
    const half = this.gpu.precision === "f16" ? "-f16" : "";
    return `tuner-${this.gpu.adapter.name.replace(/[^\w.]+/g, "-")}${half}`;
  }

  /** Takes the stored choices, or those of a text; none where nothing is stored or the text is damaged. */
  async load(given?: string): Promise<void> {
    const text = given ?? await readCache(this.cacheKey);
    try {
      this.choices = { ...JSON.parse(text ?? "{}") as Record<string, Choice> };
    } catch {
      this.choices = {};
    }
  }

  /** The variant chosen for each op and shape class that was measured. */
  get chosen(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.choices).map(([id, { variant }]) => [id, variant]));
  }

  /** Drops every choice, also the stored ones: the preferred variants are taken again. */
  async forget(): Promise<void> {
    this.choices = {};
    await writeCache(this.cacheKey, "{}");
  }

  /** From now on `op` takes the variant of this name wherever it runs; null goes back to the choices. */
  force(op: string, name: string | null): void {
    if (name === null) this.forced.delete(op);
    else this.forced.set(op, name);
  }

  /** The choice for `op` at the shape class `key`; variants stand in order of preference. */
  pick(op: string, key: string, variants: readonly Variant[]): Variant {
    const usable = variants.filter((v) => v.runs(this.gpu));
    const named = (name: string | undefined) => usable.find((v) => v.name === name);
    const chosen = named(this.forced.get(op)) ?? named(this.stored(`${op} ${key}`, usable)) ?? usable[0];
    if (!chosen) throw new Error(`${op}: none of its variants (${namesOf(variants).join(", ")}) runs on ` +
      `${this.gpu.adapter.name}`);
    return chosen;
  }

  /** What was measured to be the fastest of just these variants. */
  private stored(id: string, usable: readonly Variant[]): string | undefined {
    const choice = this.choices[id];
    return choice?.among === undefined || choice.among !== amongOf(usable) ? undefined : choice.variant;
  }

  /** Launches the variant of choice; what it makes besides its result is freed. Ops call this instead of `gpu.run`. */
  launch(op: string, key: string, variants: Variant[]): Tensor {
    if (!this.gpu.recording)
      this.jobs?.set(`${op} ${key}`, { op, key, variants: variants.filter((v) => v.runs(this.gpu)) });
    const variant = this.pick(op, key, variants);
    this.noted?.push({ op, key, variant: variant.name });
    return this.gpu.scope(() => variant.launch());
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

  /** Runs fn and returns the heavy calls it makes eagerly, by op and shape class. All that it makes is freed. */
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
    return [...this.watch(fn).values()].map(({ op, key, variants }) => ({ op, key, variants: namesOf(variants) }));
  }

  /**
   * Runs fn eagerly (what a capture replays is not seen), times every variant of each heavy op it calls and keeps the
   * fastest, also on disk. Returns all choices. Needs memory for everything that fn makes, at once.
   */
  async tune(fn: () => unknown): Promise<Record<string, string>> {
    const { result: jobs, free } = this.gpu.withoutFreeing(() => this.watch(fn));
    try {
      for (const [id, job] of jobs) {
        if (this.stored(id, job.variants) !== undefined) continue;
        this.choices[id] = { variant: await this.fastest(job, this.measured[id] = {}), among: amongOf(job.variants) };
      }
    } finally {
      free();
    }
    await writeCache(this.cacheKey, JSON.stringify(this.choices, null, 1));
    return this.chosen;
  }

  /** A variant counts only if its result agrees with the first one's: a fast wrong kernel is never chosen. */
  private async fastest(job: Job, times: Record<string, number>): Promise<string> {
    const reference = (await this.timed(job.variants[0]!)).data;
    let best = { name: job.variants[0]!.name, ms: Infinity };
    for (const variant of job.variants) {
      const { ms, data } = await this.timed(variant, HOPELESS * best.ms);
      const right = agrees(data, reference, toleranceOf(this.gpu.precision));
      times[variant.name] = right ? ms : NaN;
      if (ms < best.ms && right) best = { name: variant.name, ms };
    }
    return best.name;
  }

  /**
   * Milliseconds of a replay, the least of the samples that are long enough; of one that is where it is over `limit`.
   */
  private async timed(variant: Variant, limit = Infinity): Promise<{ ms: number; data: Float32Array }> {
    const step = this.gpu.capture(() => variant.launch());
    try {
      const data = await step().data();
      let [ms, calls] = [await this.sampled(step, 1), 1];
      while (calls * ms < SAMPLE_MS && calls < MOST_CALLS) {
        calls = Math.min(MOST_CALLS, 4 * calls);
        ms = Math.min(ms, await this.sampled(step, calls));
      }
      for (let i = 0; i < 2 && ms <= limit; i++) ms = Math.min(ms, await this.sampled(step, calls));
      return { ms, data: data as Float32Array };
    } finally {
      step.dispose();
    }
  }

  private async sampled(step: () => Tensor, calls: number): Promise<number> {
    const start = performance.now();
    for (let i = 0; i < calls; i++) step();
    await this.gpu.synchronize();
    return (performance.now() - start) / calls;
  }
}

/**
 * A sample is as many calls as fill this: one call takes a GPU's driver a millisecond, whatever the kernel. A tuner
 * that judged by one call kept the first variant of nearly every shape on an H200.
 */
const SAMPLE_MS = 4;
const MOST_CALLS = 100;

const namesOf = (variants: readonly Variant[]): string[] => variants.map((v) => v.name);

/** How far variants may differ, over the largest number: 1e-4, with operands of half precision 2^-8. */
export const toleranceOf = (precision: Precision): number => (precision === "f16" ? 2 ** -8 : 1e-4);

/** Whether a is b to `tolerance` of the largest number of b. */
export function agrees(a: Float32Array, b: Float32Array, tolerance = 1e-4): boolean {
  const scale = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
  return a.length === b.length && a.every((v, i) => Math.abs(v - b[i]!) <= tolerance * scale);
}
