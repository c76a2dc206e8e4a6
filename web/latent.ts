// The latent space in three dimensions: where the C-VAE puts the test images, what lies between them, and the way that
// an attack takes.

import { add, cat, matmul, purify as purifyBy, slice, sub, type Engine, type Tensor } from "../src/index.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { ATTACKS, wayOf } from "./attacks.ts";
import { Camera } from "./camera.ts";
import { Cloud } from "./cloud.ts";
import { choice, el, labelled } from "./dom.ts";
import { codeAt, encodeAll, project, type Projection } from "./latent-codes.ts";
import { sizeOf, unit, type Images, type Lab, type Page } from "./lab.ts";
import { cssOf, PALETTE } from "./palette.ts";
import { paint, pictureCanvas, pictureCard } from "./pictures.ts";

const NAMES: [string, string][] = [["cvae", "C-VAE"], ["cvae+g-signed", "C-VAE+G (signed)"], ["vae", "VAE"]];
const SHOWN = 1000;
const WAY = { eps: 0.24, alpha: 0.02, steps: 12, targeted: false };
const NEAR_PX = 12;
const RED = [220, 30, 30];
const GREEN = [20, 190, 80];

/** What the page has of one network. */
interface Held {
  net: Autoencoder;
  codes: Float32Array;
  /** [n,C,H,W] */
  back: Float32Array;
  projection: Projection;
}

class LatentView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "Encoding the test images.");
  private readonly canvas = el("canvas", { class: "wide", tabindex: 0, role: "application", "aria-label": "The " +
    "latent space. Drag or arrow keys turn it, plus and minus come closer, N and P go from image to image." });
  private readonly thumbs: [HTMLCanvasElement, HTMLCanvasElement];
  private readonly words = el("span");
  private readonly tip: HTMLElement;
  private readonly shown = el("div", { class: "cards" });
  private readonly attackButton = el("button", { type: "button", disabled: true }, "Attack this image");
  private readonly camera = new Camera(this.canvas, () => this.redraw());
  private cloud: Cloud | null = null;
  private drawn: Tensor[] = [];
  private held: Held | null = null;
  private chosen = -1;
  private frame = 0;
  private gpu!: Engine;
  private name = "cvae";
  private readonly watch = new ResizeObserver(() => this.redraw());

  constructor(private readonly lab: Lab, private readonly images: Images) {
    this.thumbs = [pictureCanvas(images.shape, "the image"), pictureCanvas(images.shape, "its reconstruction")];
    this.tip = el("div", { class: "tip", hidden: true }, ...this.thumbs, this.words);
  }

  async build(root: HTMLElement, name: string): Promise<void> {
    const legend = el("p", {}, ...PALETTE.flatMap((_, k) => {
      const swatch = el("span", { class: "swatch" });
      swatch.style.background = cssOf(k);
      return [swatch, `${k}  `];
    }));
    const net = labelled("network", choice(NAMES, name, (event) => {
      void this.load((event.target as HTMLSelectElement).value);
    }));
    root.append(this.said, el("div", { class: "controls" }, net, this.attackButton), el("div", { class: "side" },
      el("div", {}, el("div", { class: "space" }, this.canvas, this.tip), legend), this.shown));
    this.canvas.addEventListener("pointermove", (e) => e.buttons === 0 && this.point(this.nearest(e)));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    this.canvas.addEventListener("click", (e) => void this.click(e));
    this.attackButton.addEventListener("click", () => void this.attack());
    this.watch.observe(this.canvas);
    await this.load(name);
  }

  private async load(name: string): Promise<void> {
    this.name = name;
    history.replaceState(null, "", `#latent?network=${encodeURIComponent(name)}`);
    this.gpu = await this.lab.gpu();
    const { net } = await (await this.lab.networks()).purifier(this.images.name, name);
    const { codes, back } = await encodeAll(this.gpu, net!, this.images, SHOWN);
    this.held = { net: net!, codes, back, projection: project(codes, net!.latent) };
    this.upload(new Float32Array(), 0);
    this.said.textContent = `${SHOWN} test images in the latent space of ${NAMES.find(([n]) => n === name)![1]}, by ` +
      `principal axes; colours are the digits. Point at one to see it, click a place between them to decode it.`;
  }

  /** The points, projected by the GPU and drawn from where it put them; `way` [m,d] are codes of an attack. */
  private upload(way: Float32Array, red: number): void {
    const { gpu, images, drawn: old } = this;
    const { codes, net: { latent: d }, projection: { mean, axes } } = this.held!;
    const all = new Float32Array([...codes, ...way]);
    const n = all.length / d;
    const points = gpu.keep(gpu.scope(() => {
      const at = matmul(sub(gpu.tensor(all, [n, d]), gpu.tensor(mean, [1, d])), gpu.tensor(axes, [d, 4]));
      const radius = Float32Array.from({ length: 4 * n }, (_, i) => (i % 4 < 3 ? 0 : i < 4 * SHOWN ? 1 : 2.2));
      return add(at, gpu.tensor(radius, [n, 4]));
    }));
    const colour = (i: number) => i < SHOWN ? PALETTE[images.labels[i]!]! : i < SHOWN + red ? RED : GREEN;
    const colours = gpu.keep(gpu.tensor(Float32Array.from({ length: 4 * n }, (_, i) =>
      (i % 4 === 3 ? 1 : colour(Math.floor(i / 4))[i % 4]! / 255)), [n, 4]));
    this.drawn = [points, colours];
    if (this.cloud) this.cloud.show(points, colours);
    else this.cloud = new Cloud(gpu, this.canvas, points, colours);
    this.redraw();
    void gpu.synchronize().then(() => old.forEach((t) => t.dispose()));
  }

  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      this.cloud?.draw(this.camera.matrix(), dark ? [0.09, 0.1, 0.11] : [0.97, 0.97, 0.96]);
    });
  }

  /** Where point i is on the canvas, in pixels of the page; null behind the eye. */
  private placeOf(i: number, m = this.camera.matrix()): [x: number, y: number] | null {
    const { points } = this.held!.projection;
    const [x, y, z] = [points[3 * i]!, points[3 * i + 1]!, points[3 * i + 2]!];
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    if (w <= 0) return null;
    const [cx, cy] = [(m[0] * x + m[4] * y + m[8] * z + m[12]) / w, (m[1] * x + m[5] * y + m[9] * z + m[13]) / w];
    return [((cx + 1) / 2) * this.canvas.clientWidth, ((1 - cy) / 2) * this.canvas.clientHeight];
  }

  /** The nearest point under the pointer, -1 where there is none. */
  private nearest(e: MouseEvent): number {
    if (!this.held) return -1;
    const [m, box] = [this.camera.matrix(), this.canvas.getBoundingClientRect()];
    let [best, least] = [-1, NEAR_PX];
    for (let i = 0; i < SHOWN; i++) {
      const place = this.placeOf(i, m);
      const far = place ? Math.hypot(place[0] - (e.clientX - box.left), place[1] - (e.clientY - box.top)) : Infinity;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  /** Marks a point and shows its image and reconstruction beside it; -1 for none. */
  private point(i: number): void {
    if (!this.cloud || !this.held || this.cloud.chosen === i) return;
    this.cloud.chosen = i;
    this.redraw();
    const place = i < 0 ? null : this.placeOf(i);
    this.tip.hidden = !place;
    if (!place) return;
    const size = sizeOf(this.images);
    paint(this.thumbs[0], unit(this.images, i));
    paint(this.thumbs[1], this.held.back.subarray(i * size, (i + 1) * size));
    this.words.textContent = `test image ${i}, a ${this.images.labels[i]}`;
    this.tip.style.left = `${Math.max(0, Math.min(place[0] + 14, this.canvas.clientWidth - 150))}px`;
    this.tip.style.top = `${Math.max(0, Math.min(place[1] + 14, this.canvas.clientHeight - 110))}px`;
  }

  private key(e: KeyboardEvent): void {
    const by = { n: 1, p: -1 }[e.key.toLowerCase()];
    if (!by || !this.held) return;
    const i = (this.chosen + by + SHOWN) % SHOWN;
    this.point(i);
    this.choose(i);
  }

  private async click(e: MouseEvent): Promise<void> {
    if (!this.held) return;
    const i = this.nearest(e);
    this.point(i);
    if (i >= 0) return this.choose(i);
    const box = this.canvas.getBoundingClientRect();
    await this.decode(this.camera.under(e.clientX - box.left, e.clientY - box.top));
  }

  private choose(i: number): void {
    this.chosen = i;
    this.attackButton.disabled = false;
    const size = sizeOf(this.images);
    this.cards([`test image ${i}, a ${this.images.labels[i]}`, unit(this.images, i)],
      ["reconstruction", this.held!.back.subarray(i * size, (i + 1) * size)]);
    this.said.textContent = `Test image ${i}, a ${this.images.labels[i]}, and what ` +
      `${NAMES.find(([n]) => n === this.name)![1]} makes of it.`;
  }

  private cards(...pictures: [string, ArrayLike<number>][]): void {
    this.shown.replaceChildren(...pictures.map(([title, pixels]) => pictureCard(this.images.shape, title, pixels)));
  }

  /** What stands at a place that no image has. */
  private async decode(place: readonly number[]): Promise<void> {
    const { net, projection } = this.held!;
    const x = this.gpu.scope(() => net.decode(this.gpu.tensor(codeAt(place, projection), [1, net.latent])));
    this.cards(["decoded from this place", await x.data()]);
    x.dispose();
  }

  /** The way of I-FGSM on the bare classifier through the encoder, step by step, and where the purified image is. */
  private async attack(): Promise<void> {
    const { gpu, images, chosen, held } = this;
    const [{ net }, classifier] = [held!, await (await this.lab.networks()).classifier(images.name)];
    const x = gpu.tensor(unit(images, chosen), [1, ...images.shape]);
    const y = gpu.tensor([images.labels[chosen]!], [1], "i32");
    const way = await wayOf(gpu, ATTACKS.ifgsm!, (v) => classifier.forward(v), WAY, x, y);
    const steps = way.shape[0]!;
    const { codes, last, back } = gpu.scope(() => {
      const end = slice(way, 0, steps - 1, steps);
      const purified = purifyBy(net, end);
      return { codes: net.encode(cat([way, purified], 0)).mu, last: add(end, 0), back: purified };
    });
    this.cards([`test image ${chosen}`, unit(images, chosen)], [`attacked, eps ${WAY.eps}`, await last.data()],
      ["purified", await back.data()]);
    this.upload(await codes.data(), steps);
    this.said.textContent = `I-FGSM on the classifier in ${steps - 1} steps: the red points are where the encoder ` +
      "puts the image on the way, the green one is the purified image.";
    [x, y, way, codes, last, back].forEach((t) => t.dispose());
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.watch.disconnect();
    this.cloud?.dispose();
    this.drawn.forEach((t) => t.dispose());
  }
}

export const latentPage: Page = {
  title: "Latent space",
  async open(root, lab, state) {
    const name = NAMES.find(([n]) => n === state.get("network"))?.[0] ?? "cvae";
    const view = new LatentView(lab, await lab.images("mnist-test"));
    await view.build(root, name);
    return () => view.close();
  },
};
