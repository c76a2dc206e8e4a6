// The controls of the page "Train": the settings of the next run. What the chosen network does not have is hidden.

import { choice, el, labelled, slider } from "./dom.ts";
import { CLUSTERS, EVERY, FIRST, has, KINDS, LATENT, SIZES, TESTED, type Settings } from "./train-settings.ts";
import { columnsOf } from "./training-tasks.ts";

type Name = keyof Settings;
type Control = HTMLInputElement | HTMLSelectElement;

/** A change of one of these makes another network. */
const OF_NETWORK: readonly Name[] = ["kind", "size", "latent", "clusters"];

export class Controls {
  /** Of the next run. */
  readonly settings = { ...FIRST };
  readonly rows: HTMLElement[] = [];
  private readonly controls = new Map<Name, { control: Control; row: HTMLElement }>();

  /** `another` hears that the settings are of another network now. */
  constructor(private readonly another: () => void) {
    const { settings: s } = this;
    const titles = (names: readonly string[]) => names.map((name) => [name, name] as const);
    const range = (name: Name, least: number, most: number, step: number) =>
      slider(least, most, step, s[name] as number, () => this.hear(name));
    const select = (name: Name, options: readonly (readonly [string, string])[]) =>
      choice(options, String(s[name]), () => this.hear(name));
    this.add("network", "kind", select("kind", Object.entries(KINDS)));
    this.add("size", "size", select("size", titles(Object.keys(SIZES))));
    this.add("numbers in the code", "latent", range("latent", LATENT.least, LATENT.most, 1));
    this.add("clusters", "clusters", range("clusters", CLUSTERS.least, CLUSTERS.most, 1));
    this.add("epochs", "epochs", range("epochs", 1, 20, 1));
    this.add("learning rate, at its highest", "lr", range("lr", 0.0005, 0.01, 0.0005));
    this.add("lam, the weight of the picture", "lam", range("lam", 5, 100, 5));
    this.add("seed", "seed", range("seed", 0, 20, 1));
    this.add("steps from look to look", "every", select("every", titles(EVERY.map(String))));
    this.add("test images at a look", "tested", select("tested", titles(TESTED.map(String))));
    this.show();
  }

  private add(words: string, name: Name, control: Control): void {
    const row = labelled(words, control);
    this.controls.set(name, { control, row });
    this.rows.push(row);
  }

  private hear(name: Name): void {
    const { value } = this.controls.get(name)!.control;
    if (value === String(this.settings[name])) return;
    Object.assign(this.settings, { [name]: typeof FIRST[name] === "number" ? Number(value) : value });
    this.show();
    if (OF_NETWORK.includes(name)) this.another();
  }

  private show(): void {
    for (const [name, { row }] of this.controls) row.hidden = !has(this.settings.kind, name);
  }

  /** Takes settings over, as of a file that was loaded. */
  take(settings: Settings): void {
    Object.assign(this.settings, settings);
    for (const [name, { control }] of this.controls) {
      control.value = String(settings[name]);
      control.dispatchEvent(new Event("input")); // the number beside a slider
    }
    this.show();
  }
}

/** A table that gets a row at each look. */
export class Looks {
  readonly root = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Test images read right" });
  private body: HTMLElement | null = null;

  clear(): void {
    this.body = null;
    this.root.replaceChildren();
  }

  /** How many test images are read right, by column. */
  add(step: number, right: Record<string, number>, tested: number): void {
    if (!this.body) {
      this.body = el("tbody");
      this.root.append(el("table", { class: "looks" }, el("caption", {}, columnsOf(tested)),
        el("thead", {}, el("tr", {}, ...["step", ...Object.keys(right)].map((words) =>
          el("th", { scope: "col", class: "number" }, words)))), this.body));
    }
    this.body.append(el("tr", {}, el("th", { scope: "row", class: "number" }, String(step)),
      ...Object.values(right).map((n) => el("td", { class: "number" }, String(n)))));
  }
}
