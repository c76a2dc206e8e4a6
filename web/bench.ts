// How fast this browser and GPU are: what anything can reach here, kernels and whole steps, beside the committed runs.

import type { Roofline } from "../src/readme/bench-results.ts";
import { caseOf, type BenchRow } from "../bench/row.ts";
import { CHOICES, measureAll, measureRoofline, type Measured } from "./bench-rows.ts";
import { choice, download, el, labelled } from "./dom.ts";
import { jsonOf } from "./fetch.ts";
import type { Lab, Page } from "./lab.ts";

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

const HEADS = ["case", "variant", "GFLOP/s", "of the roofline", "host us a kernel", "time of one call"];

function rowOf({ record: r, forced }: Measured, runs: Runs): HTMLElement {
  const others = forced ? [] : Object.entries(runs).flatMap(([name, run]) => {
    const ms = run[r.case];
    return ms === undefined ? [] : [bar(name, ms)];
  });
  const number = (text: string) => el("td", { class: "number" }, text);
  return el("tr", {}, el("th", { scope: "row" }, r.case), el("td", {}, forced ? `${forced} (asked for)`
    : r.variant ?? ""), number(r.gflops ? r.gflops.toPrecision(3) : ""),
  number(r.roofline ? `${(100 * r.roofline).toFixed(0)} %` : ""), number(r.host_us_per_kernel?.toFixed(1) ?? ""),
  el("td", { class: "bar" }, bar(HERE, r.ms), ...others));
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
  private readonly begin = el("button", { class: "main", type: "button" }, "Run");
  private readonly end = el("button", { type: "button", disabled: true }, "Stop");
  private readonly keep = el("p");
  private readonly which = choice(Object.entries(CHOICES).map(([name, { title }]) => [name, title]), "short", () => {});
  private readonly part = el("input", { type: "text", size: 14 });
  private readonly variants = el("input", { type: "checkbox" });
  private stopped = false;

  constructor(private readonly lab: Lab) {}

  build(root: HTMLElement): void {
    this.begin.addEventListener("click", () => void this.run());
    this.end.addEventListener("click", () => {
      this.stopped = true;
      this.end.disabled = true;
      this.said.textContent += " Stopping after this row.";
    });
    root.append(this.said, this.bar, el("div", { class: "controls" }, labelled("rows", this.which),
      labelled("whose name contains", this.part),
      el("fieldset", {}, el("label", {}, this.variants, "each variant of a kernel")), this.begin, this.end), this.keep,
    el("p", { class: "muted" }, "Bars are times of one call on a scale where every seventh of the width is ten times " +
      "as long: from 0.01 ms to 100 s."),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Rows" }, el("table", {},
      el("thead", {}, el("tr", {}, ...HEADS.map((words, i) =>
        el("th", { scope: "col", class: i > 1 && i < 5 ? "number" : "" }, words)))), this.body)));
  }

  private async run(): Promise<void> {
    this.begin.disabled = true;
    this.end.disabled = this.stopped = false;
    this.body.replaceChildren();
    try {
      const chosen = CHOICES[this.which.value]!.rows.filter((row) => caseOf(row).includes(this.part.value.trim()));
      if (!chosen.length)
        throw new Error(`No row contains "${this.part.value}"; leave the field empty for all of them.`);
      await this.measure(chosen);
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
    this.begin.disabled = false;
    this.end.disabled = true;
  }

  private async measure(chosen: readonly BenchRow[]): Promise<void> {
    const [gpu, runs] = [await this.lab.gpu(), await jsonOf<Runs>("bench.json")];
    this.said.textContent = "Measuring what anything can reach here.";
    const roofline = await measureRoofline(gpu);
    const reach = `${gpu.adapter.name}: copy ${roofline.copy_gbps.toFixed(1)} GB/s, multiply-add ` +
      `${roofline.fma_gflops.toFixed(0)} GFLOP/s, matmul ${roofline.matmul_gflops.toFixed(0)} GFLOP/s`;
    const all: Measured[] = [];
    this.bar.max = chosen.length;
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
