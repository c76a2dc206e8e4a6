// Does this browser and GPU compute every op right? The cases of `purigrad verify`.

import { verify, type CaseResult, type ReadCase } from "../src/verify/verify.ts";
import { download, el } from "./dom.ts";
import { jsonOf, unzipped } from "./fetch.ts";
import type { Page } from "./lab.ts";

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

export const verifyPage: Page = {
  title: "Verify",
  async open(root, lab) {
    const stop = new AbortController();
    const [said, bar, result] = [el("p", { class: "sentence", role: "status" }, "About 800 cases: every op, forward " +
      "and backward, every variant that this adapter can run, losses, optimisers, attacks."),
      el("progress", { max: 1, value: 0, "aria-label": "Cases done" }), el("div")];
    const [begin, end] = [el("button", { class: "main", type: "button" }, "Run"),
      el("button", { type: "button", disabled: true, click: () => stop.abort(new Error("Stopped.")) }, "Stop")];
    begin.addEventListener("click", async () => {
      begin.disabled = true;
      end.disabled = false;
      const failures = el("ul");
      result.replaceChildren(failures);
      try {
        const report = await verify(await lab.gpu(), await reader(), { computed: true, signal: stop.signal,
          onCase: (c, done, total) => {
            bar.max = total;
            bar.value = done;
            said.textContent = `${done} of ${total}: ${c.id}`;
            if (c.status === "fail") failures.append(el("li", { class: "error" }, `${c.id}: ${c.message}`));
          } });
        said.textContent = report.failed === 0 ? `All ${report.passed} cases right on ${report.adapter}.`
          : `${report.failed} of ${report.cases.length} cases wrong on ${report.adapter}.`;
        result.append(el("p", {}, el("button", { type: "button", click: () =>
          download("purigrad-verify.json", JSON.stringify(report, null, 1)) }, "Download the result")),
        table(report.cases));
      } catch (error) {
        said.textContent = (error as Error).message;
      }
      end.disabled = true;
    });
    root.append(said, bar, el("p", { class: "controls" }, begin, end), result);
    return () => stop.abort(new Error("Stopped."));
  },
};
