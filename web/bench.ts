// How fast this browser and GPU are: what anything can reach here, kernels and whole steps, beside the committed runs.

import type { Engine } from "../src/index.ts";
import type { BenchRecord, Roofline } from "../src/readme/bench-results.ts";
import { caseOf, type BenchRow } from "../bench/row.ts";
import { CHOICES, measureAll, measureRoofline, tuneRow, type Measured } from "./bench-rows.ts";
import { choice, download, el, labelled } from "./dom.ts";
import { jsonOf } from "./fetch.ts";
import type { Lab, Page } from "./lab.ts";
import { choicesIn } from "./tuning.ts";

/** Adapter -> case -> milliseconds. */
type Runs = Record<string, Record<string, number>>;

const HERE = "this GPU";
/** Bars go from a hundredth of a millisecond to a hundred seconds, a seventh of the width for each factor of ten. */
const DECADES = 7;
const widthOf = (ms: number): number => Math.max(0.01, Math.min(1, (Math.log10(ms) + 2) / DECADES));

const timeOf = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;

function bar(name: string, ms: number): HTMLElement {
  const fill = el("span", { class: name === HERE ? "fill said" : "fill" });
  fill.style.width = `${100 * widthOf(ms)}%`;
  return el("div", { class: "beside" }, el("span", {}, name), el("span", { class: "track" }, fill),
    el("span", { class: "number" }, timeOf(ms)));
}

/** Microseconds of a page's clock, which shows no less than a tenth of a millisecond. */
const TICK = 100;
const hostOf = ({ host_us_per_kernel: us = 0, dispatches }: BenchRecord): string =>
  us ? us.toFixed(1) : `under ${(TICK / dispatches).toFixed(0)}`;

const HEADS = ["case and variant", "time of one call", "GFLOP/s", "of the roofline", "host µs a kernel"];

function rowOf({ record: r, forced }: Measured, runs: Runs): HTMLElement {
  const others = forced ? [] : Object.entries(runs).flatMap(([name, run]) => {
    const ms = run[r.case];
    return ms === undefined ? [] : [bar(name, ms)];
  });
  const number = (text: string) => el("td", { class: "number" }, text);
  return el("tr", {}, el("th", { scope: "row" }, r.case, el("span", { class: "variant" }, forced
    ? `${forced} (asked for)` : r.variant ?? "")), el("td", { class: "bar" }, bar(HERE, r.ms), ...others),
  number(r.gflops ? r.gflops.toPrecision(3) : ""), number(r.roofline ? `${(100 * r.roofline).toFixed(0)} %` : ""),
  number(hostOf(r)));
}

/** As `npm run bench -- --json` writes it, so that `--compare` and `--from` take it; variants asked for stand apart. */
const resultOf = (adapter: string, roofline: Roofline, all: readonly Measured[]) => ({ adapter,
  cpu: navigator.userAgent, cores: navigator.hardwareConcurrency, commit: "lab", roofline,
  rows: all.filter(({ forced }) => !forced).map(({ record }) => record),
  variants: all.filter(({ forced }) => forced).map(({ record, forced }) => ({ ...record, forced })), flame: null });

class BenchView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "Roofline, then each row as npm run bench " +
    "measures it, beside the committed runs of other adapters. Close other tabs for figures worth comparing.");
  private readonly bar = el("progress", { max: 1, value: 0, "aria-label": "Rows done" });
  private readonly body = el("tbody");
  private readonly begin = el("button", { class: "main", type: "button",
    click: () => void this.work(() => this.measure(this.chosen())) }, "Run");
  private readonly better = el("button", { type: "button",
    click: () => void this.work(() => this.tune(this.chosen())) }, "Tune these rows");
  private readonly forget = el("button", { type: "button", click: () => void this.work(() => this.forgetAll()) },
    "Forget the choices");
  private readonly end = el("button", { type: "button", disabled: true, click: () => this.stop() }, "Stop");
  private readonly tuned = el("p", { class: "muted line" });
  private readonly keep = el("p");
  private readonly which = choice(Object.entries(CHOICES).map(([name, { title }]) => [name, title]), "short", () => {});
  private readonly part = el("input", { type: "text", size: 14 });
  private readonly variants = el("input", { type: "checkbox" });
  private stopped = false;
  /** Measured once while the page is open. */
  private reached: { gpu: Engine; roofline: Roofline } | null = null;

  constructor(private readonly lab: Lab) {}

  build(root: HTMLElement): void {
    root.append(this.said, this.bar, el("div", { class: "controls" }, labelled("rows", this.which),
      labelled("whose name contains", this.part),
      el("fieldset", {}, el("label", {}, this.variants, "each variant of a kernel"))),
    el("div", { class: "buttons" }, this.begin, this.better, this.forget, this.end), this.tuned, this.keep,
    el("p", { class: "muted" }, "Bars are times of one call on a scale where every seventh of the width is ten times " +
      "as long: from 0.01 ms to 100 s. The host cost is what encoding and submitting takes of the page's thread, by " +
      "a clock of 0.1 ms: where one call takes long, it is coarse."),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Rows" }, el("table", {},
      el("thead", {}, el("tr", {}, ...HEADS.map((words, i) =>
        el("th", { scope: "col", class: i > 1 ? "number" : "" }, words)))), this.body)));
    void this.count().catch(() => undefined); // the footer says why there is no GPU
  }

  /** Says how many choices this browser keeps for the adapter. */
  private async count(): Promise<number> {
    const gpu = await this.lab.gpu();
    await gpu.tuner.load();
    const { length } = Object.keys(gpu.tuner.chosen);
    this.forget.disabled = !length || this.begin.disabled;
    this.tuned.textContent = length
      ? `This browser keeps ${choicesIn(length)} for ${gpu.adapter.name}, which every page of the lab takes.`
      : `This browser keeps no tuning choices for ${gpu.adapter.name}: kernels run by their first variant.`;
    return length;
  }

  private stop(): void {
    this.stopped = true;
    this.end.disabled = true;
    this.said.textContent += " Stopping after this row.";
  }

  private chosen(): BenchRow[] {
    const chosen = CHOICES[this.which.value]!.rows.filter((row) => caseOf(row).includes(this.part.value.trim()));
    if (!chosen.length) throw new Error(`No row contains "${this.part.value}"; leave the field empty for all of them.`);
    this.bar.max = chosen.length;
    return chosen;
  }

  /** One thing at a time. */
  private async work(act: () => Promise<void>): Promise<void> {
    const starters = [this.begin, this.better, this.forget];
    starters.forEach((button) => { button.disabled = true; });
    this.end.disabled = this.stopped = false;
    try {
      await act();
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
    starters.forEach((button) => { button.disabled = false; });
    this.end.disabled = true;
    await this.count().catch(() => undefined);
  }

  private async tune(chosen: readonly BenchRow[]): Promise<void> {
    await this.lab.gpu();
    let [done, made] = [0, 0];
    for (const row of chosen) {
      if (this.stopped) break;
      this.said.textContent = `Timing every variant of ${caseOf(row)}, row ${done + 1} of ${chosen.length}.`;
      made = await tuneRow(row);
      this.bar.value = ++done;
    }
    const lost = made > 0 && !(await this.count());
    this.said.textContent = `Tuned ${done} of ${chosen.length} rows${this.stopped ? ", stopped" : ""}: run them to ` +
      `see what it brings.${lost ? " This browser stores nothing for this page, so the choices are lost." : ""}`;
  }

  private async forgetAll(): Promise<void> {
    await (await this.lab.gpu()).tuner.forget();
    this.said.textContent = "The tuning choices are forgotten.";
  }

  private async measure(chosen: readonly BenchRow[]): Promise<void> {
    const [gpu, runs] = [await this.lab.gpu(), await jsonOf<Runs>("bench.json")];
    this.body.replaceChildren();
    this.said.textContent = "Measuring what anything can reach here.";
    if (this.reached?.gpu !== gpu) this.reached = { gpu, roofline: await measureRoofline(gpu) };
    const { roofline } = this.reached;
    const reach = `${gpu.adapter.name}: copy ${roofline.copy_gbps.toFixed(1)} GB/s, multiply-add ` +
      `${roofline.fma_gflops.toFixed(0)} GFLOP/s, matmul ${roofline.matmul_gflops.toFixed(0)} GFLOP/s`;
    const all: Measured[] = [];
    const done = () => all.filter(({ forced }) => !forced).length;
    for await (const measured of measureAll(gpu, roofline, chosen, this.variants.checked)) {
      all.push(measured);
      this.body.append(rowOf(measured, runs));
      this.bar.value = done();
      if (this.stopped) break;
      this.said.textContent = `${reach}; ${done()} of ${chosen.length} rows.`;
    }
    this.said.textContent = `${reach}; ${done()} of ${chosen.length} rows${this.stopped ? ", stopped" : ", done"}.`;
    this.keep.replaceChildren(el("button", { type: "button", click: () =>
      download("purigrad-bench.json", JSON.stringify(resultOf(gpu.adapter.name, roofline, all), null, 1)) },
    "Download the result"));
  }

  close(): void {
    this.stopped = true;
  }
}

export const benchPage: Page = {
  title: "Bench",
  open(root, lab) {
    const view = new BenchView(lab);
    view.build(root);
    return () => view.close();
  },
};
