// Figure 1: the whole structure as a picture, from the image over the latent code to the label. It reads down the
// encoder, up the decoder and down the classifier.

import type { Shape } from "../../engine/tensor.ts";
import type { Layer, Part, Structure } from "./layers.ts";
import { round, svg, text } from "../../report/svg.ts";

const MARGIN = 14;
const BOX = { width: 176, height: 44 };
const GAP = { x: 38, y: 22 };
const ASIDE = 26; // pixels beside the decoder that belong to it: the cluster box reaches 24
const TOP = 62;
const PITCH = BOX.height + GAP.y;

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface StructureOptions {
  /** Number K of clusters whose means hang on z; without it (a VAE, a DAE) there are none. */
  clusters?: number;
  /** Name of the purifier. */
  title?: string;
}

/** The structure (see structureOf) as SVG: each box a layer with its output's shape and its number of parameters. */
export function structureFigure({ encoder, heads, decoder, classifier }: Structure,
  { clusters = 0, title = "C-VAE" }: StructureOptions = {}): string {
  const bottom = Math.max(encoder.layers.length + (heads.length ? 1 : 0), decoder.layers.length + 1);
  const rows = Math.max(bottom + 1 + (clusters ? 1 : 0), classifier.layers.length + 1);
  const latent = decoder.input[0]!;
  const parts = [
    ...encoderColumn(encoder, heads, bottom),
    ...decoderColumn(decoder, bottom),
    ...(clusters ? clusterBox(bottom, clusters, latent) : []),
    ...classifierColumn(classifier),
    arrow(slot(0, bottom), slot(1, bottom), "right"),
    arrow(slot(1, 0), slot(2, 0), "right"),
    ...header(0, "Encoder", encoder.parameters),
    ...header(1, "Decoder", decoder.parameters),
    ...header(2, "Classifier", classifier.parameters),
  ];
  const width = 2 * MARGIN + 3 * BOX.width + 2 * GAP.x;
  const named = `Structure of ${title} and the classifier behind it: encoder, latent code z, decoder, classifier; in ` +
    `a box left the output's shape, right the number of parameters`;
  return svg({ width, height: TOP + rows * PITCH + 8, title: named, pieces: [piece(0, bottom + 1, GAP.x - ASIDE),
    piece(1, bottom + 1 + (clusters ? 1 : 0), ASIDE), piece(2, classifier.layers.length + 1, GAP.x - ASIDE)] }, parts);
}

/** A column of so many rows, and `aside` pixels of what is beside it. */
const piece = (column: number, rows: number, aside: number): [number, number, number, number] =>
  [slot(column, 0).x - aside, 0, BOX.width + 2 * aside, TOP + rows * PITCH + 8];

const slot = (column: number, row: number): Rect => ({ x: MARGIN + column * (BOX.width + GAP.x), y: TOP + row * PITCH,
  ...BOX });

/** x, the layers from the top, and mu and logvar side by side at `bottom`, where z is. */
function encoderColumn({ layers, input, output }: Part, heads: readonly Layer[], bottom: number): string[] {
  const rows = layers.map((_, i) => i + 1);
  const above = slot(0, layers.length);
  const boxes = layers.map((layer, i) => layerBox(slot(0, i + 1), layer));
  const last = heads.length ? beside(slot(0, bottom), heads.length) : [slot(0, bottom)];
  const end = heads.length ? heads.map((head, i) => layerBox(last[i]!, { ...head, kind: "" }))
    : [named(last[0]!, "latent code", output)];
  return [named(slot(0, 0), "image x", input), ...boxes, ...end, ...chain(0, [0, ...rows], "down"), fork(above, last)];
}

/** `count` boxes in the place of one. */
function beside(box: Rect, count: number): Rect[] {
  const gap = 8;
  const width = (box.width - (count - 1) * gap) / count;
  return Array.from({ length: count }, (_, i) => ({ ...box, x: box.x + i * (width + gap), width }));
}

/** z at `bottom`, the layers upwards, and the reconstruction at the top. */
function decoderColumn({ layers, input, output }: Part, bottom: number): string[] {
  const rows = layers.map((_, i) => bottom - 1 - i);
  const boxes = layers.map((layer, i) => layerBox(slot(1, rows[i]!), layer));
  return [named(slot(1, bottom), "z", input), ...boxes, named(slot(1, 0), "x\u0302, purified", output),
    ...chain(1, [bottom, ...rows, 0], "up")];
}

/** The layers from the top, and the label; the reconstruction comes in from the left. */
function classifierColumn({ layers, output }: Part): string[] {
  const boxes = layers.map((layer, i) => layerBox(slot(2, i), layer));
  const label = named(slot(2, layers.length), "label", [], `largest of ${output.join("×")}`);
  return [...boxes, label, ...chain(2, [...layers.map((_, i) => i), layers.length], "down")];
}

/** The means of the clusters under z, and the closed form of Q(y|z). */
function clusterBox(bottom: number, clusters: number, latent: number): string[] {
  const box = slot(1, bottom + 1);
  const wide = { ...box, x: box.x - 24, width: box.width + 48 };
  const name = text(middle(box), box.y + 18, `${clusters} cluster means μ_y`, { anchor: "middle", as: "bold" });
  const formula = text(middle(box), box.y + 36, "Q(y|z) = softmax(−½|z − μ_y|²)", { anchor: "middle", size: 13,
    as: "muted" });
  const count = text(middle(box), box.y + box.height + 18, `${number(clusters * latent)} parameters`,
    { anchor: "middle", size: 13, as: "muted" });
  const tie = `<path class="line" stroke-width="1.5" stroke-dasharray="4 3" d="M${middle(box)} ` +
    `${box.y - GAP.y}v${GAP.y}"/>`;
  return [`<rect class="box" rx="22" x="${wide.x}" y="${wide.y}" width="${wide.width}" height="${wide.height}"/>`,
    lowered(name), lowered(formula), count, tie];
}

/** "_y" as an index. */
const lowered = (words: string): string => words.replaceAll("_y", `<tspan dy="3" font-size="11">y</tspan><tspan ` +
  `dy="-3">\u200b</tspan>`);
const middle = ({ x, width }: Rect): number => round(x + width / 2);
const number = (n: number): string => n.toLocaleString("en-US");
const sizes = (shape: Shape): string => shape.join("×");

function header(column: number, words: string, parameters: number): string[] {
  const at = middle(slot(column, 0));
  return [text(at, 26, words, { anchor: "middle", size: 16, as: "bold" }),
    text(at, 46, `${number(parameters)} parameters`, { anchor: "middle", size: 13, as: "muted" })];
}

/** Name and kind over shape and parameters; in a narrow box without the kind, and the parameters above. */
function layerBox(box: Rect, { name, kind, shape, parameters }: Layer): string {
  const end = box.x + box.width - 9;
  const counted = parameters ? number(parameters) : "";
  return `<g class="layer"><rect class="box" rx="4" x="${round(box.x)}" y="${box.y}" width="${
    round(box.width)
  }" height="${box.height}"/>
${text(box.x + 9, box.y + 18, name, { as: "bold" })}${
    kind
      ? text(end, box.y + 18, kind.replace(/(\d)x(\d)/, "$1×$2").replace("1/2", "½"), { anchor: "end", size: 13,
        as: "muted" }) : ""
  }
${text(box.x + 9, box.y + 36, sizes(shape), { size: 13 })}${
    counted ? text(end, box.y + 36, counted, { anchor: "end", size: 13, as: "muted" }) : ""
  }</g>`;
}

/** What goes in and comes out: no layer. */
function named(box: Rect, words: string, shape: Shape, note = sizes(shape)): string {
  const place = `x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"`;
  return `<g class="value"><rect class="line" rx="22" stroke-width="1.5" ${place}/>
${text(middle(box), box.y + 19, words, { anchor: "middle", as: "bold" })}${
    text(middle(box), box.y + 36, note, { anchor: "middle", size: 13 })
  }</g>`;
}

function chain(column: number, rows: readonly number[], way: "up" | "down"): string[] {
  return rows.slice(1).map((row, i) => arrow(slot(column, rows[i]!), slot(column, row), way));
}

/** Down from a box to those below that stand beside each other. */
function fork(from: Rect, below: readonly Rect[]): string {
  const level = below[0]!.y - GAP.y / 2;
  const middles = below.map(middle);
  const bar = `M${middles[0]} ${level}H${middles.at(-1)}`;
  const heads = below.map((to, i) => `M${middles[i]} ${level}V${to.y}m-4 -7l4 7l4 -7`);
  return `<path class="line" stroke-width="1.5" d="M${middle(from)} ` +
    `${from.y + from.height}V${level}${bar}${heads.join("")}"/>`;
}

function arrow(from: Rect, to: Rect, way: "up" | "down" | "right"): string {
  const [x, y] = way === "right" ? [from.x + from.width, from.y + from.height / 2]
    : [middle(from), way === "down" ? from.y + from.height : from.y];
  const [dx, dy] = way === "right" ? [to.x - x, 0] : [0, (way === "down" ? to.y : to.y + to.height) - y];
  const head = { up: "m-4 7l4 -7l4 7", down: "m-4 -7l4 7l4 -7", right: "m-7 -4l7 4l-7 4" }[way];
  return `<path class="line" stroke-width="1.5" d="M${round(x)} ${round(y)}l${round(dx)} ${round(dy)}${head}"/>`;
}
