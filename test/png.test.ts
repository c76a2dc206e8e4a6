/** Grids of images as PNG, and their font. */
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { drawText, textWidth, toAscii } from "../src/report/font.ts";
import { imageGrid, type ImageGrid } from "../src/report/png.ts";

const test = suite("png");

/** Colours of a PNG as "r,g,b" with how many pixels have each. */
function colours(png: Uint8Array): Map<string, number> {
  const { data } = PNG.sync.read(Buffer.from(png));
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += 4) {
    const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

const GRID: ImageGrid = {
  title: "two rows",
  shape: [1, 2, 3],
  columns: ["a", "b"],
  rows: [
    { label: "original", images: Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1, 0.5) },
    { label: "purified:\nC-VAE+G", images: new Float32Array(6).fill(0.25), captions: ["3 99%"] },
  ],
  scale: 4,
};

test("a grid decodes, is not blank, and holds each image pixel as scale x scale equal ones", () => {
  const counts = colours(imageGrid(GRID));
  assert.ok(counts.get("255,255,255")! > 1000, "the ground is white");
  assert.ok(counts.get("32,33,36")! > 100, "there is a title in ink");
  for (const grey of [0, 51, 102, 153, 204]) assert.is(counts.get(`${grey},${grey},${grey}`), 16, `grey ${grey}`);
  assert.is(counts.get("64,64,64"), 6 * 16);
});

test("the same grid gives the same bytes", () => {
  assert.equal(imageGrid(GRID), imageGrid(structuredClone(GRID)));
});

test("RGB images keep their channels; values outside are clamped and NaN is red", () => {
  const images = Float32Array.of(1, -3, 0, 0.2, 2, NaN);
  const counts = colours(imageGrid({ shape: [3, 1, 2], rows: [{ label: "", images }], scale: 1 }));
  // planes: red [1, -3], green [0, 0.2], blue [2, NaN]
  assert.is(counts.get("255,0,255"), 1);
  assert.is(counts.get("220,38,38"), 1);
});

test("long titles, names, captions and many label lines stay inside the picture", () => {
  const rows = [{ label: "1\n2\n3\n4\n5", images: new Float32Array(2), captions: ["a long caption", "another"] }];
  const { width, height } = PNG.sync.read(Buffer.from(imageGrid({ title: "t".repeat(80), shape: [1, 1, 1], rows })));
  assert.ok(width > 80 * 12 && height > 5 * 20, `${width}x${height}`);
});

test("grids that cannot be drawn are refused", () => {
  const rows = [{ label: "FGSM", images: new Float32Array(7) }];
  assert.throws(
    () => imageGrid({ shape: [1, 2, 3], rows }),
    /row "FGSM" has 7 values, a multiple of 6 \(\[n, 1,2,3\]\)/,
  );
  assert.throws(() => imageGrid({ shape: [2, 2, 3], rows }), /\[2,2,3\]/);
  assert.throws(() => imageGrid({ shape: [1, 2, 3], rows: [] }), /no rows/);
  assert.throws(() => imageGrid({ ...GRID, scale: 0 }), /scale is 0/);
  assert.throws(() => imageGrid({ ...GRID, columns: ["a", "b", "c"] }), /3 column names and 2 columns/);
});

test("the font has every printable sign, each different, and spells others", () => {
  const seen = new Map<string, string>();
  for (let code = 33; code < 127; code++) {
    const sign = String.fromCharCode(code);
    const dots: string[] = [];
    drawText(sign, (x, y) => dots.push(`${x},${y}`));
    assert.ok(dots.length > 0, `${sign} is blank`);
    assert.not.ok(seen.has(dots.join(" ")), `${sign} looks like ${seen.get(dots.join(" "))}`);
    seen.set(dots.join(" "), sign);
  }
  assert.is(toAscii("σ ≤ 0.5 → é 漢"), "sigma <= 0.5 -> e ?");
  assert.is(textWidth("ab"), 11);
  assert.is(textWidth(""), 0);
});

test.run();
