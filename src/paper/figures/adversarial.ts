// Figure 4: adversarial images and what each purifier makes of them. One block an attack: the digits beside each other,
// under each the attacked one and its reconstructions, so that a column tells which method brings a digit back.

import { PNG } from "pngjs";
import type { Model } from "../../attacks/index.ts";
import type { Decides } from "../../defences/purifier.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { imagesOf, labelsOf, sample, type Batches } from "../../evaluate/batches.ts";
import type { Attacks } from "../../evaluate/gray-box.ts";
import { imageGrid, smallest, type GridRow } from "../../report/png.ts";

export interface Method extends Decides {
  label: string;
}

export interface VerdictRow {
  label: string;
  /** [n,C,H,W] in [0,1]. */
  images: Float32Array;
  /** What the classifier says, [n]. */
  predicted: ArrayLike<number>;
}

export interface Block {
  title: string;
  /** The true labels, [n]. */
  labels: ArrayLike<number>;
  rows: readonly VerdictRow[];
}

export interface BlockStyle {
  /** Screen pixels an image pixel, 1 to 8. */
  scale?: number;
  /** Blocks beside each other. */
  across?: number;
  /** Names of the classes; their numbers unless given. */
  classes?: readonly string[];
}

/** One block as PNG. Under each image the verdict; a wrong one bears a "!". */
export function verdictGrid({ title, labels, rows }: Block, shape: Batches["shape"],
  { scale = 2, classes = [] }: BlockStyle = {}): Uint8Array {
  const drawn = rows.map(({ label, images, predicted }): GridRow => {
    if (predicted.length !== labels.length)
      throw new Error(`verdictGrid: row "${label}" of ${title} has ` +
        `${predicted.length} verdicts and there are ${labels.length} labels; give one an image`);
    return { label, images,
      captions: Array.from(predicted, (c, i) => `${classes[c] ?? c}${c === labels[i] ? "" : " !"}`) };
  });
  return imageGrid({ title, shape, rows: drawn, scale });
}

/** PNGs in rows of `across`, each at the upper left of its cell, on white. */
export function tile(pngs: readonly Uint8Array[], across: number): Uint8Array {
  if (pngs.length === 0 || !(across >= 1)) throw new Error(`tile: ${pngs.length} pictures came, ${across} beside ` +
    `each other; at least one of each was due`);
  const pictures = pngs.map((bytes) => PNG.sync.read(Buffer.from(bytes)));
  const columns = Math.min(across, pictures.length);
  const [width, height] = [Math.max(...pictures.map((p) => p.width)), Math.max(...pictures.map((p) => p.height))];
  const whole = new PNG({ width: columns * width, height: Math.ceil(pictures.length / columns) * height });
  whole.data.fill(255);
  pictures.forEach((p, i) =>
    PNG.bitblt(p, whole, 0, 0, p.width, p.height, (i % columns) * width, Math.floor(i / columns) * height)
  );
  return smallest(whole);
}

/** One batch of images, the first `count` of which are drawn. */
export interface Shown {
  clean: Tensor;
  labels: ArrayLike<number>;
  classify: Model;
  methods: readonly Method[];
  count: number;
}

/** The block of one attack: the first originals, attacked ones, and a row for each method. */
export async function verdictBlock(gpu: Engine, title: string, attacked: Tensor,
  { clean, labels, classify, methods, count }: Shown): Promise<Block> {
  const size = clean.shape[0]!;
  if (!(count >= 1 && count <= size)) throw new Error(`figure 4: ${count} images wanted; 1 to ${size}, the size of a ` +
    `batch, are due`);
  const row = async (label: string, method: Method | null, x: Tensor): Promise<VerdictRow> => ({ label,
    ...(await sample(gpu, method, classify, x, count)) });
  const rows = [await row("original", null, clean), await row("attacked", null, attacked)];
  for (const method of methods) rows.push(await row(method.label, method, attacked));
  return { title, labels: Array.from(labels).slice(0, count), rows };
}

/** Figure 4 as PNG: a block for each attack on the first images of a set, two blocks beside each other. */
export async function figure4(gpu: Engine, set: Batches, attacks: Attacks, classify: Model,
  methods: readonly Method[], { count = 8, across = 2, ...style }: BlockStyle & { count?: number; } = {}):
  Promise<Uint8Array> {
  const [clean, y] = [imagesOf(gpu, set, 0), labelsOf(gpu, set, 0)];
  const pngs: Uint8Array[] = [];
  for (const [name, attack] of Object.entries(attacks)) {
    const attacked = attack?.(clean, y) ?? clean;
    const block = await verdictBlock(gpu, name, attacked, { clean, labels: set.labels[0]!, classify, methods, count });
    pngs.push(verdictGrid(block, set.shape, style));
    if (attacked !== clean) attacked.dispose();
  }
  [clean, y].forEach((t) => t.dispose());
  return tile(pngs, across);
}
