// What is drawn in the latent view besides the test images: places with their names, and lines between them.

import type { Codes } from "./latent-codes.ts";
import { el } from "./dom.ts";
import { PALETTE } from "./palette.ts";

export type Rgb = readonly [red: number, green: number, blue: number];

/** A place in the latent space that is no test image. */
export interface Mark {
  /** [d] */
  code: Float32Array;
  colour: Rgb;
  /** Over that of an image's point. */
  radius: number;
  /** Written on it, or beside it. */
  label: string;
  beside: boolean;
}

/** From one mark to another, in the colour of the other; `width` in CSS pixels. */
export interface Line {
  from: number;
  to: number;
  width: number;
}

/** Marks and the lines between them. */
export interface Marked {
  marks: Mark[];
  lines: Line[];
}

export const NOTHING: Marked = { marks: [], lines: [] };

export const colourOf = (k: number): Rgb => PALETTE[k % PALETTE.length]!;

/** The cluster means, larger than the images, with the class that most images of the cluster have. */
export function meanMarks({ clusters, net: { latent: d } }: Codes, classes: readonly string[],
  byCluster: boolean): Mark[] {
  if (!clusters) return [];
  return clusters.names.map(({ commonest }, k) => ({ code: clusters.means.subarray(k * d, (k + 1) * d), radius: 2.8,
    colour: byCluster ? colourOf(k) : commonest < 0 ? colourOf(9) : colourOf(commonest),
    label: commonest < 0 ? "" : classes[commonest]!, beside: false }));
}

/** A square of a colour, for a legend. */
export function swatch(colour: Rgb): HTMLElement {
  const box = el("span", { class: "swatch" });
  box.style.background = `rgb(${colour.join(" ")})`;
  return box;
}

/** A colour and what it stands for, on one line. */
export const entry = (colour: Rgb, words: string): HTMLElement => el("span", { class: "entry" }, swatch(colour), words);
