// What a reference case is, how its result is judged, and the files it comes from.

import { fromHalf } from "../data/half.ts";
import { parseSafetensors, type SafeTensor, type SafeTensors } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { fromBrain } from "../model/weights.ts";

export type Status = "pass" | "fail" | "unsupported";

export interface CaseResult {
  /** Folder, group and case: "ops/conv2d/c00". Unique, and the same in every run. */
  id: string;
  op: string;
  status: Status;
  /**
   * The error that came closest to its limit, or went furthest beyond it; null where there is none or it is no number.
   */
  worst: number | null;
  limit: number | null;
  message: string;
}

/** One comparison: what was compared, how far it is off, how far it may be. */
export interface Check {
  what: string;
  error: number;
  limit: number;
}

export interface Case {
  id: string;
  op: string;
  /** Runs the case; a thrown Unsupported or other error is its result too. A text passes it without a number. */
  run(gpu: Engine): Promise<Check[] | string>;
}

/** What purigrad cannot do, as a sentence. */
export class Unsupported extends Error {}

/** Files of a folder of cases; null where there is no such file. In a browser it fetches. */
export type ReadCase = (path: string) => Promise<Uint8Array | null>;

export const SMALLEST = 1.1754943508222875e-38; // normal float32; a GPU may flush what is below to zero

/**
 * max |got - due| / max |due|, of the numbers that are finite; the plain difference where due is all zero. Where NaN or
 * an infinity is due just that must have come, else it is Infinity.
 */
export function relativeError(got: ArrayLike<number>, due: ArrayLike<number>): number {
  if (got.length !== due.length) return Infinity;
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < due.length; i++) {
    if (Object.is(got[i], due[i]) && !Number.isFinite(due[i])) continue;
    if (!Number.isFinite(got[i]) || !Number.isFinite(due[i])) return Infinity;
    const difference = Math.abs(got[i]! - due[i]!);
    if (difference >= SMALLEST) worst = Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(due[i]!));
  }
  return scale >= SMALLEST ? worst / scale : worst;
}

const PIXEL = 1e-4; // a pixel further off than this is wrong

/** Share of pixels that differ, over the examples with a count of 0: there torch's own float32 agrees with float64. */
export function pixelsOff(got: ArrayLike<number>, due: ArrayLike<number>, judged: readonly boolean[]): number {
  const pixels = due.length / judged.length;
  let wrong = 0;
  for (let i = 0; i < due.length; i++)
    if (judged[Math.floor(i / pixels)] && !(Math.abs(got[i]! - due[i]!) <= PIXEL)) wrong++;
  return wrong / Math.max(1, pixels * judged.filter(Boolean).length);
}

/** The case's result from its checks. */
export function judge({ id, op }: Case, outcome: Check[] | string): CaseResult {
  if (typeof outcome === "string") return { id, op, status: "pass", worst: null, limit: null, message: outcome };
  const share = (
    { error, limit }: Check,
  ) => (Number.isNaN(error) ? Infinity : limit > 0 ? error / limit : error > 0 ? Infinity : 0);
  const worst = outcome.reduce((a, b) => (share(b) > share(a) ? b : a), outcome[0]!);
  const failed = outcome.filter((c) => !(c.error <= c.limit));
  const say = (
    c: Check,
  ) => (Number.isFinite(c.error) ? `${c.what} is off by ${c.error.toExponential(1)}, limit ${c.limit}`
    : `${c.what} has numbers that are not finite`);
  return {
    id,
    op,
    status: failed.length ? "fail" : "pass",
    worst: Number.isFinite(worst.error) ? worst.error : null,
    limit: worst.limit,
    message: failed.length ? failed.map(say).join("; ") : `${worst.what} is the worst of ${outcome.length}`,
  };
}

/** The tensors of one file by name, loaded once; errors are one sentence that names the file. */
export class CaseFile {
  private loaded: Promise<SafeTensors> | null = null;

  constructor(private readonly read: ReadCase, readonly path: string) {}

  tensors(): Promise<SafeTensors> {
    return (this.loaded ??= this.read(this.path).then((bytes) => {
      if (!bytes) throw new Error(`${this.path} is missing; the manifest names it`);
      return parseSafetensors(bytes, this.path);
    }));
  }

  async get(name: string): Promise<SafeTensor> {
    const t = (await this.tensors())[name];
    if (!t) throw new Error(`${this.path} has no tensor ${name}`);
    return t;
  }

  async has(name: string): Promise<boolean> {
    return name in (await this.tensors());
  }
}

/** The numbers of a stored tensor, whatever its type. */
export function numbers(t: SafeTensor): Float32Array {
  if (t.dtype === "F16") return fromHalf(t.data);
  if (t.dtype === "BF16") return fromBrain(t.data);
  return Float32Array.from(t.data as ArrayLike<number>, Number);
}

/** A stored tensor on the GPU: whole numbers as i32, others as f32. */
export function upload(gpu: Engine, t: SafeTensor): Tensor {
  if (!/^[IU]/.test(t.dtype) && t.dtype !== "BOOL") return gpu.tensor(numbers(t), t.shape);
  const whole = Array.from(t.data as ArrayLike<number>, Number);
  const large = whole.find((v) => v !== (v | 0));
  if (large !== undefined) throw new Unsupported(`purigrad has no integers of more than 32 bits, such as ${large}`);
  return gpu.tensor(whole, t.shape, "i32");
}

/** A JSON file of the cases; null where there is none. */
export async function readJson(read: ReadCase, path: string): Promise<Record<string, unknown> | null> {
  const bytes = await read(path);
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(`${path} is not JSON (${(error as Error).message}); write it again`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${path} holds no JSON ` +
    `object; a map from names to cases is due`);
  return value as Record<string, unknown>;
}
