// Figures as HTML. A drawing stands in the page as SVG, in a second layout or in pieces on a phone, so that its words
// keep their size; rows of pictures are a grid that wraps, and bars are boxes, with real text.

import { cutPictures, type PictureGroup, type Sheet, type SheetRow } from "./pictures.ts";
import { colour, SVG_STYLE } from "./svg.ts";
import { scroller } from "./html-table.ts";
import { escapeHtml } from "./words.ts";

/** An SVG as text, and another layout of it for a phone. */
export interface Drawing {
  wide: string;
  /** No wider than NARROW; without it the pieces that the <view>s of `wide` name, or it scrolls in its own box. */
  narrow?: string;
}

export interface Bars {
  /** What a bar of each colour is. */
  series: readonly string[];
  /** The length of the longest possible bar. */
  most: number;
  unit: string;
  /** One value a series, null where there is none; `marks`: what each is to be held against. */
  groups: readonly { label: string; values: readonly (number | null)[]; marks?: readonly (number | undefined)[] }[];
  /** What a mark is. */
  mark?: string;
}

const captioned = (body: string, caption: string): string =>
  `<figure>\n${body}\n<figcaption>${escapeHtml(caption)}</figcaption>\n</figure>`;

/** An SVG of ours as a part of the page, whose style sheet has its styles. */
const inPage = (svg: string, label: string): string =>
  svg.trim().replace(`<style>${SVG_STYLE}</style>`, "").replace(/ xmlns="[^"]*"/, "")
    .replace("<svg", `<svg aria-label="${escapeHtml(label)}"`);

/** The pieces of an SVG that its <view>s name, each an SVG of its own. */
function piecesOf(svg: string): string {
  const boxes = [...svg.matchAll(/<view [^>]*viewBox="([^"]+)"/g)].map((found) => found[1]!);
  return boxes.map((box) => {
    const [, , width, height] = box.split(" ");
    return svg.replace(/<view [^>]*\/>\n?/g, "").replace(/viewBox="[^"]*" width="[^"]*" height="[^"]*"/,
      `viewBox="${box}" width="${width}" height="${height}"`);
  }).join("\n");
}

/** A drawing with its caption; alt says what it shows, for someone who does not see it. */
export function drawingHtml({ wide, narrow = piecesOf(wide) }: Drawing, alt: string, caption: string): string {
  const whole = inPage(wide.replace(/<view [^>]*\/>\n?/g, ""), alt);
  if (!narrow) return captioned(scroller(caption, whole), caption);
  const pieces = narrow.split(/(?<=<\/svg>)\s*(?=<svg)/).map((piece) => inPage(piece, alt));
  return captioned(`<div class="drawn wide">${whole}</div>\n<div class="drawn narrow">${pieces.join("\n")}</div>`,
    caption);
}

/** A PNG as it is, no wider than the page. Throws where the bytes are none. */
export function imageHtml(png: Uint8Array, alt: string, caption: string): string {
  return captioned(`<img src="${dataUri(png)}" alt="${escapeHtml(alt)}"${pngSize(png)}>`, caption);
}

/** Width and height from the PNG's header, so that the page does not jump while it loads. */
function pngSize(png: Uint8Array): string {
  const signature = [0x89, 0x50, 0x4e, 0x47];
  if (png.length < 24 || signature.some((byte, i) => png[i] !== byte)) throw new Error(`htmlReport: a figure of ` +
    `${png.length} bytes is no PNG; give the bytes of a PNG or the text of an SVG`);
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return ` width="${view.getUint32(16)}" height="${view.getUint32(20)}"`;
}

const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString("base64")}`;

/** Rows of pictures from their file: a grid that wraps; groups of many rows are folded but for the first. */
export function picturesHtml(file: Uint8Array, sheet: Sheet, caption: string): string {
  const pictures = cutPictures(file, sheet);
  const long = sheet.groups.length > 1 && sheet.groups.every(({ rows, stacked }) => rows.length > 3 && !stacked);
  let next = 0;
  const groups = sheet.groups.map((group, g) => {
    const own = pictures.slice(next, (next += group.rows.length));
    return groupHtml(group, own, long ? (g === 0 ? "open" : "closed") : "plain");
  });
  const size = Math.max(2.25, 0.9 + longestWord(sheet) * 0.42); // rem, for letters of .75rem
  return captioned(`<div class="pictures" style="--cell:${size.toFixed(2)}rem">\n${groups.join("\n")}\n</div>`,
    caption);
}

/** Letters of the longest word under a picture. */
const longestWord = ({ groups }: Sheet): number =>
  Math.max(0, ...groups.flatMap(({ rows }) => rows.flatMap(({ captions = [] }) => captions.map((c) => c.length))));

function groupHtml({ title, rows, stacked }: PictureGroup<SheetRow>, pictures: readonly Uint8Array[][],
  fold: "open" | "closed" | "plain"): string {
  const body = stacked ? stackHtml(rows, pictures) : rows.map((row, r) => rowHtml(row, pictures[r]!)).join("\n");
  if (!title) return `<div class="group">${body}</div>`;
  const name = escapeHtml(title);
  if (fold === "plain") return `<div class="group"><p class="title">${name}</p>\n${body}</div>`;
  return `<details class="group"${fold === "open" ? " open" : ""}><summary>${name}</summary>\n${body}</details>`;
}

const rowHtml = (row: SheetRow, pictures: readonly Uint8Array[]): string =>
  `<div class="row"><p>${escapeHtml(row.label)}</p><ol>${
    pictures.map((png, i) => cellHtml([png], row, i)).join("")
  }</ol></div>`;

function stackHtml(rows: readonly SheetRow[], pictures: readonly Uint8Array[][]): string {
  const last = rows.at(-1)!;
  const cells = Array.from({ length: last.count }, (_, i) => cellHtml(pictures.map((row) => row[i]!), last, i));
  return `<div class="row"><ol>${cells.join("")}</ol></div>`;
}

/** Pictures over each other, and the words under them. */
function cellHtml(pngs: readonly Uint8Array[], { label, captions = [], wrong = [] }: SheetRow, i: number): string {
  const caption = captions[i] ?? "";
  const alt = caption ? "" : escapeHtml(label);
  const images = pngs.map((png) => `<img src="${dataUri(png)}" alt="${alt}">`).join("");
  const words = wrong.includes(i) ? `<span><span class="spoken">wrong: </span>${escapeHtml(caption)}</span>`
    : caption && `<span>${escapeHtml(caption)}</span>`;
  return `<li${wrong.includes(i) ? ` class="wrong"` : ""}>${images}${words}</li>`;
}

/** Groups of bars with their legend above, which stays in sight while they pass by. */
export function barsHtml({ series, groups, most, unit, mark }: Bars, caption: string): string {
  const key = series.map((name, i) => `<li><i style="background:${colour(i)}"></i>${escapeHtml(name)}</li>`);
  const held = mark ? `<li><i class="mark"></i>${escapeHtml(mark)}</li>` : "";
  const drawn = groups.map(({ label, values, marks = [] }) =>
    `<div class="bars"><p>${escapeHtml(label)}</p>${
      values.map((value, i) => barHtml(series[i]!, value, marks[i], { most, unit, i })).join("")
    }</div>`
  );
  const legend = `<ul class="key pg">${key.join("")}${held}</ul>`;
  return captioned(`${legend}\n<div class="chart pg">\n${drawn.join("\n")}\n</div>`, caption);
}

function barHtml(name: string, value: number | null, mark: number | undefined,
  { most, unit, i }: { most: number; unit: string; i: number }): string {
  const share = (v: number) => `${((100 * Math.max(0, v)) / most).toFixed(1)}%`;
  const line = mark === undefined ? "" : `<u style="left:${share(mark)}"></u>`;
  const words = value === null ? "not measured" : `${value.toFixed(1)} ${unit}`;
  const shown = value === null ? "–" : value.toFixed(1);
  return `<div class="bar"><span class="spoken">${escapeHtml(name)}: ${words}</span><div><i style="width:${
    share(value ?? 0)
  };background:${colour(i)}"></i>${line}</div><b aria-hidden="true">${shown}</b></div>`;
}
