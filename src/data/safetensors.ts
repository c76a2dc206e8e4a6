/**
 * The safetensors format (github.com/huggingface/safetensors), read and written without touching files:
 *   8 bytes header length (little-endian), the header as JSON, then the data of all tensors without gaps.
 *   header: { name: { dtype, shape, data_offsets: [begin, end] }, ..., "__metadata__": { text: text } }
 * Half floats keep their bits as 16-bit integers and booleans are bytes, since JavaScript has no arrays for them.
 */

import { checkSum, CHECKSUM, NO_SUM, writeSum } from "./checksum.ts";

const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type SafeDtype = keyof typeof ARRAYS;
/** Narrowing `dtype` narrows `data`: an F32 tensor's is a Float32Array. Row-major. */
export type SafeTensor = {
  [D in SafeDtype]: { dtype: D; shape: number[]; data: InstanceType<(typeof ARRAYS)[D]> };
}[SafeDtype];
/** The tensors of a file by name. */
export type SafeTensors = Record<string, SafeTensor>;

interface Entry {
  name: string;
  dtype: SafeDtype;
  shape: number[];
  begin: number;
  end: number;
}

const METADATA = "__metadata__";
const AGAIN = "the file is cut short or damaged, get it again";
const KNOWN = Object.keys(ARRAYS).join(", ");

/**
 * All tensors by name, in copies of their own. `name` says in messages which file this is.
 * Throws one sentence on a wrong length, header, key, dtype, shape or offset, on overlaps and on gaps.
 */
export function parseSafetensors(bytes: Uint8Array, name = "safetensors"): SafeTensors {
  const { header, start } = readHeader(bytes, name);
  if (METADATA in header) checkMetadata(header[METADATA], name);
  const described = Object.entries(header).filter(([key]) => key !== METADATA);
  const entries = described.map(([key, value]) => checkEntry(key, value, name));
  checkCover(entries, bytes.length - start, name);
  checkSum((header[METADATA] as Record<string, string> | undefined)?.[CHECKSUM], bytes.subarray(start), name);
  return Object.fromEntries(entries.map((entry) => [entry.name, copyTensor(entry, bytes.subarray(start))]));
}

/** The file's `__metadata__`, an empty object where it has none. */
export function safetensorsMetadata(bytes: Uint8Array, name = "safetensors"): Record<string, string> {
  const metadata = readHeader(bytes, name).header[METADATA] ?? {};
  checkMetadata(metadata, name);
  const { [CHECKSUM]: _, ...texts } = metadata as Record<string, string>;
  return texts;
}

/**
 * The bytes of a safetensors file. Wider elements come first, then by name, so the data is aligned
 * and the same tensors give the same bytes in whatever order they were listed.
 * With metadata a checksum of the data is written beside it, which the reader holds the file to.
 * Throws when the data does not fit the dtype or the shape.
 */
export function encodeSafetensors(tensors: SafeTensors, metadata?: Record<string, string>): Uint8Array {
  const named = Object.entries(tensors).sort(byWidthThenName);
  const header: Record<string, unknown> = {};
  if (metadata) header[METADATA] = { ...(checkMetadata(metadata, "safetensors") as object), [CHECKSUM]: NO_SUM };
  let size = 0;
  for (const [name, tensor] of named) {
    checkTensor(name, tensor);
    const { dtype, shape, data } = tensor;
    header[name] = { dtype, shape, data_offsets: [size, (size += data.byteLength)] };
  }
  const whole = joinFile(JSON.stringify(header), named.map(([, tensor]) => tensor), size);
  if (metadata) writeSum(whole, size);
  return whole;
}

function joinFile(json: string, tensors: SafeTensor[], size: number): Uint8Array {
  const raw = new TextEncoder().encode(json);
  const length = Math.ceil(raw.length / 8) * 8;
  const out = new Uint8Array(8 + length + size).fill(0x20, 8, 8 + length);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(raw, 8);
  let at = 8 + length;
  for (const { data } of tensors) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

function readHeader(bytes: Uint8Array, name: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    throw new Error(`${name}: it has ${bytes.length} bytes and a safetensors file has at least 8; ${AGAIN}`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > bytes.length - 8) {
    throw new Error(
      `${name}: its first 8 bytes announce a header of ${length} bytes and only ${bytes.length - 8} follow; it is ` +
        `cut short or no safetensors file`,
    );
  }
  const header = parseJson(bytes.subarray(8, 8 + length), name);
  if (!isRecord(header))
    throw new Error(`${name}: its header is not a JSON object; it is damaged or no safetensors file`);
  return { header, start: 8 + length };
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const twice = repeatedKey(text);
    if (twice !== null) throw new Error(`the key ${twice} stands there twice`);
    return value;
  } catch (error) {
    const fault = (error as Error).message;
    throw new Error(
      `${name}: its header of ${bytes.length} bytes is not sound JSON (${fault}); it is damaged or no safetensors file`,
      { cause: error },
    );
  }
}

/** A key that an object of this JSON text has twice, of which JSON.parse silently takes the last; null for none. */
function repeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, text, colon] of json.matchAll(/[{}]|("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    if (!colon) continue;
    const key = JSON.stringify(JSON.parse(text!));
    if (open.at(-1)!.has(key)) return key;
    open.at(-1)!.add(key);
  }
  return null;
}

function checkEntry(key: string, value: unknown, name: string): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : ({} as Record<string, unknown>);
  if (typeof dtype !== "string" || !Object.hasOwn(ARRAYS, dtype)) {
    throw new Error(
      `${name}: tensor "${key}" has dtype ${JSON.stringify(dtype)}, known are ${KNOWN}; convert it to one of them`,
    );
  }
  if (!isCounts(shape)) {
    throw new Error(
      `${name}: tensor "${key}" has shape ${JSON.stringify(shape)}, a list of whole numbers from 0 was due; ${AGAIN}`,
    );
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw new Error(
      `${name}: tensor "${key}" has data_offsets ${JSON.stringify(offsets)}, [begin, end] was due; ${AGAIN}`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const due = elements(shape) * width(dtype as SafeDtype);
  if (end - begin !== due) {
    throw new Error(
      `${name}: tensor "${key}" is ${dtype} [${shape}], which takes ${due} bytes, and its data_offsets span ` +
        `${end - begin}; ${AGAIN}`,
    );
  }
  return { name: key, dtype: dtype as SafeDtype, shape, begin, end };
}

/** The tensors must tile the data: each begins where the one before ends, and the last ends with the file. */
function checkCover(entries: Entry[], size: number, name: string): void {
  let at = 0;
  let before = "";
  for (const { name: key, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at)
      throw new Error(
        `${name}: tensor "${key}" begins at byte ${begin} and overlaps "${before}", which ends at ${at}; ${AGAIN}`,
      );
    if (begin > at)
      throw new Error(`${name}: bytes ${at} to ${begin} before tensor "${key}" belong to no tensor; ${AGAIN}`);
    if (end > size)
      throw new Error(`${name}: tensor "${key}" ends at byte ${end} and the file has ${size} bytes of data; ${AGAIN}`);
    [at, before] = [end, key];
  }
  if (at !== size)
    throw new Error(`${name}: its tensors end at byte ${at} and the file has ${size} bytes of data; ${AGAIN}`);
}

function copyTensor({ dtype, shape, begin, end }: Entry, data: Uint8Array): SafeTensor {
  const copy = new Uint8Array(end - begin);
  copy.set(data.subarray(begin, end));
  return { dtype, shape, data: new ARRAYS[dtype](copy.buffer) } as SafeTensor;
}

function checkTensor(name: string, { dtype, shape, data }: SafeTensor): void {
  if (name === METADATA) throw new Error(`safetensors: "${METADATA}" is a reserved name; rename that tensor`);
  if (!Object.hasOwn(ARRAYS, dtype))
    throw new Error(
      `safetensors: tensor "${name}" has dtype ${JSON.stringify(dtype)}, known are ${KNOWN}; use one of them`,
    );
  if (!isCounts(shape))
    throw new Error(
      `safetensors: tensor "${name}" has shape ${JSON.stringify(shape)}, a list of whole numbers from 0 was due`,
    );
  if (!(data instanceof ARRAYS[dtype])) {
    throw new Error(
      `safetensors: tensor "${name}" is ${dtype} and its data a ${(data as object)?.constructor?.name}, a ` +
        `${ARRAYS[dtype].name} was due`,
    );
  }
  if (data.length !== elements(shape)) {
    throw new Error(
      `safetensors: tensor "${name}" has shape [${shape}] of ${elements(shape)} elements and its data ` +
        `${data.length}; make them agree`,
    );
  }
}

function checkMetadata(metadata: unknown, name: string): unknown {
  const wrong = isRecord(metadata)
    ? Object.entries(metadata).find(([, value]) => typeof value !== "string")
    : [METADATA];
  if (wrong)
    throw new Error(
      `${name}: the metadata "${wrong[0]}" is not text, and a map from text to text was due; turn it into text`,
    );
  return metadata;
}

function byWidthThenName([a, x]: [string, SafeTensor], [b, y]: [string, SafeTensor]): number {
  return (y.data?.BYTES_PER_ELEMENT ?? 0) - (x.data?.BYTES_PER_ELEMENT ?? 0) || (a < b ? -1 : 1);
}

const width = (dtype: SafeDtype) => ARRAYS[dtype].BYTES_PER_ELEMENT;
const elements = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
