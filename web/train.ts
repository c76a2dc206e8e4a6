// Train in the browser: a classifier, a VAE or the C-VAE on digits, with its loss as it falls.

import { loadSafetensors, saveSafetensors, type StateDict } from "../src/index.ts";
import { safetensorsMetadata } from "../src/data/safetensors.ts";
import { Curve } from "./curve.ts";
import { choice, download, el, labelled, slider } from "./dom.ts";
import type { Lab, Page } from "./lab.ts";
import { pictureCard } from "./pictures.ts";
import { startTraining, type Run } from "./trainer.ts";
import { KINDS, type Job, type Kind, type News, type Settings } from "./training.ts";

/** In the head of a file of weights: which network of the page it is. */
const HEAD = "purigrad lab";

class TrainView {
  private readonly s: Settings = { kind: "cvae", epochs: 3, lr: 0.002, lam: 30, seed: 0 };
  private readonly said = el("p", { class: "sentence", role: "status" }, "4,000 training images of MNIST wait. A " +
    "classifier takes half a minute on a software driver, a second or two on a GPU.");
  private readonly where = el("p", { class: "muted" }, "It will run in a worker, so that the page stays responsive.");
  private readonly bar = el("progress", { max: 1, value: 0, "aria-label": "Steps done" });
  private readonly pictures = el("div", { class: "cards" });
  private readonly begin = el("button", { class: "main", type: "button" }, "Start");
  private readonly end = el("button", { type: "button", disabled: true }, "Stop");
  private readonly keep = el("button", { type: "button", disabled: true }, "Save the weights");
  private readonly curve = new Curve();
  private readonly kind: HTMLSelectElement;
  private run: Run | null = null;
  private weights: { kind: Kind; state: StateDict } | null = null;
  /** Weights of a file, to begin from. */
  private loaded: Job["weights"] = null;
  private words = "";

  constructor(private readonly lab: Lab) {
    this.kind = choice(Object.entries(KINDS), this.s.kind, () => {
      this.s.kind = this.kind.value as Kind;
      this.loaded = null;
    });
  }

  build(root: HTMLElement): void {
    const { s } = this;
    const set = (name: "epochs" | "lr" | "lam" | "seed") => (event: Event) => {
      s[name] = Number((event.target as HTMLInputElement).value);
    };
    const file = el("input", { type: "file", accept: ".safetensors", change: () => void this.open(file) });
    root.append(this.said, this.where, this.bar, el("div", { class: "controls" }, labelled("network", this.kind),
      labelled("epochs", slider(1, 20, 1, s.epochs, set("epochs"))),
      labelled("highest rate", slider(0.0005, 0.01, 0.0005, s.lr, set("lr"))),
      labelled("weight of the picture", slider(5, 100, 5, s.lam, set("lam"))),
      labelled("seed", slider(0, 20, 1, s.seed, set("seed"))), this.begin, this.end, this.keep,
      labelled("go on from saved weights", file)), this.curve.canvas, this.pictures);
    this.begin.addEventListener("click", () => void this.start());
    this.end.addEventListener("click", () => this.run?.stop());
    this.keep.addEventListener("click", () => this.save());
  }

  private save(): void {
    const { kind, state } = this.weights!;
    download(`${kind}.safetensors`, saveSafetensors(state, { metadata: { [HEAD]: kind } }) as Uint8Array<ArrayBuffer>,
      "application/octet-stream");
  }

  private async open(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? [];
    if (!file) return;
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const kind = safetensorsMetadata(bytes, file.name)[HEAD];
      if (!kind || !Object.hasOwn(KINDS, kind))
        throw new Error(`${file.name}: it does not say that this page has saved it; choose a file that was saved here`);
      this.loaded = loadSafetensors(bytes, file.name);
      this.kind.value = this.s.kind = kind as Kind;
      this.said.textContent = `${file.name} is loaded: the ${KINDS[kind as Kind]} begins from it.`;
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
  }

  private async start(): Promise<void> {
    this.begin.disabled = true;
    this.words = "";
    this.curve.clear();
    this.said.textContent = "Loading the images.";
    try {
      const [train, test] = await Promise.all([this.lab.images("mnist-train"), this.lab.images("mnist-test")]);
      const settings = { ...this.s };
      this.run = startTraining({ settings, train, test, weights: this.loaded }, (news) => this.hear(news, settings),
        () => { this.where.textContent = "It runs in the page: workers of this browser have no WebGPU."; });
      this.end.disabled = false;
    } catch (error) {
      this.said.textContent = (error as Error).message;
      this.begin.disabled = false;
    }
  }

  private hear(news: News, { kind }: Settings): void {
    if (news.what === "adapter") this.where.textContent = `${this.where.textContent!.replace("will run", "runs")
      .replace(/\.[^.]*$/, "")}. ${news.line}`;
    else if (news.what === "weights") this.weights = { kind, state: news.weights };
    else if (news.what === "progress") this.progress(news, kind);
    else if (news.what === "look") this.look(news);
    else this.finish(news.failure);
    this.keep.disabled = !this.weights;
  }

  private progress({ step, total, loss }: Extract<News, { what: "progress" }>, kind: Kind): void {
    [this.bar.max, this.bar.value] = [total, step];
    this.curve.add(loss);
    this.said.textContent = `${KINDS[kind]}: step ${step} of ${total}, loss ${loss.toPrecision(4)}` +
      `${this.words && `; ${this.words}`}.`;
  }

  private look({ words, pictures }: Extract<News, { what: "look" }>): void {
    this.words = words;
    const shape = [1, 28, 28] as const;
    this.pictures.replaceChildren(...pictures.map(([title, pixels]) => pictureCard(shape, title, pixels)));
  }

  private finish(failure: string): void {
    this.run = null;
    this.loaded = null;
    this.begin.disabled = false;
    this.end.disabled = true;
    const kept = this.weights && !failure.includes("weights") ? " The last weights are kept and can be saved." : "";
    if (failure) this.said.textContent = failure.replace(/\.?$/, ".") + kept;
    else this.said.textContent = `${this.said.textContent!.split(";")[0]}; ${this.words}. Done.`;
  }

  close(): void {
    this.run?.close();
  }
}

export const trainPage: Page = {
  title: "Train",
  open(root, lab) {
    const view = new TrainView(lab);
    view.build(root);
    return () => view.close();
  },
};
