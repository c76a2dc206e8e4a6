// Cases of `purigrad verify` that only Node can run: the readers of image files, on small files of their formats.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readBinary, RECORD, sha256 } from "../data/cifar10-files.ts";
import { bytesToUnit, slice } from "../data/images.ts";
import { readMnist } from "../data/mnist.ts";
import { relativeError, type Case, type Check } from "../verify/case.ts";
import { said } from "../verify/computed-files.ts";
import { computedCase as one } from "../verify/computed-tools.ts";

type Files = Record<string, Uint8Array>;

/** What `ask` says of a folder with these files, which is gone afterwards. */
function inFolder<T>(files: Files, ask: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-verify-"));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    return ask(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// ---- MNIST ----------------------------------------------------------------------------------------------------------

const SIDE = 28;

/** An idx file: 00 00, type, number of sizes, the sizes of four bytes each, the data. */
function idx(sizes: number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + data.length);
  bytes.set([0, 0, type, sizes.length]);
  sizes.forEach((size, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, size));
  bytes.set(Array.from(data), 4 + 4 * sizes.length);
  return bytes;
}

const pixel = (at: number): number => (at * 31 + (at >> 8)) % 256;
const images = (n: number): Uint8Array =>
  idx([n, SIDE, SIDE], Uint8Array.from({ length: n * SIDE * SIDE }, (_, at) => pixel(at)));
const DIGITS = [7, 9, 0];

/** Three training images, of which the labels are packed, and two test images. */
const digits = (change: Files = {}): Files => ({ "train-images-idx3-ubyte": images(3),
  "train-labels-idx1-ubyte.gz": gzipSync(idx([3], DIGITS)), "t10k-images-idx3-ubyte": images(2),
  "t10k-labels-idx1-ubyte": idx([2], [4, 9]), ...change });

async function runDigits(): Promise<Check[]> {
  const { train, test } = inFolder(digits(), readMnist);
  const due = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, at) => pixel(at) / 255);
  const last = slice(train, 2);
  const refused = (what: string, why: RegExp, change: Files) =>
    said(what, why, () => inFolder(digits(change), readMnist));
  return [
    { what: "the images", error: relativeError(train.images, due), limit: 1e-6 },
    { what: "the labels", error: relativeError([...train.labels, ...test.labels], [...DIGITS, 4, 9]), limit: 0 },
    { what: "the last image", error: relativeError(last.images, due.subarray(2 * SIDE * SIDE)), limit: 1e-6 },
    { what: "its label", error: relativeError(last.labels, [0]), limit: 0 },
    { what: "bytes in [0, 1]", error: relativeError(bytesToUnit(Uint8Array.of(0, 51, 255)), [0, 0.2, 1]), limit: 1e-6 },
    refused("a label of 10", /label 1 is 10/, { "t10k-labels-idx1-ubyte": idx([2], [4, 10]) }),
    refused("a file cut short", /cut short/, { "t10k-images-idx3-ubyte": images(2).subarray(0, -1) }),
    refused("a byte too many", /more than its header/, { "t10k-labels-idx1-ubyte": idx([1], [4, 9]) }),
    refused("a label too few", /has 1 labels/, { "t10k-labels-idx1-ubyte": idx([1], [4]) }),
    refused("images of another size", /28x27/, { "t10k-images-idx3-ubyte": idx([2, 28, 27], new Uint8Array(1512)) }),
    refused("no images", /0 images/, { "t10k-images-idx3-ubyte": idx([0, 28, 28], []) }),
    refused("signed bytes", /signed bytes/, { "t10k-labels-idx1-ubyte": idx([2], [4, 9], 9) }),
    refused("labels for images", /dimension/, { "t10k-images-idx3-ubyte": idx([2], [4, 9]) }),
  ];
}

// ---- CIFAR-10 -------------------------------------------------------------------------------------------------------

const NAMES = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];
const COUNT = 2;
const byteOf = (file: number, at: number): number =>
  at % RECORD === 0 ? (3 * file + at / RECORD) % 10 : (at * 7 + file * 13 + (at >> 6)) % 256;
const recordsOf = (file: number): Uint8Array =>
  Uint8Array.from({ length: COUNT * RECORD }, (_, at) => byteOf(file, at));
const LAYOUT = { count: COUNT,
  sha256: Object.fromEntries(NAMES.map((name, file) => [`${name}.bin`, sha256(recordsOf(file))])) };

const things = (change: Files = {}): Files =>
  ({ ...Object.fromEntries(NAMES.map((name, file) => [`${name}.bin`, recordsOf(file)])), ...change });

async function runThings(): Promise<Check[]> {
  const { train, test } = inFolder(things(), (folder) =>
    ({ train: readBinary("train", folder, LAYOUT), test: readBinary("test", folder, LAYOUT) }));
  const pixelsOf = (file: number) => [...recordsOf(file)].filter((_, at) => at % RECORD !== 0);
  const labelsOf = (file: number) => [byteOf(file, 0), byteOf(file, RECORD)];
  const refused = (what: string, why: RegExp, change: Files) =>
    said(what, why, () => inFolder(things(change), (folder) => readBinary("train", folder, LAYOUT)));
  const wrong = recordsOf(1).map((v, at) => (at === RECORD ? 10 : v));
  const other = recordsOf(0).map((v, at) => (at === 0 ? 9 : v)); // labels of its own, images of the first
  return [
    { what: "the images", error: relativeError(train.bytes, [0, 1, 2, 3, 4].flatMap(pixelsOf)), limit: 0 },
    { what: "the labels", error: relativeError(train.labels, [0, 1, 2, 3, 4].flatMap(labelsOf)), limit: 0 },
    { what: "test images", error: relativeError(test.bytes, pixelsOf(5)), limit: 0 },
    { what: "test labels", error: relativeError(test.labels, labelsOf(5)), limit: 0 },
    refused("a label of 10", /label 1 is 10/, { "data_batch_2.bin": wrong }),
    refused("a file cut short", /cut short/, { "data_batch_2.bin": recordsOf(1).subarray(1) }),
    refused("test images among those for training", /is that of test_batch/, { "data_batch_3.bin": recordsOf(5) }),
    refused("the same images twice", /same images/, { "data_batch_4.bin": other }),
  ];
}

export const readerCases = (): Case[] => [one("files", "MNIST's", runDigits), one("files", "CIFAR-10's", runThings)];
