/** Files of pictures, and the words that belong to them. */
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { picturesHtml } from "../src/report/html-figure.ts";
import { cutPictures, drawPictures, type PictureGroup } from "../src/report/pictures.ts";

const test = suite("pictures");

/** Colours of a PNG as "r,g,b" with how many pixels have each. */
function colours(png: Uint8Array): Record<string, number> {
  const { data } = PNG.sync.read(Buffer.from(png));
  const counts: Record<string, number> = {};
  for (let i = 0; i < data.length; i += 4) {
    const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
    counts[colour] = (counts[colour] ?? 0) + 1;
  }
  return counts;
}

const GROUPS: PictureGroup[] = [
  { title: "FGSM", rows: [
    { label: "original", images: Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1, 0.5) },
    { label: "by C-VAE+G", images: new Float32Array(6).fill(0.25), captions: ["3"], wrong: [true] },
  ] },
];

test("the file has a line a row and each pixel once; the words are kept beside it", () => {
  const { png, sheet } = drawPictures(GROUPS, [1, 2, 3]);
  const { width, height } = PNG.sync.read(Buffer.from(png));
  assert.equal([width, height], [2 * 3, 2 * 2]);
  assert.equal(colours(png), { "0,0,0": 1, "51,51,51": 1, "102,102,102": 1, "153,153,153": 1, "204,204,204": 1,
    "255,255,255": 6 + 6, "128,128,128": 1, "64,64,64": 6 });
  assert.equal(sheet, { width: 3, height: 2, groups: [{ title: "FGSM", rows: [{ label: "original", count: 2 },
    { label: "by C-VAE+G", count: 1, captions: ["3"], wrong: [0] }] }] });
  assert.equal(drawPictures(structuredClone(GROUPS), [1, 2, 3]).png, png);
});

test("RGB images keep their channels; values outside are clamped and NaN is red", () => {
  const images = Float32Array.of(1, -3, 0, 0.2, 2, NaN);
  // planes: red [1, -3], green [0, 0.2], blue [2, NaN]
  assert.equal(colours(drawPictures([{ rows: [{ label: "", images }] }], [3, 1, 2]).png),
    { "255,0,255": 1, "220,38,38": 1 });
});

test("cut apart, every picture is itself again", () => {
  const { png, sheet } = drawPictures(GROUPS, [1, 2, 3]);
  const [first, second] = cutPictures(png, sheet);
  assert.equal([first!.length, second!.length], [2, 1]);
  assert.equal(colours(second![0]!), { "64,64,64": 6 });
  assert.equal(colours(first![1]!), { "255,255,255": 5, "128,128,128": 1 });
  assert.throws(() => cutPictures(png, { ...sheet, width: 4 }), /the file has 6x4 pixels, 8x4 were due; draw it again/);
});

test("in a page: a cell a picture with its words, the wrong ones marked; stacked ones share a cell", () => {
  const { png, sheet } = drawPictures(GROUPS, [1, 2, 3]);
  const html = picturesHtml(png, sheet, "Figure");
  assert.is(html.match(/<li/g)!.length, 3);
  assert.match(html, /<li class="wrong"><img [^>]*alt=""><span><span class="spoken">wrong: <\/span>3<\/span><\/li>/);
  assert.match(html, /alt="original"/);
  const rows = [GROUPS[0]!.rows[1]!, GROUPS[0]!.rows[1]!];
  const pair = drawPictures([{ title: "Cluster 0", stacked: true, rows }], [1, 2, 3]);
  assert.match(picturesHtml(pair.png, pair.sheet, ""), /<li class="wrong"><img [^>]*><img [^>]*><span>/);
});

test("many rows in several groups are folded but for the first", () => {
  const long = { title: "PGD", rows: Array.from({ length: 4 }, () => GROUPS[0]!.rows[0]!) };
  const { png, sheet } = drawPictures([long, long, long], [1, 2, 3]);
  const html = picturesHtml(png, sheet, "");
  assert.is(html.match(/<details/g)!.length, 3);
  assert.is(html.match(/<details class="group" open/g)!.length, 1);
});

test("pictures that cannot be drawn are refused", () => {
  const draw = (row: object, shape: [number, number, number] = [1, 2, 3]) => () =>
    drawPictures([{ rows: [{ label: "FGSM", images: new Float32Array(6), ...row }] }], shape);
  assert.throws(draw({ images: new Float32Array(7) }), /row "FGSM" has 7 values, a multiple of 6 \(\[n, 1,2,3\]\)/);
  assert.throws(draw({}, [2, 2, 3]), /\[2,2,3\]/);
  assert.throws(() => drawPictures([], [1, 2, 3]), /no rows/);
  assert.throws(draw({ captions: ["a", "b"] }), /2 captions and 1 images/);
});

test.run();
