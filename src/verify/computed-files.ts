// What reads weights, data and checkpoints: sound bytes give their numbers, all others are refused. On the host; these
// files hold what the other cases are made of.

import { crc32 } from "../data/checksum.ts";
import { fromHalf, toHalf } from "../data/half.ts";
import { encodeSafetensors, parseSafetensors, safetensorsMetadata } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import { sgd } from "../model/optim.ts";
import { makeParameters } from "../model/params.ts";
import { loadCheckpoint, saveCheckpoint, type Place } from "../train/checkpoint.ts";
import { relativeError, type Case, type Check } from "./case.ts";
import { computedCase as one, numbers } from "./computed-tools.ts";

/** 0 where a call throws what is due, or throws nothing where nothing is. */
export function said(what: string, due: RegExp | null, call: () => unknown): Check {
  let message: string | null = null;
  try {
    call();
  } catch (error) {
    message = (error as Error).message;
  }
  return { what: `${what}: ${message ?? "no word"}`, limit: 0,
    error: Number(due ? message === null || !due.test(message) : message !== null) };
}

/** A file of this header, and so many bytes of data. */
function fileOf(header: unknown, size: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const F32 = (shape: unknown, begin: number, end: number) => ({ dtype: "F32", shape, data_offsets: [begin, end] });

async function runRefusals(): Promise<Check[]> {
  const parse = (header: unknown, size: number) => () => parseSafetensors(fileOf(header, size));
  const [a, b] = [F32([2], 0, 8), F32([1], 8, 12)];
  return [
    said("two tensors", null, parse({ a, b }, 12)),
    said("the second first", null, parse({ b, a }, 12)),
    said("an empty one between", null, parse({ a, c: F32([0, 3], 8, 8), b }, 12)),
    said("a gap", /belong to no tensor/, parse({ a, b: F32([1], 12, 16) }, 16)),
    said("a gap of a byte", /belong to no tensor/, parse({ a, b: F32([1], 9, 13) }, 13)),
    said("an overlap", /overlaps/, parse({ a, b: F32([1], 4, 8) }, 8)),
    said("an end beyond the file", /ends at byte 12/, parse({ a, b }, 11)),
    said("bytes at the end", /end at byte 12/, parse({ a, b }, 13)),
    said("offsets of too few bytes", /takes 8 bytes/, parse({ a: F32([2], 0, 4) }, 4)),
    said("offsets of too many", /takes 8 bytes/, parse({ a: F32([2], 0, 12) }, 12)),
    said("a type that nobody knows", /dtype/, parse({ a: { ...a, dtype: "F8" } }, 8)),
    said("a side that is no number", /shape/, parse({ a: F32([1.5], 0, 6) }, 6)),
    said("a key that stands there twice", /twice/, parse('{"a":{"x":1,"x":2}}', 0)),
    said("a header that is cut", /header of/, () => parseSafetensors(fileOf({ a, b }, 0).subarray(0, 20))),
    said("seven bytes", /at least 8/, () => parseSafetensors(new Uint8Array(7))),
    said("metadata that are no text", /not text/, parse({ __metadata__: { a: 1 }, a }, 8)),
  ];
}

/** A file that says its checksum, and one byte of it changed. */
async function runSum(): Promise<Check[]> {
  const data = new Float32Array(numbers("checksum", 9));
  const bytes = encodeSafetensors({ w: { dtype: "F32", shape: [3, 3], data } }, { of: "nobody" });
  const damaged = bytes.slice();
  damaged[damaged.length - 1]! ^= 1;
  const { w } = parseSafetensors(bytes);
  const text = crc32(new TextEncoder().encode("123456789")); // the check value of CRC-32
  return [{ what: "the numbers", error: relativeError(w!.data as Float32Array, data), limit: 0 },
    { what: `the checksum ${text}`, error: Number(text !== "cbf43926"), limit: 0 },
    said("a damaged file", /checksum/, () => parseSafetensors(damaged)),
    { what: "the metadata", limit: 0,
      error: Number(JSON.stringify(safetensorsMetadata(bytes)) !== '{"of":"nobody"}') }];
}

/** Numbers around the edges of half floats, and the bits due. */
const HALVES: [number, number][] = [[0, 0], [1, 0x3c00], [-2, 0xc000], [65504, 0x7bff], [65519, 0x7bff],
  [65520, 0x7c00], [-1e9, 0xfc00], [2 ** -24, 1], [2 ** -25, 0], [1.5 * 2 ** -24, 2], [2 ** -14, 0x0400],
  [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [0.1, 0x2e66], [Infinity, 0x7c00]];

async function runHalves(): Promise<Check[]> {
  const bits = toHalf(new Float32Array(HALVES.map(([v]) => v)));
  const back = fromHalf(Uint16Array.from(HALVES, ([, due]) => due));
  const due = [0, 1, -2, 65504, 65504, Infinity, -Infinity, 2 ** -24, 0, 2 ** -23, 2 ** -14, 1, 1 + 2 ** -9,
    0.0999755859375, Infinity];
  return [{ what: "the bits", error: relativeError(bits, HALVES.map(([, b]) => b)), limit: 0 },
    { what: "the numbers", error: relativeError(back, due), limit: 0 }];
}

/** What is saved comes back, the optimiser's moments too; another run's checkpoint is refused. */
async function runCheckpoint(gpu: Engine): Promise<Check[]> {
  let kept: Uint8Array | null = null;
  const place: Place = { name: "the checkpoint", read: () => kept, write: (bytes) => { kept = bytes; },
    remove: () => { kept = null; } };
  const made = () => {
    const params = makeParameters(gpu, { w: { shape: [5], init: numbers("kept", 5) } }, 0);
    return { gpu, params: [params], optimizer: sgd([params], { lr: 0.1, momentum: 0.9 }) };
  };
  const step = ({ optimizer }: ReturnType<typeof made>) =>
    gpu.scope(() => optimizer.step([gpu.tensor(numbers("kept gradient", 5))]));
  const [first, second] = [made(), made()];
  const position = { step: 7, seconds: 1.5, losses: [[1, 2]] as [number, number][] };
  const draws = await gpu.random.save();
  for (let i = 0; i < 3; i++) step(first);
  await saveCheckpoint(place, first, position, { seed: 1, net: "a" });
  gpu.random.draw().dispose();
  const found = loadCheckpoint(place, second, { seed: 1, net: "a" });
  const after = await gpu.random.save();
  [first, second].forEach(step);
  const checks: Check[] = [
    { what: "the weights a step later", limit: 0,
      error: relativeError(await second.params[0]!.get("w").data(), await first.params[0]!.get("w").data()) },
    { what: "where random numbers go on", error: relativeError(after, draws), limit: 0 },
    { what: `the position ${JSON.stringify(found)}`, limit: 0,
      error: Number(JSON.stringify(found) !== JSON.stringify(position)) },
    said("another seed", /belongs to/, () => loadCheckpoint(place, second, { seed: 2, net: "a" })),
    said("another network", /belongs to/, () => loadCheckpoint(place, second, { seed: 1, net: "b" })),
  ];
  gpu.random.restore(draws);
  [first, second].forEach(({ params, optimizer }) => [...params, optimizer].forEach((t) => t.dispose()));
  return checks;
}

export const fileCases = (): Case[] => [one("files", "safetensors that are not sound", runRefusals),
  one("files", "a checksum", runSum), one("files", "half floats", runHalves),
  one("files", "a checkpoint", runCheckpoint)];
