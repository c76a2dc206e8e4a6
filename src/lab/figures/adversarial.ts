// Figure 4: adversarial images and what each purifier makes of them. One block an attack: the digits beside each other,
// under each the attacked one and its reconstructions, so that a column tells which method brings a digit back.

import { PNG } from "pngjs";
import type { Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { sample, type Batches } from "../evaluate.ts";
import { imageGrid, type GridRow } from "../png.ts";

export interface Method {
  label: string;
  /** Images to images, on the GPU. */
  purify: Model;
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
}

/** One block as PNG. Under each image the verdict; a wrong one bears a "!". */
export function verdictGrid({ title, labels, rows }: Block, shape: Batches["shape"],
  { scale = 2 }: BlockStyle = {}): Uint8Array {
  const drawn = rows.map(({ label, images, predicted }): GridRow => {
    if (predicted.length !== labels.length)
      throw new Error(`verdictGrid: row "${label}" of ${title} has ` +
        `${predicted.length} verdicts and there are ${labels.length} labels; give one an image`);
    return { label, images,
      captions: Array.from(predicted, (digit, i) => (digit === labels[i] ? `${digit}` : `${digit} !`)) };
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
  return PNG.sync.write(whole, { colorType: 2, deflateLevel: 9, filterType: 0 });
}

/** The block of one attack: the first `count` originals, attacked ones, and a row for each method. */
export async function verdictBlock(gpu: Engine,
  { name, clean, attacked, classify, methods, count = 8 }: { name: string; clean: Batches; attacked: Batches;
    classify: Model; methods: readonly Method[]; count?: number; }): Promise<Block> {
  if (!(count >= 1 && count <= clean.size))
    throw new Error(`figure 4: ${count} digits wanted; 1 to ${clean.size}, ` +
      `the size of a batch, are due`);
  const row = async (label: string, purify: Model | null, set: Batches): Promise<VerdictRow> => {
    const { images, predicted } = await sample(gpu, purify, classify, set, count);
    return { label, images, predicted };
  };
  const rows = [await row("original", null, clean), await row("attacked", null, attacked)];
  for (const { label, purify } of methods) rows.push(await row(label, purify, attacked));
  return { title: name, labels: clean.labels[0]!.subarray(0, count), rows };
}

/** Figure 4 as PNG: a block for each attack of `attacked`, two beside each other. */
export async function figure4(gpu: Engine, clean: Batches, attacked: Readonly<Record<string, Batches>>, classify: Model,
  methods: readonly Method[],
  { count = 8, across = 2, scale = 2 }: BlockStyle & { count?: number; } = {}): Promise<Uint8Array> {
  const pngs: Uint8Array[] = [];
  for (const [name, set] of Object.entries(attacked))
    pngs.push(
      verdictGrid(await verdictBlock(gpu, { name, clean, attacked: set, classify, methods, count }), clean.shape, {
        scale,
      }),
    );
  return tile(pngs, across);
}
