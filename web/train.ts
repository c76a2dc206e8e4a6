// Train in the browser: a classifier, a VAE or the C-VAE on digits, with its loss as it falls, what it has learned in
// between, and its weights as a file.

import type { LoadedTensor, StateDict } from "../src/index.ts";
import type { Curve } from "./curve.ts";
import { download, el, labelled } from "./dom.ts";
import type { Lab, Page } from "./lab.ts";
import { read } from "./networks.ts";
import { pictureCard } from "./pictures.ts";
import { Controls, Looks } from "./train-controls.ts";
import { fileOf, KINDS, readFile, type Settings } from "./train-settings.ts";
import { startTraining, type Run } from "./trainer.ts";
import type { News } from "./training.ts";
import { keptChoices } from "./tuning.ts";

type Told<What extends News["what"]> = Extract<News, { what: What }>;

class TrainView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "4,000 training images of MNIST wait. A " +
    "classifier takes a minute on a software driver, seconds on a GPU.");
  private readonly where = el("p", { class: "muted line" },
    "It will run in a worker, so that the page stays responsive.");
  private readonly bar = el("progress", { max: 1, value: 0, "aria-label": "Steps done" });
  private readonly about = el("p", { class: "muted" });
  private readonly pictures = el("div", { class: "cards small" });
  private readonly begin = el("button", { class: "main", type: "button", click: () => void this.start() }, "Start");
  private readonly pause = el("button", { type: "button", disabled: true, click: () => this.hold() }, "Pause");
  private readonly one = el("button", { type: "button", disabled: true, click: () => this.run?.step() }, "Step");
  private readonly end = el("button", { type: "button", disabled: true, click: () => this.run?.stop() }, "Stop");
  private readonly keep = el("button", { type: "button", disabled: true, click: () => this.save() },
    "Save the weights");
  private readonly file = el("input", { type: "file", accept: ".safetensors", change: () => void this.open() });
  private readonly looks = new Looks();
  private readonly controls = new Controls(() => this.drop());
  private run: Run | null = null;
  private held = false;
  /** The last weights that were told, and of which run. */
  private weights: { settings: Settings; state: StateDict } | null = null;
  /** Weights of a file, to begin from. */
  private loaded: Record<string, LoadedTensor> | null = null;
  private words = "";
  private place = "It runs in a worker, so that the page stays responsive.";

  constructor(private readonly lab: Lab, private readonly curve: Curve) {}

  build(root: HTMLElement): void {
    root.append(this.said, this.where, this.bar, el("div", { class: "controls" }, ...this.controls.rows,
      labelled("go on from saved weights", this.file)), el("div", { class: "buttons" }, this.begin, this.pause,
      this.one, this.end, this.keep), this.curve.root, this.looks.root, this.about, this.pictures);
  }

  private save(): void {
    const { settings, state } = this.weights!;
    download(`${settings.kind}.safetensors`, fileOf(settings, state), "application/octet-stream");
  }

  private async open(): Promise<void> {
    const [file] = this.file.files ?? [];
    if (!file) return;
    try {
      const { settings, weights } = readFile(new Uint8Array(await file.arrayBuffer()), file.name,
        this.controls.settings);
      this.controls.take(settings);
      this.loaded = weights;
      this.said.textContent = `${file.name} is loaded: the ${settings.size} ${KINDS[settings.kind]} begins from it.`;
    } catch (error) {
      this.loaded = null;
      this.file.value = "";
      this.said.textContent = (error as Error).message;
    }
  }

  /** The settings are of another network than the file. */
  private drop(): void {
    if (this.loaded) this.said.textContent = "The file is of another network: the next run begins anew.";
    this.loaded = null;
    this.file.value = "";
  }

  private async start(): Promise<void> {
    const settings = { ...this.controls.settings };
    this.begin.disabled = true;
    this.words = "";
    [this.curve, this.looks].forEach((part) => part.clear());
    this.pictures.replaceChildren();
    this.about.textContent = "";
    this.said.textContent = "Loading the images.";
    try {
      const [train, test, victim] = await Promise.all([this.lab.images("mnist-train"), this.lab.images("mnist-test"),
        settings.kind === "classifier" ? null : read("mnist", "cnn")]);
      this.said.textContent = "Building the network.";
      this.run = startTraining({ settings, train, test, victim, weights: this.loaded, tuned: keptChoices() },
        (news) => this.hear(news, settings),
        () => { this.place = "It runs in the page: workers of this browser have no WebGPU."; });
      [this.pause, this.end].forEach((button) => { button.disabled = false; });
    } catch (error) {
      this.said.textContent = (error as Error).message;
      this.begin.disabled = false;
    }
  }

  private hold(): void {
    this.held = !this.held;
    this.pause.textContent = this.held ? "Continue" : "Pause";
    this.one.disabled = true;
    if (this.held) this.run?.pause();
    else this.run?.go();
  }

  private hear(news: News, settings: Settings): void {
    if (news.what === "adapter") this.where.textContent = `${this.place} ${news.line}`;
    else if (news.what === "weights") this.weights = { settings, state: news.weights };
    else if (news.what === "progress") this.progress(news, settings);
    else if (news.what === "look") this.look(news, settings);
    else this.finish(news.failure);
    this.keep.disabled = !this.weights;
  }

  private progress({ step, total, loss, waits }: Told<"progress">, { kind }: Settings): void {
    [this.bar.max, this.bar.value] = [total, step];
    this.curve.add(step, loss);
    this.one.disabled = !(this.held && waits);
    this.said.textContent = `${waits ? "Paused: " : ""}${KINDS[kind]}, step ${step} of ${total}, loss ` +
      `${loss.toPrecision(4)}${this.words && `; ${this.words}`}.`;
  }

  private look({ step, look: { words, right, pictures, about } }: Told<"look">, { tested }: Settings): void {
    this.words = words;
    this.looks.add(step, right, tested);
    this.about.textContent = about;
    this.pictures.replaceChildren(...pictures.map(([title, side, pixels]) =>
      pictureCard([1, side, side], title, pixels)));
  }

  private finish(failure: string): void {
    this.run = null;
    this.held = false;
    this.pause.textContent = "Pause";
    this.begin.disabled = false;
    [this.pause, this.one, this.end].forEach((button) => { button.disabled = true; });
    const kept = this.weights && !failure.includes("weights") ? " The last weights are kept and can be saved." : "";
    if (failure) this.said.textContent = failure.replace(/\.?$/, ".") + kept;
    else this.said.textContent = `${this.said.textContent!.split(";")[0]}; ${this.words}. Done.`;
    this.loaded = null;
    this.file.value = "";
  }

  close(): void {
    this.run?.close();
    this.curve.close();
  }
}

export const trainPage: Page = {
  title: "Train",
  async open(root, lab) {
    const { Curve } = await import("./curve.ts"); // what it is drawn with is loaded when it is needed
    const view = new TrainView(lab, new Curve());
    view.build(root);
    return () => view.close();
  },
};
