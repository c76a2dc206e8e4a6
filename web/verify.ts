// Does this browser and GPU compute every op right? The cases of `purigrad verify`.

import { createEngine, type Engine } from "../src/index.ts";
import { verify, type CaseResult, type ReadCase, type VerifyReport } from "../src/verify/verify.ts";
import { download, el, labelled } from "./dom.ts";
import { jsonOf, unzipped } from "./fetch.ts";
import type { Lab, Page } from "./lab.ts";

/** Reads cases of those that the build has listed: what is not there is not asked for. */
async function reader(): Promise<ReadCase> {
  const files = new Set(await jsonOf<string[]>("cases/files.json"));
  return async (path) => (files.has(path) ? unzipped(`cases/${path}.gz`) : null);
}

/** Cases by op: how many, how many failed, and the worst error as a share of its limit. */
function byOp(cases: readonly CaseResult[]): Map<string, { n: number; failed: number; worst: number }> {
  const ops = new Map<string, { n: number; failed: number; worst: number }>();
  for (const { op, status, worst, limit } of cases) {
    const row = ops.get(op) ?? { n: 0, failed: 0, worst: 0 };
    row.n++;
    row.failed += Number(status === "fail");
    row.worst = Math.max(row.worst, worst !== null && limit ? worst / limit : 0);
    ops.set(op, row);
  }
  return ops;
}

const table = (cases: readonly CaseResult[]): HTMLElement =>
  el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Cases by op" }, el("table", {},
    el("thead", {}, el("tr", {}, ...["op", "cases", "failed", "worst error, share of its limit"].map((words, i) =>
      el("th", { scope: "col", class: i ? "number" : "" }, words)))),
    el("tbody", {}, ...[...byOp(cases)].sort((a, b) => b[1].worst - a[1].worst).map(([op, { n, failed, worst }]) =>
      el("tr", {}, el("th", { scope: "row" }, op), ...[n, failed, worst.toPrecision(2)].map((v) =>
        el("td", { class: "number" }, String(v))))))));

/** To be quoted. `part`: the words that chose the cases, "" for all. */
function sentenceOf({ cases, passed, failed, unsupported, adapter }: VerifyReport, part: string): string {
  const [which, skipped] = [part && ` with "${part}"`, unsupported ? `; ${unsupported} cannot run there` : ""];
  const of = `${failed ? `${failed} of ${cases.length}` : `All ${passed}`} cases${which}`;
  return `${of} ${failed ? "wrong" : "right"} on ${adapter}${skipped}.`;
}

class VerifyView {
  private readonly said = el("p", { class: "sentence", role: "status" }, "About 800 cases: every op, forward and " +
    "backward, every variant that this adapter can run, losses, optimisers, attacks.");
  private readonly bar = el("progress", { max: 1, value: 0, "aria-label": "Cases done" });
  private readonly result = el("div");
  private readonly part = el("input", { type: "text", size: 14 });
  private readonly begin = el("button", { class: "main", type: "button", click: () => void this.run() }, "Run");
  private readonly end = el("button", { type: "button", disabled: true, click: () => this.stop.abort() }, "Stop");
  private stop = new AbortController();

  constructor(private readonly lab: Lab) {}

  build(root: HTMLElement): void {
    root.append(this.said, this.bar, el("div", { class: "controls" }, labelled("cases whose name contains", this.part)),
      el("div", { class: "buttons" }, this.begin, this.end), this.result);
  }

  private async run(): Promise<void> {
    const part = this.part.value.trim();
    [this.stop, this.bar.value] = [new AbortController(), 0];
    [this.begin.disabled, this.end.disabled] = [true, false];
    const [failures, cases] = [el("ul"), [] as CaseResult[]];
    this.result.replaceChildren(failures);
    this.said.textContent = "Loading the cases.";
    let gpu: Engine | null = null;
    try {
      await this.lab.gpu(); // the footer names it, or says why there is none
      gpu = await createEngine({ seed: 0 }); // what the cases leave on it goes with it
      const report = await verify(gpu, await reader(), { computed: true, signal: this.stop.signal,
        only: (id) => id.includes(part), onCase: (c, done, total) => {
          cases.push(c);
          [this.bar.max, this.bar.value] = [total, done];
          this.said.textContent = `${done} of ${total}: ${c.id}`;
          if (c.status === "fail") failures.append(el("li", { class: "error" }, `${c.id}: ${c.message}`));
        } });
      this.said.textContent = report.cases.length ? sentenceOf(report, part)
        : `No case contains "${part}"; leave the field empty for all of them.`;
      if (report.cases.length) this.result.append(el("p", {}, el("button", { type: "button", click: () =>
        download("purigrad-verify.json", JSON.stringify(report, null, 1)) }, "Download the result")), table(cases));
    } catch (error) {
      const wrong = cases.filter(({ status }) => status === "fail").length;
      this.said.textContent = this.stop.signal.aborted ? `Stopped after ${cases.length} of ${this.bar.max} cases, ` +
        `${wrong} wrong.` : (error as Error).message;
      if (cases.length) this.result.append(table(cases));
    }
    gpu?.close();
    [this.begin.disabled, this.end.disabled] = [false, true];
  }

  close(): void {
    this.stop.abort();
  }
}

export const verifyPage: Page = {
  title: "Verify",
  open(root, lab) {
    const view = new VerifyView(lab);
    view.build(root);
    return () => view.close();
  },
};
