/**
 * Rows of small pictures. The file is a PNG of the pictures alone, a line each row, every pixel as it is; the words
 * that belong to them are text (`Sheet`) and stand in a page. The same pictures give the same bytes.
 */
import { PNG } from "pngjs";

export interface PictureRow {
  label: string;
  /** [n,C,H,W] in [0,1], row-major; values outside are clamped, NaN is drawn red. */
  images: Float32Array;
  /** One under each picture, as in "7"; fewer leave the last without. */
  captions?: readonly string[];
  /** Whether what a caption says is wrong, for each. */
  wrong?: readonly boolean[];
}

export interface PictureGroup<Row = PictureRow> {
  title?: string;
  rows: readonly Row[];
  /** The n-th pictures of all rows stand over each other, with the caption of the last. */
  stacked?: boolean;
}

/** The words of a row, and how many pictures it has. */
export interface SheetRow {
  label: string;
  count: number;
  captions?: readonly string[];
  /** Numbers of the captions that are wrong. */
  wrong?: readonly number[];
}

/** What stands in the lines of a picture file, from its top. */
export interface Sheet {
  /** Of a picture, in pixels. */
  width: number;
  height: number;
  groups: readonly PictureGroup<SheetRow>[];
}

export interface Drawn {
  png: Uint8Array;
  sheet: Sheet;
}

type Shape = readonly [channels: number, height: number, width: number];
type Rgb = readonly [number, number, number];

const BROKEN: Rgb = [220, 38, 38];

/** The groups as a file and its words. shape [C,H,W], C 1 (grey) or 3 (RGB). Throws where a row does not fit it. */
export function drawPictures(groups: readonly PictureGroup[], shape: Shape): Drawn {
  const rows = groups.flatMap((group) => group.rows);
  check(rows, shape);
  const [, height, width] = shape;
  const png = new PNG({ width: width * Math.max(...rows.map((row) => countOf(row, shape))),
    height: height * rows.length });
  png.data.fill(255);
  rows.forEach((row, r) => paintRow(png, row.images, shape, r * height));
  return { png: smallest(png), sheet: { width, height, groups: groups.map((group) => wordsOf(group, shape)) } };
}

const sizeOf = ([channels, height, width]: Shape): number => channels * height * width;
const countOf = ({ images }: PictureRow, shape: Shape): number => images.length / sizeOf(shape);

const wordsOf = ({ rows, ...group }: PictureGroup, shape: Shape): PictureGroup<SheetRow> => ({ ...group,
  rows: rows.map((row) => {
    const { label, captions, wrong = [] } = row;
    const numbers = wrong.flatMap((is, i) => (is ? [i] : []));
    return { label, count: countOf(row, shape), ...(captions && { captions }),
      ...(numbers.length && { wrong: numbers }) };
  }) });

/** images [n,C,H,W] beside each other, from `top` pixels below the upper edge. */
function paintRow(png: PNG, images: Float32Array, shape: Shape, top: number): void {
  const [channels, height, width] = shape;
  const plane = height * width;
  for (let i = 0; i < images.length / channels; i++) {
    const [n, at] = [Math.floor(i / plane), i % plane];
    const value = (c: number) => images[(n * channels + Math.min(c, channels - 1)) * plane + at]!;
    const [r, g, b] = [value(0), value(1), value(2)];
    const colour: Rgb = Number.isNaN(r + g + b) ? BROKEN : [toByte(r), toByte(g), toByte(b)];
    png.data.set(colour, 4 * ((top + Math.floor(at / width)) * png.width + n * width + (at % width)));
  }
}

const toByte = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)));

function check(rows: readonly PictureRow[], shape: Shape): void {
  const [channels, height, width] = shape;
  if ((channels !== 1 && channels !== 3) || !(height > 0) || !(width > 0))
    throw new Error(`pictures: the shape is [${shape}], [1, H, W] or [3, H, W] was due`);
  if (rows.length === 0) throw new Error("pictures: there are no rows; give at least one");
  for (const row of rows) {
    const [n, named] = [countOf(row, shape), Math.max(row.captions?.length ?? 0, row.wrong?.length ?? 0)];
    if (!Number.isInteger(n)) throw new Error(`pictures: row "${row.label}" has ${row.images.length} values, a ` +
      `multiple of ${sizeOf(shape)} ([n, ${shape}]) was due`);
    if (named > n) throw new Error(`pictures: row "${row.label}" has ${named} captions and ${n} images; give one an ` +
      `image`);
  }
}

/** Every picture of a file as a PNG of its own, line by line. Throws where the words are of a file of another size. */
export function cutPictures(file: Uint8Array, { width, height, groups }: Sheet): Uint8Array[][] {
  const whole = PNG.sync.read(Buffer.from(file));
  const rows = groups.flatMap((group) => group.rows);
  const due = [width * Math.max(...rows.map(({ count }) => count)), height * rows.length];
  if (whole.width !== due[0] || whole.height !== due[1]) throw new Error(`pictures: the file has ${whole.width}x` +
    `${whole.height} pixels, ${due.join("x")} were due; draw it again`);
  return rows.map(({ count }, r) => Array.from({ length: count }, (_, i) => {
    const one = new PNG({ width, height });
    PNG.bitblt(whole, one, i * width, r * height, width, height);
    return smallest(one);
  }));
}

const isGrey = ({ data }: PNG): boolean => {
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
};

/** A picture without alpha as PNG, grey where it has no colour: filtered or not, whichever is smaller. */
export function smallest(png: PNG): Uint8Array {
  const colorType = isGrey(png) ? 0 : 2;
  const [plain, filtered] = ([0, 4] as const).map((filterType) =>
    PNG.sync.write(png, { colorType, deflateLevel: 9, filterType })
  );
  return plain!.length <= filtered!.length ? plain! : filtered!;
}
