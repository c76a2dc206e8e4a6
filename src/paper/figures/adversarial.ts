// Figure 4: adversarial images and what each purifier makes of them. One block an attack: the digits beside each other,
// under each the attacked one and its reconstructions, so that a column tells which method brings a digit back.

import type { Model } from "../../attacks/index.ts";
import type { Decides } from "../../defences/purifier.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { imagesOf, labelsOf, sample, type Batches } from "../../evaluate/batches.ts";
import type { Attacks } from "../../evaluate/gray-box.ts";
import { drawPictures, type Drawn, type PictureGroup, type PictureRow } from "../../report/pictures.ts";

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
  /** Names of the classes; their numbers unless given. */
  classes?: readonly string[];
}

/** One block as a group of pictures. Under each image the verdict, marked where it is wrong. */
export function verdictGroup({ title, labels, rows }: Block, { classes = [] }: BlockStyle = {}): PictureGroup {
  return { title, rows: rows.map(({ label, images, predicted }): PictureRow => {
    if (predicted.length !== labels.length) throw new Error(`verdicts: row "${label}" of ${title} has ` +
      `${predicted.length} verdicts and there are ${labels.length} labels; give one an image`);
    return { label, images, captions: Array.from(predicted, (c) => classes[c] ?? String(c)),
      wrong: Array.from(predicted, (c, i) => c !== labels[i]) };
  }) };
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

/** Figure 4: a group for each attack on the first images of a set. */
export async function figure4(gpu: Engine, set: Batches, attacks: Attacks, classify: Model,
  methods: readonly Method[], { count = 8, ...style }: BlockStyle & { count?: number } = {}): Promise<Drawn> {
  const [clean, y] = [imagesOf(gpu, set, 0), labelsOf(gpu, set, 0)];
  const groups: PictureGroup[] = [];
  for (const [name, attack] of Object.entries(attacks)) {
    const attacked = attack?.(clean, y) ?? clean;
    const block = await verdictBlock(gpu, name, attacked, { clean, labels: set.labels[0]!, classify, methods, count });
    groups.push(verdictGroup(block, style));
    if (attacked !== clean) attacked.dispose();
  }
  [clean, y].forEach((t) => t.dispose());
  return drawPictures(groups, set.shape);
}
