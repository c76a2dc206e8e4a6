// Purifiers without training, and the targeted loss of AutoAttack, on inputs whose results are known.

import { dlrTargetedLoss } from "../../attacks/index.ts";
import { bitDepth } from "../../defences/bit-depth.ts";
import { jpeg } from "../../defences/jpeg.ts";
import { pca } from "../../defences/pca.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";

const inUnit = (seed: string, n: number): number[] => numbers(seed, n).map((v) => Math.fround(0.5 + 0.4 * v));

/** The nearest of 2^bits values from 0 to 1. */
async function runBits(gpu: Engine): Promise<Check[]> {
  const values = inUnit("bits", 64);
  const x = gpu.tensor(values, [4, 1, 4, 4]);
  return Promise.all([1, 3, 5].map((bits) => {
    const most = 2 ** bits - 1;
    return check(`${bits} bits`, bitDepth({ bits }).purify(x), values.map((v) => Math.round(v * most) / most));
  }));
}

/** All but one component of some images give those images back. */
async function runPca(gpu: Engine): Promise<Check[]> {
  const [n, pixels] = [5, 12];
  const images = inUnit("pca", n * pixels);
  const { purify } = pca(gpu, new Float32Array(images), { components: n - 1, pixels });
  return [await check("the images again", purify(gpu.tensor(images, [n, 1, 3, 4])), images)];
}

/** Of a grey block JPEG keeps the mean, in steps of an eighth of the first entry of its table: 8 at quality 75. */
async function runJpeg(gpu: Engine): Promise<Check[]> {
  const levels = [0, 3, 100, 129, 200, 255];
  const x = gpu.tensor(levels.flatMap((v) => Array<number>(64).fill(v / 255)), [levels.length, 1, 8, 8]);
  return [await check("grey blocks", jpeg(gpu, { quality: 75 }).purify(x), await x.data())];
}

/** -(z_y - z_t) / (z_1 - (z_3 + z_4) / 2), z_1 >= z_2 >= .. sorted: Croce and Hein, ICML 2020, Eq. 7. */
async function runDlr(gpu: Engine): Promise<Check[]> {
  const [n, k] = [4, 6];
  const [logits, labels, targets] = [numbers("dlr", n * k), [0, 3, 5, 2], [1, 4, 0, 5]];
  const due = labels.map((y, i) => {
    const z = logits.slice(i * k, (i + 1) * k);
    const [first, , third, fourth] = [...z].sort((a, b) => b - a) as [number, number, number, number];
    return -(z[y]! - z[targets[i]!]!) / (first - (third + fourth) / 2 + 1e-12);
  });
  const got = dlrTargetedLoss(gpu.tensor(logits, [n, k]), gpu.tensor(labels, [n], "i32"),
    gpu.tensor(targets, [n], "i32"));
  return [await check("losses", got, due)];
}

export const filterCases = (): Case[] => [one("bitDepth", "levels", runBits), one("pca", "full rank", runPca),
  one("jpeg", "grey blocks", runJpeg), one("dlrTargetedLoss", "of six classes", runDlr)];
