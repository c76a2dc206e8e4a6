/**
 * Image grids as PNG: rows and columns of small images with their names, for the report and the README.
 * Nearest neighbour, so that every pixel of an image is seen as it is. The same grid gives the same bytes.
 */
import { PNG, type PNGOptions } from "pngjs";
import { CELL, drawText, textWidth } from "./font.ts";

export interface GridRow {
  /** Stands left of the row; "\n" begins a second line. */
  label: string;
  /** [n, C, H, W] in [0, 1], row-major; values outside are clamped, NaN is drawn red. */
  images: Float32Array;
  /** One under each image, as in "7 98%". */
  captions?: readonly string[];
}

export interface ImageGrid {
  title?: string;
  /** C is 1 (grey) or 3 (RGB). */
  shape: readonly [channels: number, height: number, width: number];
  /** One over each column. */
  columns?: readonly string[];
  rows: readonly GridRow[];
  /** Screen pixels an image pixel, 1 to 8. */
  scale?: number;
}

type Rgb = readonly [number, number, number];
type Canvas = { width: number; height: number; data: Uint8Array };
type Box = { x: number; y: number; width: number; height: number };

const INK: Rgb = [32, 33, 36];
const MUTED: Rgb = [104, 107, 114];
const BROKEN: Rgb = [220, 38, 38];
const TEXT_SCALE = 2;
const LINE = (CELL.height + 1) * TEXT_SCALE;
const MARGIN = 16;
const GAP = 4;
const LABEL_GAP = 12;

/** The grid as the bytes of an RGB PNG. Throws when a row has no whole number of images or the shape is wrong. */
export function imageGrid(grid: ImageGrid): Uint8Array {
  checkGrid(grid);
  const plan = layOut(grid);
  const canvas = blank(plan.width, plan.height);
  if (grid.title) text(canvas, grid.title, MARGIN, MARGIN, INK);
  grid.columns?.forEach((label, i) => centred(canvas, label, plan.cell(0, i), plan.columnsTop));
  grid.rows.forEach((row, r) => {
    paintLabel(canvas, row.label, plan.labelRight, plan.cell(r, 0));
    paintRow(canvas, grid, row, (i) => plan.cell(r, i));
  });
  return encode(canvas);
}

/**
 * Where everything goes, in screen pixels. A row is as high as its image or its label, and its captions come under it.
 */
function layOut({ title = "", shape, columns = [], rows, scale = 3 }: ImageGrid) {
  const image = { width: shape[2] * scale, height: shape[1] * scale };
  const pitch =
    GAP + Math.max(image.width, widest([...columns, ...rows.flatMap((row) => row.captions ?? [])]) + 2 * GAP);
  const left = MARGIN + widest(rows.flatMap((row) => row.label.split("\n"))) + LABEL_GAP;
  const columnsTop = MARGIN + (title ? LINE + 3 * GAP : 0);
  const heights = rows.map(({ label, captions }) => {
    return Math.max(image.height, label.split("\n").length * LINE) + (captions ? LINE + 3 * GAP : GAP);
  });
  let next = columnsTop + (columns.length > 0 ? LINE : 0);
  const tops = heights.map((height) => (next += height) - height);
  const count = Math.max(...rows.map((row) => row.images.length / (shape[0] * shape[1] * shape[2])));
  const inset = Math.floor((pitch - GAP - image.width) / 2);
  return {
    width: Math.max(left + count * pitch - GAP, MARGIN + widest([title])) + MARGIN,
    height: next - GAP + MARGIN,
    columnsTop,
    cell: (row: number, column: number): Box => ({ x: left + column * pitch + inset, y: tops[row]!, ...image }),
    labelRight: left - LABEL_GAP,
  };
}

/** Screen pixels that the longest of these texts takes. */
function widest(texts: readonly string[]): number {
  return TEXT_SCALE * Math.max(0, ...texts.map(textWidth));
}

/** The lines end at `right` and stand in the middle of the row's first image, or at its top where they are higher. */
function paintLabel(canvas: Canvas, label: string, right: number, { y, height }: Box): void {
  const lines = label.split("\n");
  const top = y + Math.max(0, Math.round((height - lines.length * LINE) / 2)) + TEXT_SCALE;
  lines.forEach((line, i) => text(canvas, line, right - widest([line]), top + i * LINE, INK));
}

function paintRow(canvas: Canvas, { shape }: ImageGrid, row: GridRow, cell: (column: number) => Box): void {
  const size = shape[0] * shape[1] * shape[2];
  for (let i = 0; i * size < row.images.length; i++) {
    const box = cell(i);
    paintImage(canvas, row.images.subarray(i * size, (i + 1) * size), shape, box);
    centred(canvas, row.captions?.[i] ?? "", box, box.y + box.height + GAP);
  }
}

/** image [C, H, W] into its box, whose sides are H and W times the scale. */
function paintImage(
  canvas: Canvas,
  image: Float32Array,
  [channels, height, width]: ImageGrid["shape"],
  box: Box,
): void {
  const scale = box.width / width;
  const plane = height * width;
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => image[i + Math.min(c, channels - 1) * plane]!) as [number, number, number];
    const colour: Rgb = Number.isNaN(r + g + b) ? BROKEN : [toByte(r), toByte(g), toByte(b)];
    const x = box.x + (i % width) * scale;
    fill(canvas, { x, y: box.y + Math.floor(i / width) * scale, width: scale, height: scale }, colour);
  }
}

const toByte = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)));

function centred(canvas: Canvas, words: string, box: Box, y: number): void {
  text(canvas, words, box.x + Math.round((box.width - widest([words])) / 2), y, MUTED);
}

function text(canvas: Canvas, words: string, x: number, y: number, colour: Rgb): void {
  const s = TEXT_SCALE;
  drawText(words, (dx, dy) => fill(canvas, { x: x + dx * s, y: y + dy * s, width: s, height: s }, colour));
}

/** Everything is laid out inside the canvas, so nothing is clipped here. */
function fill({ width, data }: Canvas, box: Box, [r, g, b]: Rgb): void {
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const at = 3 * (y * width + x);
      data[at] = r;
      data[at + 1] = g;
      data[at + 2] = b;
    }
  }
}

function blank(width: number, height: number): Canvas {
  return { width, height, data: new Uint8Array(3 * width * height).fill(255) };
}

function encode({ width, height, data }: Canvas): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer);
  return smallest(png, { inputColorType: 2, inputHasAlpha: false });
}

function checkGrid({ shape, rows, columns = [], scale = 3 }: ImageGrid): void {
  const [channels, height, width] = shape;
  if ((channels !== 1 && channels !== 3) || !(height > 0) || !(width > 0)) {
    throw new Error(`imageGrid: the shape is [${shape}], [1, H, W] or [3, H, W] was due`);
  }
  if (!Number.isInteger(scale) || scale < 1 || scale > 8)
    throw new Error(`imageGrid: scale is ${scale}, a whole number from 1 to 8 was due`);
  if (rows.length === 0) throw new Error("imageGrid: there are no rows; give at least one");
  const size = channels * height * width;
  for (const { label, images, captions = [] } of rows) {
    const n = images.length / size;
    if (!Number.isInteger(n) || n === 0) {
      throw new Error(
        `imageGrid: row "${label}" has ${images.length} values, a multiple of ${size} ([n, ${shape}]) was due`,
      );
    }
    if (captions.length > n)
      throw new Error(`imageGrid: row "${label}" has ${captions.length} captions and ${n} images; give one an image`);
  }
  const most = Math.max(...rows.map((row) => row.images.length / size));
  if (columns.length > most)
    throw new Error(`imageGrid: there are ${columns.length} column names and ${most} columns; give one a column`);
}

/** A picture in colours without alpha as PNG: filtered or not, whichever is smaller. Drawings want none, photos one. */
export function smallest(png: PNG, options: PNGOptions = {}): Uint8Array {
  const [plain, filtered] = ([0, 4] as const).map((filterType) =>
    PNG.sync.write(png, { colorType: 2, deflateLevel: 9, ...options, filterType })
  );
  return plain!.length <= filtered!.length ? plain! : filtered!;
}
