// Weights as bytes of a safetensors file: what a state dict is read from and written to, on any platform.

import { fromHalf, toHalf } from "../data/half.ts";
import { encodeSafetensors, parseSafetensors, type SafeTensor, type SafeTensors } from "../data/safetensors.ts";
import { describeValue } from "../engine/tensor.ts";
import { checkChoice, checkOptions, fail } from "../kernels/check.ts";
import type { StateDict } from "./params.ts";

/** A tensor of a safetensors file, in a type that purigrad computes with. */
export type LoadedTensor =
  | { dtype: "F32"; shape: number[]; data: Float32Array }
  | { dtype: "I32"; shape: number[]; data: Int32Array };

/** BF16 are the upper 16 bits of float32. */
export function fromBrain(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (b) => b * 65536).buffer);
}

/** 64-bit integers that fit into 32; an error by name where one does not. */
function narrowed(name: string, data: BigInt64Array): Int32Array {
  const large = data.find((v) => BigInt.asIntN(32, v) !== v);
  if (large !== undefined) fail("loadSafetensors", `${name} holds ${large}, which does not fit into 32 bits`);
  return Int32Array.from(data, Number);
}

function loaded(name: string, t: SafeTensor): LoadedTensor {
  const { shape } = t;
  if (t.dtype === "F32") return { dtype: "F32", shape, data: t.data };
  if (t.dtype === "F16") return { dtype: "F32", shape, data: fromHalf(t.data) };
  if (t.dtype === "BF16") return { dtype: "F32", shape, data: fromBrain(t.data) };
  if (t.dtype === "I32") return { dtype: "I32", shape, data: t.data };
  if (t.dtype === "I64") return { dtype: "I32", shape, data: narrowed(name, t.data) };
  if (t.dtype === "U8") return { dtype: "I32", shape, data: Int32Array.from(t.data) };
  return fail("loadSafetensors", `${name} is ${t.dtype}; F32, F16, BF16, I32, I64 or U8 is due`);
}

const bytesOf = (op: string, bytes: unknown): Uint8Array => {
  if (bytes instanceof Uint8Array) return bytes;
  return bytes instanceof ArrayBuffer ? new Uint8Array(bytes)
    : fail(op, `${describeValue(bytes)} given; the bytes of a file are due, a Uint8Array or an ArrayBuffer`);
};

/**
 * The tensors of a safetensors file by name: F32, F16 and BF16 as float32, I32, I64 and U8 as int32. For
 * `params.load(loadSafetensors(bytes))` and `gpu.tensor(t.data, t.shape)`. `name` says in errors which file it is.
 */
export function loadSafetensors(bytes: Uint8Array | ArrayBuffer, name = "safetensors"): Record<string, LoadedTensor> {
  const tensors = parseSafetensors(bytesOf("loadSafetensors", bytes), name);
  return Object.fromEntries(Object.entries(tensors).map(([key, t]) => [key, loaded(key, t)]));
}

/** How saveSafetensors writes. */
export interface SaveOptions {
  /** F16 takes half the space of F32, the default. */
  dtype?: "F32" | "F16";
  /** Texts by name, for the head of the file. */
  metadata?: Record<string, string>;
}

/** The bytes of a safetensors file with a state dict. */
export function saveSafetensors(state: StateDict, options: SaveOptions = {}): Uint8Array {
  checkOptions("saveSafetensors", options, ["dtype", "metadata"]);
  const dtype = checkChoice("saveSafetensors", "dtype", options.dtype ?? "F32", ["F32", "F16"]);
  if (typeof state !== "object" || state === null)
    fail("saveSafetensors", `${describeValue(state)} given; a state dict is due, such as await params.state()`);
  if (dtype === "F32") return encodeSafetensors(state as SafeTensors, options.metadata);
  const halves = Object.entries(state).map(([key, { shape, data }]) => [key, { dtype, shape, data: toHalf(data) }]);
  return encodeSafetensors(Object.fromEntries(halves) as SafeTensors, options.metadata);
}
