/** The readers of MNIST: the real files, small ones, and broken ones. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toImageSet } from "../src/data/dataset.ts";
import { parseIdx } from "../src/data/idx.ts";
import { mnist, readMnist, readMnistPart, slice } from "../src/data/mnist.ts";
import { assertSentence } from "./sentence.ts";

const NAMES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
};

const test = suite<{ folder: string }>("data");

test.before.each((context) => {
  context.folder = fs.mkdtempSync(path.join(os.tmpdir(), "purigrad-data-"));
});
test.after.each(({ folder }) => fs.rmSync(folder, { recursive: true, force: true }));

/** An idx file: 00 00 type dims, big-endian sizes, elements. */
function idx(shape: number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((size, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, size));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const images = (n: number) =>
  idx(
    [n, 28, 28],
    Uint8Array.from({ length: n * 784 }, (_, i) => i % 256),
  );
const labels = (n: number) =>
  idx(
    [n],
    Uint8Array.from({ length: n }, (_, i) => i % 10),
  );

/** Three training and two test images under the canonical names; `change` replaces or (null) leaves out files. */
function smallMnist(folder: string, change: Record<string, Uint8Array | null> = {}): void {
  const files: Record<string, Uint8Array | null> = {
    [NAMES.trainImages]: images(3),
    [NAMES.trainLabels]: labels(3),
    [NAMES.testImages]: images(2),
    [NAMES.testLabels]: labels(2),
    ...change,
  };
  for (const [name, bytes] of Object.entries(files)) if (bytes) fs.writeFileSync(path.join(folder, name), bytes);
}

test("MNIST of the npm package is whole", () => {
  const { train, test } = readMnist();
  assert.equal([train.n, test.n], [60000, 10000]);
  assert.equal(train.shape, [1, 28, 28]);
  assert.is(train.images.length, 60000 * 784);
  assert.equal([...train.labels.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  assert.equal([...test.labels.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const perDigit = Array.from({ length: 10 }, (_, digit) => test.labels.filter((label) => label === digit).length);
  assert.equal(perDigit, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const mean = train.images.reduce((a, b) => a + b, 0) / train.images.length;
  assert.ok(Math.abs(mean - 0.1307) < 1e-4, `the mean of the training images is ${mean}`);
  assert.is(Math.max(...test.images.subarray(0, 784)), 1);
});

test("the four files of a folder, plain and gzipped, with - and . before idx", ({ folder }) => {
  smallMnist(folder, {
    [NAMES.trainImages]: null,
    [`${NAMES.trainImages}.gz`]: gzipSync(images(3)),
    [NAMES.trainLabels]: null,
    "train-labels.idx1-ubyte": labels(3),
    [NAMES.testLabels]: null,
    "t10k-labels.idx1-ubyte.gz": gzipSync(labels(2)),
  });
  const { train, test } = readMnist(folder);
  assert.equal([train.n, test.n], [3, 2]);
  assert.equal([...train.labels], [0, 1, 2]);
  assert.is(train.images[255], 1);
  assert.is(train.images[1], Math.fround(1 / 255));
});

test("MNIST as bytes: what the idx files hold, and the same images as readMnistPart", ({ folder }) => {
  smallMnist(folder);
  const set = mnist.read("train", folder);
  assert.equal({ ...set, bytes: null, labels: [...set.labels] },
    { name: "mnist", bytes: null, labels: [0, 1, 2], n: 3, shape: [1, 28, 28], classes: [..."0123456789"] });
  assert.equal(set.bytes, images(3).slice(16));
  assert.equal(toImageSet(set), readMnistPart("train", folder));
  assert.is(mnist.read("test").n, mnist.sizes.test);
});

test("a folder that has the name of a file is passed over", ({ folder }) => {
  smallMnist(folder, { [NAMES.testLabels]: null, [`${NAMES.testLabels}.gz`]: gzipSync(labels(2)) });
  fs.mkdirSync(path.join(folder, NAMES.testLabels));
  assert.is(readMnistPart("test", folder).n, 2);
});

test("a missing folder and a missing file", ({ folder }) => {
  assertSentence(() => readMnist(path.join(folder, "no")), path.join(folder, "no"), "not a folder", "give one");
  smallMnist(folder, { [NAMES.testLabels]: null });
  assertSentence(() => readMnist(folder), folder, "there is no t10k-labels-idx1-ubyte", ".gz", "put the four");
});

/** File, what stands in it, and what the sentence must say besides the file's name. */
const BROKEN: [title: string, file: string, bytes: Uint8Array, ...parts: string[]][] = [
  ["empty", NAMES.trainImages, new Uint8Array(0), "is empty", "download"],
  ["one byte", NAMES.trainImages, images(3).slice(0, 1), "another kind of file", "begins with 00"],
  ["cut in the header", NAMES.trainImages, images(3).slice(0, 9), "has 9 bytes", "takes 16", "cut short"],
  [
    "cut in the data",
    NAMES.trainImages,
    images(3).slice(0, 1000),
    "[3,28,28]",
    "takes 2368 bytes",
    "has 1000",
    "cut short",
  ],
  ["too long", NAMES.trainLabels, idx([3], [1, 2, 3, 4]), "takes 11 bytes", "has 12", "more than its header"],
  ["a web page", NAMES.trainImages, new TextEncoder().encode("<!doctype html><p>404"), "3c 21 64 6f", "00 00 08 03"],
  [
    "floats",
    NAMES.trainImages,
    idx([3, 28, 28], new Uint8Array(3 * 784 * 4), 0x0d),
    "holds float32",
    "unsigned bytes were due",
  ],
  ["labels for images", NAMES.trainImages, labels(3), "1 dimension", "3 were due", "mixed up"],
  ["images for labels", NAMES.trainLabels, images(3), "3 dimension", "1 were due", "mixed up"],
  ["another size", NAMES.trainImages, idx([3, 32, 32], new Uint8Array(3 * 1024)), "32x32", "28x28"],
  ["no images", NAMES.trainImages, idx([0, 28, 28], []), "0 images"],
  ["label 10", NAMES.trainLabels, idx([3], [0, 10, 1]), "label 1 is 10", "0 to 9 were due"],
  ["another number of labels", NAMES.trainLabels, labels(2), "has 2 labels", "has 3 images", "same set"],
  [
    "gzip cut short",
    NAMES.trainImages,
    gzipSync(images(3)).subarray(0, 100),
    "gzip stream of 100 bytes is broken",
    "download",
  ],
  ["gzip with wrong bytes", NAMES.trainImages, gzipSync(images(3)).fill(7, 40, 60), "is broken", "download"],
];

for (const [title, file, bytes, ...parts] of BROKEN) {
  test(`refused with one sentence: ${title}`, ({ folder }) => {
    smallMnist(folder, { [file]: bytes });
    assertSentence(() => readMnist(folder), path.join(folder, file), ...parts);
  });
}

test("idx sizes beyond memory are refused by arithmetic, not by allocation", () => {
  const bytes = idx([0xffffffff, 0xffffffff, 0xffffffff], []);
  assertSentence(() => parseIdx(bytes, 3, "huge"), "huge", "cut short");
});

test("slice gives views and refuses what is not there", ({ folder }) => {
  smallMnist(folder);
  const { train } = readMnist(folder);
  const last = slice(train, 1);
  assert.equal([last.n, [...last.labels], last.shape], [2, [1, 2], [1, 28, 28]]);
  assert.is(last.images.length, 2 * 784);
  assert.is(last.images.buffer, train.images.buffer);
  assert.is(last.images[0], train.images[784]);
  for (const [from, to] of [
    [0, 4],
    [-1, 2],
    [2, 2],
    [0.5, 2],
    [0, NaN],
  ] as const) {
    assertSentence(() => slice(train, from, to), `${from} to ${to}`, "the set has 3");
  }
});

test("slice of colour images", () => {
  const set = { images: new Float32Array(2 * 3072), labels: Int32Array.of(4, 9), n: 2, shape: [3, 32, 32] as const };
  assert.is(slice(set, 1, 2).images.byteOffset, 3072 * 4);
});

test.run();
