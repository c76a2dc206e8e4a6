// Cards of images: what it is, the image, what the classifier makes of it. They are made once and painted again.

import { saidOf, type Seen } from "./attacks.ts";
import { el } from "./dom.ts";
import type { Images } from "./lab.ts";
import { paint, paintChange, pictureCanvas } from "./pictures.ts";

/** Probabilities of the classes as bars, the largest marked. */
class Bars {
  readonly root: HTMLElement;
  private readonly fills: HTMLElement[];

  constructor(private readonly classes: readonly string[]) {
    this.fills = classes.map(() => el("span", { class: "fill" }));
    this.root = el("div", { class: "bars", role: "img" }, ...classes.flatMap((name, k) =>
      [el("span", {}, name), el("span", { class: "track" }, this.fills[k]!)]));
  }

  show(seen: Seen): void {
    const said = saidOf(seen);
    this.root.setAttribute("aria-label", `${this.classes[said]} with ` +
      `${(100 * seen.probabilities[said]!).toFixed(0)} percent`);
    this.fills.forEach((fill, k) => {
      fill.style.width = `${100 * seen.probabilities[k]!}%`;
      fill.classList.toggle("said", k === said);
    });
  }
}

/** An image that the classifier has read. */
export class SeenCard {
  readonly root: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly verdict = el("div", { class: "verdict" });
  private readonly bars: Bars;

  constructor(title: string, private readonly images: Images) {
    this.canvas = pictureCanvas(images.shape, title);
    this.bars = new Bars(images.classes);
    this.root = el("div", { class: "card" }, el("h3", {}, title), this.canvas, this.verdict, this.bars.root);
  }

  /** An image that nobody has read yet. */
  paint(pixels: Float32Array): void {
    paint(this.canvas, pixels);
  }

  show(seen: Seen, truth: number): void {
    this.paint(seen.pixels);
    const said = saidOf(seen);
    this.verdict.className = `verdict ${said === truth ? "right" : "wrong"}`;
    this.verdict.textContent = `${this.images.classes[said]}, ${said === truth ? "right" : "wrong"}`;
    this.bars.show(seen);
  }
}

/** What an attack changed. */
export class ChangeCard {
  readonly root: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly words = el("p", { class: "muted" });

  constructor(private readonly images: Images) {
    this.canvas = pictureCanvas(images.shape, "What the attack changed");
    this.root = el("div", { class: "card" }, el("h3", {}, "change"), this.canvas, this.words);
  }

  /** `most` is drawn in full colour. */
  show(before: Float32Array, after: Float32Array, most: number): void {
    const change = after.map((v, i) => v - before[i]!);
    paintChange(this.canvas, change, most);
    const largest = change.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const key = this.images.shape[0] === 1 ? "orange up, blue down" : "grey where nothing changed";
    this.words.textContent = `largest ${largest.toFixed(3)}, length ${Math.hypot(...change).toFixed(2)}; ${key}`;
  }
}
