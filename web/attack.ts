// Attack an image, watch the purifiers, then attack through one of them.

import { ATTACKS, compute, saidOf, type Found } from "./attacks.ts";
import { another, read, sentence, setOf, SETS, write, type State, type Titles } from "./attack-state.ts";
import { ChangeCard, SeenCard } from "./cards.ts";
import { choice, el, labelled, slider } from "./dom.ts";
import { unit, type Images, type Lab, type Page } from "./lab.ts";
import { purifiersOf } from "./networks.ts";
import { drawingPad, imageOfFile, paint, pictureCanvas } from "./pictures.ts";
import { Player } from "./player.ts";

const IN_STRIP = 40;

/** The page's parts and what they hold. */
class AttackView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "Loading the networks.");
  private readonly wait = el("progress", { class: "wait", "aria-label": "Computing" });
  private readonly cards = el("div", { class: "cards" });
  private readonly strip = el("div", { class: "strip", role: "group", "aria-label": "Test images" });
  private readonly player = new Player((step) => this.show(step));
  private readonly original: SeenCard;
  private readonly change: ChangeCard;
  private readonly attacked: SeenCard;
  private readonly purified = new Map<string, SeenCard>();
  private found: Found | null = null;
  private truth = 0;
  private own: Float32Array | null = null;
  private readonly halt = el("button", { type: "button", class: "halt", click: () => this.stop() }, "Stop");
  private stop = (): void => {};
  /** The question that is drawn, and the end of the one before it. */
  private turn = 0;
  private running: Promise<void> = Promise.resolve();
  private busy = false;
  private again = false;
  private closed = false;

  constructor(private readonly lab: Lab, private readonly images: Images, private readonly titles: Titles,
    private readonly s: State) {
    [this.original, this.attacked] = [new SeenCard("original", images), new SeenCard("attacked", images)];
    this.change = new ChangeCard(images);
    for (const [name, title] of titles) this.purified.set(name, new SeenCard(title, images));
  }

  build(root: HTMLElement): void {
    root.append(this.said, this.wait, this.cards, this.player.root, el("h2", {}, "The attack"), this.controls(),
      el("h2", {}, "The image"), this.strip, this.sources());
    this.player.root.append(this.halt);
    this.fillStrip();
    this.player.reset(0);
    this.original.paint(unit(this.images, this.s.image));
    this.cards.append(...this.cardsOf(this.s.purifiers)); // in their places before the networks are there
    for (const name of ["dragover", "drop"]) root.addEventListener(name, (event) => event.preventDefault());
    root.addEventListener("drop", (event) => void this.open(event.dataTransfer?.files[0]));
    void this.update();
  }

  private controls(): HTMLElement {
    const { s } = this;
    const { most, by } = SETS[s.set];
    const change = (set: (input: HTMLInputElement) => void) => (event: Event) => {
      set(event.target as HTMLInputElement);
      void this.update();
    };
    const names = [...this.titles];
    const classes = [["-1", "any other"], ...this.images.classes.map((name, k) => [String(k), name])];
    return el("div", { class: "controls" },
      labelled("images", choice(Object.entries(SETS).map(([name, { title }]) => [name, title]), s.set, (event) => {
        location.hash = another(s, (event.target as HTMLSelectElement).value);
      })),
      labelled("attack", choice(Object.entries(ATTACKS).map(([k, { title }]) => [k, title]), s.attack,
        change((input) => { s.attack = input.value; }))),
      labelled("eps", slider(0, most, by, s.eps, change((input) => { s.eps = Number(input.value); }))),
      labelled("steps", slider(1, 40, 1, s.steps, change((input) => { s.steps = Number(input.value); }))),
      labelled("step size (0: automatic)", slider(0, most, by, s.step, change((input) => {
        s.step = Number(input.value);
      }))),
      labelled("attack through", choice([["", "the bare classifier (gray box)"], ...names], s.through,
        change((input) => { s.through = input.value; }))),
      labelled("towards", choice(classes as [string, string][], String(s.target),
        change((input) => { s.target = Number(input.value); }))),
      el("fieldset", {}, el("legend", {}, "purifiers"), ...names.map(([name, title]) =>
        el("label", {}, el("input", { type: "checkbox", checked: s.purifiers.includes(name), change: change((box) => {
          s.purifiers = names.map(([n]) => n).filter((n) => n === name ? box.checked : s.purifiers.includes(n));
        }) }), title))));
  }

  private sources(): HTMLElement {
    const file = el("input", { type: "file", accept: "image/*",
      change: (event) => void this.open((event.target as HTMLInputElement).files?.[0]) });
    const grey = this.images.shape[0] === 1;
    const zone = el("div", { class: "drop" }, el("p", {}, grey ? "Draw a digit, or drop or choose a picture of one."
      : `Drop or choose a picture: its middle square is taken, at ${this.images.shape[2]} pixels a side.`),
    labelled("picture", file));
    const pad = grey ? drawingPad(this.images.shape, (pixels) => this.take(pixels)) : null;
    return el("div", { class: pad ? "split" : "" }, pad, zone);
  }

  /** An image that is none of the test images. */
  private take(pixels: Float32Array): void {
    this.own = pixels;
    void this.update();
  }

  /** A picture that was dropped anywhere on the page, or chosen. */
  private async open(file: File | undefined): Promise<void> {
    try {
      if (file) this.take(await imageOfFile(file, this.images.shape));
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
  }

  private cardsOf = (purifiers: readonly string[]): HTMLElement[] => [this.original, this.change, this.attacked,
    ...purifiers.map((name) => this.purified.get(name)!)].map(({ root }) => root);

  private fillStrip(): void {
    const { images } = this;
    for (let i = 0; i < IN_STRIP; i++) {
      const canvas = pictureCanvas(images.shape, `Test image ${i}: ${images.classes[images.labels[i]!]}`);
      paint(canvas, unit(images, i));
      this.strip.append(el("button", { type: "button", "aria-pressed": "false", click: () => {
        this.own = null;
        this.s.image = i;
        void this.update();
      } }, canvas));
    }
  }

  /** Computes what is chosen now; a change meanwhile is computed next. */
  private async update(): Promise<void> {
    history.replaceState(null, "", write(this.s));
    [...this.strip.children].forEach((button, i) =>
      button.setAttribute("aria-pressed", String(!this.own && i === this.s.image)));
    this.again = true;
    if (this.busy) return;
    this.busy = true;
    for (const part of [this.wait, this.halt]) part.classList.add("busy");
    while (this.again && !this.closed) {
      this.again = false;
      await this.draw().catch((error: Error) => { this.said.textContent = error.message; });
    }
    this.busy = false;
    for (const part of [this.wait, this.halt]) part.classList.remove("busy");
  }

  /** Draws what is chosen, until it is stopped: the page is free then, though the GPU works off what it was told. */
  private draw(): Promise<void> {
    const turn = ++this.turn;
    const drawn = this.running.then(() => this.drawn(turn));
    this.running = drawn.catch(() => undefined);
    return Promise.race([drawn, new Promise<never>((_, reject) => {
      this.stop = () => {
        this.turn++;
        this.again = false;
        reject(new Error("Stopped. Choose anything to go on."));
      };
    })]);
  }

  private async drawn(turn: number): Promise<void> {
    if (turn !== this.turn) return;
    const { images, s } = this;
    const label = this.own ? null : images.labels[s.image]!;
    const state = { ...s };
    const found = await compute(this.lab, images, { ...state, seed: state.image }, this.own ?? unit(images, s.image),
      label, (what) => { if (turn === this.turn && !this.found) this.said.textContent = what; });
    if (this.closed || turn !== this.turn) return;
    this.found = found;
    this.truth = label ?? saidOf(found.clean);
    this.original.show(found.clean, this.truth);
    this.cards.replaceChildren(...this.cardsOf(state.purifiers));
    this.shown = state.purifiers;
    this.player.reset(found.frames.length - 1);
    this.show(found.frames.length - 1);
    this.said.textContent = sentence(state, found, this.truth, images.classes, this.titles);
  }

  private shown: string[] = [];

  /** The images at one step of the attack. */
  private show(step: number): void {
    const { clean, frames } = this.found!;
    const { attacked, purified } = frames[step]!;
    const most = frames.at(-1)!.attacked.pixels.reduce((m, v, i) => Math.max(m, Math.abs(v - clean.pixels[i]!)), 0);
    this.change.show(clean.pixels, attacked.pixels, most);
    this.attacked.show(attacked, this.truth);
    this.shown.forEach((name, i) => this.purified.get(name)!.show(purified[i]!, this.truth));
  }

  close(): void {
    this.closed = true;
    this.player.pause();
  }
}

export const attackPage: Page = {
  title: "Attack and purify",
  async open(root, lab, params) {
    const set = setOf(params);
    const [images, names] = await Promise.all([lab.images(`${set}-test`), purifiersOf(set)]);
    const titles = new Map(names);
    const view = new AttackView(lab, images, titles, read(params, titles, images.n));
    view.build(root);
    return () => view.close();
  },
};
