// What is drawn in the latent view besides the test images, and in which colours.

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
}

/** The rows of codes [n,d] as marks. */
export const marksOf = (codes: Float32Array, d: number, colour: (i: number) => Rgb, radius: number): Mark[] =>
  Array.from({ length: codes.length / d }, (_, i) => ({ code: codes.subarray(i * d, (i + 1) * d), colour: colour(i),
    radius }));

/** The cluster means, larger than the images and in the colour of their cluster. */
export const meanMarks = (means: Float32Array, d: number): Mark[] => marksOf(means, d, (k) => colourOf(k), 2.6);

export const colourOf = (k: number): Rgb => PALETTE[k % PALETTE.length]!;

/** The nearest mean of each code: argmax_y Q(y|mu(x)). codes [n,d], means [K,d]. */
export function nearestMeans(codes: Float32Array, means: Float32Array, d: number): Int32Array {
  return Int32Array.from({ length: codes.length / d }, (_, i) => {
    let [best, least] = [0, Infinity];
    for (let k = 0; k < means.length / d; k++) {
      let far = 0;
      for (let c = 0; c < d; c++) far += (codes[i * d + c]! - means[k * d + c]!) ** 2;
      if (far < least) [best, least] = [k, far];
    }
    return best;
  });
}

/** A square of a colour, for a legend. */
export function swatch(colour: string): HTMLElement {
  const box = el("span", { class: "swatch" });
  box.style.background = colour;
  return box;
}
