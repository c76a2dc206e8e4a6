// The latent space in three dimensions: where the C-VAE puts the test images, what lies between them, and the way that
// an attack takes.

import { nameOf } from "./clusters.ts";
import { choice, el, labelled } from "./dom.ts";
import { attackIn, attackLegend, EPS, STEPS } from "./latent-attack.ts";
import { decodeOne, encodeAll, type Codes } from "./latent-codes.ts";
import { colourOf, entry, meanMarks, NOTHING, type Marked } from "./latent-marks.ts";
import { codeAt, firstThree, project, type Projection } from "./latent-projection.ts";
import { Space } from "./latent-space.ts";
import { unit, type Images, type Lab, type Page } from "./lab.ts";
import { pictureCard } from "./pictures.ts";

const NAMES: [string, string][] = [["cvae", "C-VAE"], ["cvae+g-signed", "C-VAE+G (signed)"], ["vae", "VAE"]];
const COLOURS: [string, string][] = [["label", "digit"], ["cluster", "cluster"]];
const AXES: [string, string][] = [["principal", "principal axes"], ["first", "first three numbers"]];
const SHOWN = 2000;
const HINT = "Point at an image to see it, click a place between them to decode it, come closer to see them all. " +
  "Large discs are cluster means, with the digit that most images of the cluster are.";

/** What the address says; `image` is -1 where none is chosen. */
interface State {
  network: string;
  colour: string;
  axes: string;
  image: number;
}

class LatentView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "Loading the network.");
  private readonly shown = el("div", { class: "cards" });
  private readonly attackButton = el("button", { type: "button", disabled: true, click: () => void this.attack() },
    "Attack this image");
  private readonly legend = el("p", { class: "legend" });
  private readonly ways = el("p", { class: "legend" });
  private readonly colours: HTMLSelectElement;
  private readonly space: Space;
  private codes: Codes | null = null;
  private projection!: Projection;
  private way: Marked = NOTHING;
  private closed = false;
  private loads = 0;

  constructor(private readonly lab: Lab, private readonly images: Images, private readonly s: State) {
    this.space = new Space(images, { reconstruct: (i) => this.reconstruct(i), choose: (i) => this.choose(i),
      decode: (place) => void this.decode(place) });
    this.colours = choice(COLOURS, s.colour, () => {
      s.colour = this.colours.value;
      this.keepState();
      this.draw();
    });
  }

  async build(root: HTMLElement): Promise<void> {
    const { s } = this;
    const network = choice(NAMES, s.network, () => {
      s.network = network.value;
      void this.load();
    });
    const axes = choice(AXES, s.axes, () => {
      s.axes = axes.value;
      this.lay();
    });
    root.append(this.said, el("div", { class: "controls" }, labelled("network", network), labelled("axes", axes),
      labelled("colours", this.colours), this.attackButton), el("div", { class: "side" },
      el("div", {}, this.space.root, el("p", { class: "muted" }, HINT), this.legend, this.ways), this.shown));
    await this.load();
    if (this.codes && s.image >= 0) this.space.choose(s.image);
  }

  private keepState = (): void => {
    const { image, ...rest } = this.s;
    history.replaceState(null, "", `#latent?${new URLSearchParams({ ...rest,
      ...(image >= 0 && { image: String(image) }) })}`);
  };

  private title = (): string => NAMES.find(([name]) => name === this.s.network)![1];

  private async load(): Promise<void> {
    const mine = ++this.loads;
    this.keepState();
    try {
      const codes = await encodeAll(this.lab, this.images, this.s.network, SHOWN, (done) => {
        if (this.closed || mine !== this.loads) throw new Error("Another network was chosen.");
        this.said.textContent = `Encoding the test images: ${done} of ${SHOWN}.`;
      });
      this.codes = codes;
      this.colours.disabled = !codes.clusters;
      this.lay();
    } catch (error) {
      if (!this.closed && mine === this.loads) this.said.textContent = (error as Error).message;
    }
  }

  /** Lays the codes out along the chosen axes. */
  private lay(): void {
    const { codes, s } = this;
    if (!codes) return;
    this.keepState();
    const by = s.axes === "first" ? firstThree : project;
    this.projection = by(codes.all, codes.net.latent);
    this.way = NOTHING;
    this.ways.replaceChildren();
    this.draw();
    this.said.textContent = `${SHOWN} test images in the latent space of ${this.title()}, by ` +
      `${AXES.find(([name]) => name === s.axes)![1]}.`;
  }

  private draw(): void {
    const { codes, images, s, way } = this;
    if (!codes) return;
    const { clusters } = codes;
    const byCluster = s.colour === "cluster" && clusters !== null;
    const groups = byCluster ? clusters.of : images.labels;
    const means = meanMarks(codes, images.classes, byCluster);
    const lines = way.lines.map(({ from, to, width }) => ({ from: from + means.length, to: to + means.length, width }));
    this.space.show(codes, this.projection, (i) => colourOf(groups[i]!), { marks: [...means, ...way.marks], lines });
    const words = byCluster ? clusters.names.map((named) => nameOf(named, images.classes)) : images.classes;
    this.legend.replaceChildren(...words.map((name, k) => entry(colourOf(k), name)));
  }

  private reconstruct(i: number): Promise<Float32Array> {
    const { all, net: { latent: d } } = this.codes!;
    return decodeOne(this.codes!, all.subarray(i * d, (i + 1) * d));
  }

  private async choose(i: number): Promise<void> {
    this.s.image = i;
    this.keepState();
    this.attackButton.disabled = false;
    const { codes, images } = this;
    const name = `est image ${i}, a ${images.classes[images.labels[i]!]}`;
    const cluster = codes!.clusters ? `, in cluster ${codes!.clusters.of[i]}` : "";
    this.said.textContent = `T${name}${cluster}, and what ${this.title()} makes of it.`;
    const back = await this.reconstruct(i);
    if (this.s.image === i) this.cards([`t${name}`, unit(images, i)], ["reconstruction", back]);
  }

  private cards(...pictures: [string, ArrayLike<number>][]): void {
    this.shown.replaceChildren(...pictures.map(([title, pixels]) => pictureCard(this.images.shape, title, pixels)));
  }

  /** What stands at a place that no image has. */
  private async decode(place: readonly number[]): Promise<void> {
    this.cards(["decoded from this place", await decodeOne(this.codes!, codeAt(place, this.projection))]);
  }

  private async attack(): Promise<void> {
    const { images, codes, s: { image } } = this;
    this.attackButton.disabled = true;
    this.said.textContent = `Attacking test image ${image}.`;
    try {
      const { last, marked } = await attackIn(this.lab, images, codes!, image);
      if (this.closed || this.codes !== codes) return;
      const back = await decodeOne(codes!, marked.marks.find(({ label }) => label === "attacked")!.code);
      this.cards([`test image ${image}`, unit(images, image)], ["attacked", last], ["reconstruction", back]);
      this.way = marked;
      this.draw();
      this.space.approach();
      this.ways.replaceChildren(...attackLegend());
      this.said.textContent = `I-FGSM on the classifier in ${STEPS} steps, eps ${EPS}: a thick line as the encoder ` +
        "sees it. Thin lines lead to where each purifier puts its end.";
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
    this.attackButton.disabled = false;
  }

  close(): void {
    this.closed = true;
    this.space.close();
  }
}

export const latentPage: Page = {
  title: "Latent space",
  async open(root, lab, state) {
    const of = (options: [string, string][], name: string) =>
      options.find(([value]) => value === state.get(name))?.[0] ?? options[0]![0];
    const images = await lab.images("mnist-test");
    const image = Number(state.get("image") ?? -1);
    const chosen = { network: of(NAMES, "network"), colour: of(COLOURS, "colour"), axes: of(AXES, "axes"),
      image: Number.isInteger(image) && image >= 0 && image < SHOWN ? image : -1 };
    const view = new LatentView(lab, images, chosen);
    void view.build(root);
    return () => view.close();
  },
};
