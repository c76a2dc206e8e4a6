// An image and its reconstruction beside the pointer.

import { el } from "./dom.ts";
import { unit, type Images } from "./lab.ts";
import { paint, pictureCanvas } from "./pictures.ts";

const [WIDE, HIGH, APART] = [150, 110, 14]; // CSS pixels

export class Tip {
  readonly root: HTMLElement;
  private readonly pictures: [HTMLCanvasElement, HTMLCanvasElement];
  private readonly words = el("span");
  private shown = -1;

  constructor(private readonly images: Images) {
    this.pictures = [pictureCanvas(images.shape, "the image"), pictureCanvas(images.shape, "its reconstruction")];
    this.root = el("div", { class: "tip", hidden: true }, ...this.pictures, this.words);
  }

  /** Image i; its reconstruction follows as it comes, where the pointer is still there. */
  show(i: number, reconstruction: Promise<ArrayLike<number>>): void {
    this.shown = i;
    const [image, back] = this.pictures;
    paint(image, unit(this.images, i));
    back.getContext("2d")!.clearRect(0, 0, back.width, back.height);
    this.words.textContent = `test image ${i}, a ${this.images.classes[this.images.labels[i]!]}`;
    void reconstruction.then((pixels) => this.shown === i && paint(back, pixels));
  }

  /** Beside a place on a canvas of that size; hidden where there is none. */
  place(at: readonly number[] | null, width: number, height: number): void {
    this.root.hidden = !at;
    if (!at) return;
    this.root.style.left = `${Math.max(0, Math.min(at[0]! + APART, width - WIDE))}px`;
    this.root.style.top = `${Math.max(0, Math.min(at[1]! + APART, height - HIGH))}px`;
  }
}
