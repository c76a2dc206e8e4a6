// The latent space in three dimensions: where the C-VAE puts the test images, what lies between them, and the way that
// an attack takes.

import { add, matmul, sub, type Engine, type Tensor } from "../src/index.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { Camera, placeOn } from "./camera.ts";
import { Cloud } from "./cloud.ts";
import { choice, el, labelled } from "./dom.ts";
import { codeAt, encodeAll, firstThree, project, type Projection } from "./latent-codes.ts";
import { attackIn, attackLegend, EPS, STEPS } from "./latent-attack.ts";
import { colourOf, meanMarks, nearestMeans, swatch, type Mark } from "./latent-marks.ts";
import { sizeOf, unit, type Images, type Lab, type Page } from "./lab.ts";
import { cssOf, PALETTE } from "./palette.ts";
import { paint, pictureCanvas, pictureCard } from "./pictures.ts";
import { Thumbnails, type Place } from "./thumbnails.ts";

const NAMES: [string, string][] = [["cvae", "C-VAE"], ["cvae+g-signed", "C-VAE+G (signed)"], ["vae", "VAE"]];
const COLOURS: [string, string][] = [["label", "digit"], ["cluster", "cluster"]];
const AXES: [string, string][] = [["principal", "principal axes"], ["first", "first three numbers"]];
const SHOWN = 2000;
const NEAR_PX = 12;

/** What the page has of one network. */
interface Held {
  net: Autoencoder;
  codes: Float32Array;
  /** [n,C,H,W] */
  back: Float32Array;
  /** Of a C-VAE: means [K,d], and the cluster of each image. */
  clusters: { means: Float32Array; of: Int32Array } | null;
  projection: Projection;
}

/** What the address says. */
interface State {
  network: string;
  colour: string;
  axes: string;
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
  private extra: Mark[] = [];
  private readonly thumbnails: Thumbnails;
  private readonly legend = el("p", { class: "muted" });
  private readonly colours: HTMLSelectElement;
  private readonly watch = new ResizeObserver(() => this.redraw());

  constructor(private readonly lab: Lab, private readonly images: Images, private readonly s: State) {
    this.thumbnails = new Thumbnails(images);
    this.colours = choice(COLOURS, s.colour, () => {
      s.colour = this.colours.value;
      this.keepState();
      this.upload();
    });
    this.thumbs = [pictureCanvas(images.shape, "the image"), pictureCanvas(images.shape, "its reconstruction")];
    this.tip = el("div", { class: "tip", hidden: true }, ...this.thumbs, this.words);
  }

  async build(root: HTMLElement): Promise<void> {
    const legend = el("p", {}, ...PALETTE.flatMap((_, k) => [swatch(cssOf(k)), `${k}  `]));
    const pick = (options: [string, string][], name: "network" | "axes") => choice(options, this.s[name], (event) => {
      this.s[name] = (event.target as HTMLSelectElement).value;
      void this.load();
    });
    root.append(this.said, el("div", { class: "controls" }, labelled("network", pick(NAMES, "network")),
      labelled("axes", pick(AXES, "axes")), labelled("colours", this.colours), this.attackButton),
      el("div", { class: "side" }, el("div", {}, el("div", { class: "space" }, this.canvas, this.thumbnails.canvas,
        this.tip), legend, this.legend), this.shown));
    this.canvas.addEventListener("pointermove", (e) => e.buttons === 0 && this.point(this.nearest(e)));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    this.canvas.addEventListener("click", (e) => void this.click(e));
    this.attackButton.addEventListener("click", () => void this.attack());
    this.watch.observe(this.canvas);
    await this.load();
  }

  private keepState = (): void => history.replaceState(null, "", `#latent?${new URLSearchParams({ ...this.s })}`);

  private title = (): string => NAMES.find(([name]) => name === this.s.network)![1];

  private async load(): Promise<void> {
    const { network, axes } = this.s;
    this.keepState();
    this.gpu = await this.lab.gpu();
    const { net, means: kept } = await (await this.lab.networks()).purifier(this.images.name, network);
    const { codes, back } = await encodeAll(this.gpu, net!, this.images, SHOWN);
    const means = kept ? await kept.data() : null;
    const d = net!.latent;
    this.held = { net: net!, codes, back, clusters: means && { means, of: nearestMeans(codes, means, d) },
      projection: axes === "first" ? firstThree(codes, d) : project(codes, d) };
    this.extra = [];
    this.legend.textContent = "";
    this.colours.disabled = !means;
    this.upload();
    this.said.textContent = `${SHOWN} test images in the latent space of ${this.title()}, by ` +
      `${AXES.find(([name]) => name === axes)![1]}. ${means ? "Large discs are cluster means. " : ""}Point at an ` +
      "image to see it, click a place to decode it, come closer to see them all.";
  }

  /** The points, projected by the GPU and drawn from where it put them. */
  private upload(): void {
    const { gpu, images, drawn: old, held, s } = this;
    const { codes, clusters, net: { latent: d }, projection: { mean, axes } } = held!;
    const marks = [...(clusters ? meanMarks(clusters.means, d) : []), ...this.extra];
    const all = new Float32Array([...codes, ...marks.flatMap(({ code }) => [...code])]);
    const n = all.length / d;
    const points = gpu.keep(gpu.scope(() => {
      const at = matmul(sub(gpu.tensor(all, [n, d]), gpu.tensor(mean, [1, d])), gpu.tensor(axes, [d, 4]));
      const radius = Float32Array.from({ length: 4 * n }, (_, i) =>
        (i % 4 < 3 ? 0 : i < 4 * SHOWN ? 1 : marks[(i >> 2) - SHOWN]!.radius));
      return add(at, gpu.tensor(radius, [n, 4]));
    }));
    const groups = s.colour === "cluster" && clusters ? clusters.of : images.labels;
    const colour = (i: number) => (i < SHOWN ? colourOf(groups[i]!) : marks[i - SHOWN]!.colour);
    const colours = gpu.keep(gpu.tensor(Float32Array.from({ length: 4 * n }, (_, i) =>
      (i % 4 === 3 ? 1 : colour(i >> 2)[i % 4]! / 255)), [n, 4]));
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
      const m = this.camera.matrix();
      this.cloud?.draw(m, dark ? [0.09, 0.1, 0.11] : [0.97, 0.97, 0.96]);
      this.placeTip();
      const near = this.held && this.camera.isNear;
      this.thumbnails.draw(near ? Array.from({ length: SHOWN }, (_, i) => this.placeOf(i, m)) : [],
        this.canvas.clientWidth, this.canvas.clientHeight);
    });
  }

  private placeOf(i: number, m = this.camera.matrix()): Place | null {
    return placeOn(this.canvas, m, this.held!.projection.points, i);
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
    this.placeTip();
    if (i < 0) return;
    const size = sizeOf(this.images);
    paint(this.thumbs[0], unit(this.images, i));
    paint(this.thumbs[1], this.held.back.subarray(i * size, (i + 1) * size));
    this.words.textContent = `test image ${i}, a ${this.images.labels[i]}`;
  }

  private placeTip(): void {
    const { chosen = -1 } = this.cloud ?? {};
    const place = chosen < 0 ? null : this.placeOf(chosen);
    this.tip.hidden = !place;
    if (!place) return;
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
    this.said.textContent = `Test image ${i}, a ${this.images.labels[i]}, and what ${this.title()} makes of it.`;
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

  private async attack(): Promise<void> {
    const { gpu, images, chosen, held } = this;
    const { last, back, marks } = await attackIn(gpu, await this.lab.networks(), images, held!.net, chosen);
    this.cards([`test image ${chosen}`, unit(images, chosen)], ["attacked", last], ["purified", back]);
    this.extra = marks;
    this.upload();
    this.legend.replaceChildren(...attackLegend());
    this.said.textContent = `I-FGSM on the classifier in ${STEPS} steps, eps ${EPS}: the red points are where the ` +
      "encoder puts the image on the way, the others below the picture where it puts the purified images.";
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
    const of = (options: [string, string][], name: string) =>
      options.find(([value]) => value === state.get(name))?.[0] ?? options[0]![0];
    const chosen = { network: of(NAMES, "network"), colour: of(COLOURS, "colour"), axes: of(AXES, "axes") };
    const view = new LatentView(lab, await lab.images("mnist-test"), chosen);
    await view.build(root);
    return () => view.close();
  },
};
