// The canvas of the latent space: points, marks and lines on it, what the pointer is at, and what lies under a click.

import { Camera, placeOn } from "./camera.ts";
import { Cloud } from "./cloud.ts";
import { el } from "./dom.ts";
import { drawLabels } from "./labels.ts";
import type { Codes } from "./latent-codes.ts";
import { NOTHING, type Marked, type Rgb } from "./latent-marks.ts";
import { placesOf, type Projection } from "./latent-projection.ts";
import { disposeScene, sceneOf } from "./latent-scene.ts";
import type { Images } from "./lab.ts";
import { Thumbnails, type Place } from "./thumbnails.ts";
import { Tip } from "./tip.ts";

const NEAR_PX = 12;
/** A pointer that goes farther turns the view, and clicks nothing. */
const STILL_PX = 5;
const KEYS = "Drag or arrow keys turn it, with shift they move it, plus and minus come closer, N and P go from image " +
  "to image.";

/** Who hears of the pointer and the keys. */
export interface Listener {
  /** What image i decodes to. */
  reconstruct: (i: number) => Promise<ArrayLike<number>>;
  choose: (i: number) => void;
  /** A click between the images, in space. */
  decode: (place: readonly number[]) => void;
}

export class Space {
  readonly root: HTMLElement;
  private readonly canvas = el("canvas", { class: "wide", tabindex: 0, role: "application", "aria-label":
    `The latent space. ${KEYS}` });
  private readonly over = el("canvas", { class: "over", "aria-hidden": "true" });
  private readonly camera = new Camera(this.canvas, () => this.redraw());
  private readonly tip: Tip;
  private readonly thumbnails: Thumbnails;
  private cloud: Cloud | null = null;
  /** [n,3] and [m,3]: where images and marks are. */
  private places: Record<"images" | "marks", Float32Array> = { images: new Float32Array(),
    marks: new Float32Array() };
  private marked: Marked = NOTHING;
  private chosen = -1;
  private frame = 0;
  private pressed: [x: number, y: number] = [0, 0];
  private readonly watch = new ResizeObserver(() => this.redraw());
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  constructor(images: Images, private readonly hears: Listener) {
    this.thumbnails = new Thumbnails(images);
    this.tip = new Tip(images);
    this.root = el("div", { class: "space" }, this.canvas, this.over, this.tip.root);
    this.canvas.addEventListener("pointerdown", (e) => { this.pressed = [e.clientX, e.clientY]; });
    this.canvas.addEventListener("pointermove", (e) => e.buttons === 0 && this.point(this.nearest(e)));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    this.canvas.addEventListener("click", (e) => this.click(e));
    this.watch.observe(this.canvas);
    this.dark.addEventListener("change", this.redraw);
  }

  /** `colour` of each image. */
  show(codes: Codes, projection: Projection, colour: (i: number) => Rgb, marked: Marked): void {
    const scene = sceneOf(codes, projection, colour, marked);
    const { marks } = marked;
    this.marked = marked;
    this.places = { images: projection.points,
      marks: placesOf(Float32Array.from(marks.flatMap(({ code }) => [...code])), projection) };
    if (this.cloud?.gpu === codes.gpu) {
      const old = this.cloud.scene;
      this.cloud.scene = scene;
      void codes.gpu.synchronize().then(() => disposeScene(old), () => undefined);
    } else {
      this.cloud?.dispose(); // its GPU was lost
      this.cloud = new Cloud(codes.gpu, this.canvas, scene);
    }
    this.redraw();
  }

  private redraw = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const m = this.camera.matrix();
      this.cloud?.draw(m, this.dark.matches ? [0.09, 0.1, 0.11] : [0.97, 0.97, 0.96]);
      this.placeTip();
      this.drawOver(m);
    });
  };

  /** Images close by, and what is written on marks. */
  private drawOver(m: ReturnType<Camera["matrix"]>): void {
    const { over, places: { images, marks } } = this;
    const [scale, { clientWidth: w, clientHeight: h }] = [devicePixelRatio, this.canvas];
    [over.width, over.height] = [Math.round(w * scale), Math.round(h * scale)];
    const context = over.getContext("2d")!;
    context.scale(scale, scale);
    if (this.camera.isNear && !this.marked.lines.length)
      this.thumbnails.draw(context, Array.from({ length: images.length / 3 }, (_, i) => this.placeOf(i, m)));
    const labels = this.marked.marks.flatMap(({ label, beside, colour }, i) => {
      const at = label ? placeOn(this.canvas, m, marks, i) : null;
      return at ? [{ words: label, x: at[0], y: at[1], on: beside ? null : colour }] : [];
    });
    const [ink, paper] = this.dark.matches ? ["#fff", "#17191c"] : ["#000", "#fff"];
    drawLabels(context, labels, ink!, paper!);
  }

  /** Comes close to the lines between marks. */
  approach(): void {
    this.point(-1);
    const ends = new Set(this.marked.lines.flatMap(({ from, to }) => [from, to]));
    this.camera.lookAt(this.places.marks.filter((_, i) => ends.has(Math.floor(i / 3))));
  }

  private placeOf(i: number, m = this.camera.matrix()): Place | null {
    return placeOn(this.canvas, m, this.places.images, i);
  }

  /** The nearest point under the pointer, -1 where there is none. */
  private nearest(e: MouseEvent): number {
    const [m, box] = [this.camera.matrix(), this.canvas.getBoundingClientRect()];
    let [best, least] = [-1, NEAR_PX];
    for (let i = 0; i < this.places.images.length / 3; i++) {
      const place = this.placeOf(i, m);
      const far = place ? Math.hypot(place[0] - (e.clientX - box.left), place[1] - (e.clientY - box.top)) : Infinity;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  /** Marks a point and shows its image and reconstruction beside it; -1 for none. */
  point(i: number): void {
    if (!this.cloud || this.cloud.chosen === i) return;
    this.cloud.chosen = i;
    this.redraw();
    this.placeTip();
    if (i >= 0) this.tip.show(i, this.hears.reconstruct(i));
  }

  private placeTip(): void {
    const { chosen = -1 } = this.cloud ?? {};
    const { clientWidth, clientHeight } = this.canvas;
    this.tip.place(chosen < 0 ? null : this.placeOf(chosen), clientWidth, clientHeight);
  }

  private key(e: KeyboardEvent): void {
    const by = { n: 1, p: -1 }[e.key.toLowerCase()];
    const n = this.places.images.length / 3;
    if (by && n) this.choose((this.chosen + by + n) % n);
  }

  /** Image i, as if somebody had clicked it. */
  choose(i: number): void {
    this.chosen = i;
    this.point(i);
    this.hears.choose(i);
  }

  private click(e: MouseEvent): void {
    if (!this.cloud || Math.hypot(e.clientX - this.pressed[0], e.clientY - this.pressed[1]) > STILL_PX) return;
    const i = this.nearest(e);
    if (i >= 0) return this.choose(i);
    this.point(-1);
    const box = this.canvas.getBoundingClientRect();
    this.hears.decode(this.camera.under(e.clientX - box.left, e.clientY - box.top));
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.watch.disconnect();
    this.dark.removeEventListener("change", this.redraw);
    disposeScene(this.cloud?.scene ?? null);
    this.cloud?.dispose();
  }
}
