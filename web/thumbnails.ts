// The images themselves over their points, once the eye is close enough.

import { unit, type Images } from "./lab.ts";
import { paint, pictureCanvas } from "./pictures.ts";

const SIDE = 30; // CSS pixels
const MOST = 60;

/** A place on the canvas in CSS pixels, and how far it is from the eye. */
export type Place = readonly [x: number, y: number, depth: number];

export class Thumbnails {
  private readonly made = new Map<number, HTMLCanvasElement>();

  constructor(private readonly images: Images) {}

  private picture(i: number): HTMLCanvasElement {
    const known = this.made.get(i) ?? pictureCanvas(this.images.shape, "");
    if (!this.made.has(i)) paint(known, unit(this.images, i));
    this.made.set(i, known);
    return known;
  }

  /** Draws the images nearest to the eye, none over another; `places` by image, null where it is not in sight. */
  draw(context: CanvasRenderingContext2D, places: readonly (Place | null)[]): void {
    const { clientWidth: width, clientHeight: height } = context.canvas;
    const taken = new Set<string>();
    const inSight = places.flatMap((place, i) => (place && place[0] > 0 && place[0] < width && place[1] > 0 &&
      place[1] < height ? [{ i, place }] : [])).sort((a, b) => a.place[2] - b.place[2]);
    for (const { i, place: [x, y] } of inSight) {
      const cells = [0, 1, 2, 3].map((k) => `${Math.floor(x / SIDE) + (k & 1)} ${Math.floor(y / SIDE) + (k >> 1)}`);
      if (cells.some((cell) => taken.has(cell))) continue;
      cells.forEach((cell) => taken.add(cell));
      context.drawImage(this.picture(i), x - SIDE / 2, y - SIDE / 2, SIDE, SIDE);
      if (taken.size >= 4 * MOST) return;
    }
  }
}
