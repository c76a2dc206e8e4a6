/**
 * The binary version of CIFAR-10 (cs.toronto.edu/~kriz/cifar.html): six files of 10,000 records,
 *   1 byte label, 0 to 9, then 3072 bytes of one 32x32 image: 1024 red, 1024 green, 1024 blue, each row by row.
 * From a folder of the six, from the folder cifar-10-batches-bin in it, or from cifar-10-binary.tar.gz.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { untar } from "../engine/device/tar.node.ts";
import type { Part } from "./dataset.ts";
import { readFileOr } from "./files.ts";
import type { ImageShape } from "./images.ts";

export const SHAPE: ImageShape = [3, 32, 32];
export const PIXELS = 3072;
export const RECORD = 1 + PIXELS;
/** The six files and the sha256 of each: those of the official archive, and those that the npm package decodes to. */
const SHA256: Readonly<Record<string, string>> = {
  "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
  "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
  "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
  "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
  "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
  "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
};
const NAMES = Object.keys(SHA256);
const FILES: Record<Part, string[]> = { train: NAMES.slice(0, 5), test: NAMES.slice(5) };

/** What the six files are; smaller ones in tests. */
export interface Layout {
  /** Images in one file. */
  count: number;
  /** The sha256 of each. */
  sha256: Readonly<Record<string, string>>;
}
export const CIFAR10: Layout = { count: 10_000, sha256: SHA256 };

const INNER = "cifar-10-batches-bin";
const ARCHIVE = "cifar-10-binary.tar.gz";
const AGAIN = "run `purigrad data cifar10`, or download the file again";
/** A guard against a gzip stream that unpacks without end. */
const MAX_UNPACKED = 2 ** 29;

/** The bytes of one of the six files, and how a message calls it. */
type Source = (name: string) => { file: string; bytes: Uint8Array };

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * One part: bytes [n,3,32,32] and labels [n]. `place` is a folder or a .tar.gz file. Throws one sentence that names the
 * file where one is missing, cut short, foreign or in the place of another.
 */
export function readBinary(part: Part, place: string,
  layout = CIFAR10): { bytes: Uint8Array; labels: Int32Array } {
  const { count } = layout;
  const open = openSource(place);
  const names = FILES[part];
  const bytes = new Uint8Array(names.length * count * PIXELS);
  const labels = new Int32Array(names.length * count);
  names.forEach((name, i) => {
    const source = open(name);
    checkRecords(source.bytes, source.file, count);
    checkPlace(source.bytes, source.file, name, layout);
    copyRecords(source.bytes, bytes.subarray(i * count * PIXELS), labels.subarray(i * count), count);
    checkNew(bytes, i, count, source.file, names);
  });
  return { bytes, labels };
}

function copyRecords(records: Uint8Array, bytes: Uint8Array, labels: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    labels[i] = records[i * RECORD]!;
    bytes.set(records.subarray(i * RECORD + 1, (i + 1) * RECORD), i * PIXELS);
  }
}

// ---- checks of one file ---------------------------------------------------------------------------------------------

function checkRecords(bytes: Uint8Array, file: string, count: number): void {
  const due = count * RECORD;
  if (bytes.length !== due) {
    const fault = bytes.length > 0 && bytes.length % (RECORD + 1) === 0
      ? "it looks like CIFAR-100, whose records have two labels, take CIFAR-10's binary version"
      : `it ${bytes.length < due ? "is cut short" : "has more than that"}, ${AGAIN}`;
    throw new Error(`${file}: it has ${bytes.length} bytes, ${count} images of CIFAR-10 take ${due}; ${fault}`);
  }
  for (let i = 0; i < count; i++)
    if (bytes[i * RECORD]! > 9) throw new Error(`${file}: label ${i} is ${bytes[i * RECORD]}, and 0 to 9 were due; ` +
      `this is not CIFAR-10's binary version, ${AGAIN}`);
}

/** A known file under another's name: test images among the training images would make every result worthless. */
function checkPlace(bytes: Uint8Array, file: string, name: string, layout: Layout): void {
  const hash = sha256(bytes);
  const real = NAMES.find((other) => layout.sha256[other] === hash);
  if (real && real !== name)
    throw new Error(`${file}: its content is that of ${real}, and ${name} was due; the files are mixed up, ${AGAIN}`);
}

/** Throws when file i repeats the images of one before it. */
function checkNew(bytes: Uint8Array, i: number, count: number, file: string, names: string[]): void {
  const images = (k: number) => bytes.subarray(k * count * PIXELS, (k + 1) * count * PIXELS);
  const twin = names.findIndex((_, k) => k < i && Buffer.compare(images(k), images(i)) === 0);
  if (twin >= 0)
    throw new Error(`${file}: it has the same images as ${names[twin]}, and others were due; one is a copy, ${AGAIN}`);
}

// ---- where the files are --------------------------------------------------------------------------------------------

const isFile = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;

function openSource(place: string): Source {
  if (isFile(place)) return openArchive(place);
  if (!fs.statSync(place, { throwIfNoEntry: false }))
    throw new Error(`${place}: there is no such folder; run \`purigrad data cifar10\`, or give the folder that holds ` +
      `CIFAR-10's ${NAMES[0]} to ${NAMES[5]}`);
  const home = [place, path.join(place, INNER)].find((folder) =>
    NAMES.some((name) => isFile(path.join(folder, name)))
  );
  if (home) return openFolder(home);
  const archive = path.join(place, ARCHIVE);
  if (isFile(archive)) return openArchive(archive);
  throw new Error(`${place}: there is no ${NAMES[0]} in it (nor ${INNER}, nor ${ARCHIVE})${foreign(place)}; run ` +
    `\`purigrad data cifar10\`, or put CIFAR-10's six binary files there`);
}

/** What else a folder without the six files may hold. */
function foreign(folder: string): string {
  const has = (...names: string[]) => names.every((name) => isFile(path.join(folder, name)));
  if (has("train.bin", "test.bin")) return ", its train.bin and test.bin are CIFAR-100's";
  return has("data_batch_1") ? ", its data_batch_1 is of the Python version" : "";
}

const openFolder = (folder: string): Source => (name) => {
  const file = path.join(folder, name);
  if (!isFile(file)) throw missing(folder, name);
  return { file, bytes: readFileOr(file, "the CIFAR-10 images") };
};

function openArchive(archive: string): Source {
  const files = unpackTar(archive);
  return (name) => {
    const found = files.find((file) => path.posix.basename(file.name) === name);
    if (!found) throw missing(archive, name);
    return { file: `${archive}: ${name}`, bytes: found.bytes };
  };
}

const missing = (where: string, name: string) =>
  new Error(`${where}: there is no ${name} in it, and ${NAMES[0]} to ${NAMES[4]} and ${NAMES[5]} were due; ${AGAIN}`);

/** The files of a .tar.gz archive, in memory. Throws one sentence that names it. */
export function unpackTar(archive: string): ReturnType<typeof untar> {
  const packed = readFileOr(archive, "the archive");
  try {
    return untar(gunzipSync(packed, { maxOutputLength: MAX_UNPACKED }));
  } catch (error) {
    throw new Error(`${archive}: its ${packed.length} bytes are no whole .tar.gz archive (${
      (error as Error).message}); download it again`, { cause: error });
  }
}
