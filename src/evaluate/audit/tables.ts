// An audit as tables: what each attack leaves, and what the checks say.

import { lines, type Cell, type Table } from "../../report/table.ts";
import { counted } from "../../report/words.ts";
import type { Audit, AuditRow, Verdicts } from "./audit.ts";

function share(v: Verdicts, by: keyof Verdicts): Cell {
  if (by === "draws_mean") return v[by] ?? "";
  return v[by] ? { value: v[by].percent, interval: v[by].interval } : "";
}

/** Verdicts that an audit has, by their headings. */
const headings = (clean: Verdicts): [keyof Verdicts, string][] =>
  ([["deployed", "as deployed"], ["majority", "majority of draws"], ["all_right", "all draws"],
    ["draws_mean", "mean of draws"]] as [keyof Verdicts, string][]).filter(([by]) => clean[by] !== undefined);

/** "2 / 0 / 1": images of an attack with a zero gradient, a broken one, and that ended milder. */
const gradientsOf = ({ gradients }: AuditRow): string =>
  gradients ? `${gradients.zero} / ${gradients.broken} / ${gradients.milder}` : "";

const WITHIN: Record<AuditRow["norm"], string> = { Linf: "", L2: ", L2", shift: ", no ball" };

const rowOf = (row: AuditRow, by: [keyof Verdicts, string][]): Table["rows"][number] => ({
  label: `${row.title} (${row.threat === "nothing" ? "knows nothing" : row.threat}${WITHIN[row.norm]})`,
  cells: [...by.map(([v]) => share(row.robust, v)), row.attacked, gradientsOf(row)] });

/** Percent right under each attack and all before it, with 95 % Clopper-Pearson intervals. */
export function attackTable({ title, settings, clean, rows, images }: Audit): Table {
  const by = headings(clean);
  return { caption: `${title}: right after each attack and all before it, eps ${settings.eps}, percent`,
    corner: "attack", columns: [...by.map(([, label]) => ({ label, digits: 1 })), { label: "attacked", digits: 0 },
      { label: "zero / broken / milder", digits: 0 }],
    rows: [{ label: "clean images", cells: [...by.map(([v]) => share(clean, v)), images.length, ""] },
      ...rows.map((row) => rowOf(row, by))],
    note: `${counted(images.length, "image")}; 95 % Clopper-Pearson intervals; images whose gradient was all zero or ` +
      `broken (not finite) at some step, or that ended milder: with a lower loss than they began with` };
}

/** What the checks for a masked gradient say. */
export const checkTable = ({ checks }: Audit): Table => ({ caption: "Can the figures be believed?", corner: "check",
  columns: ["", "measured", "it says"],
  rows: lines(checks.map(({ name, mark, figure, says, next }) => [name, mark, figure,
    next ? `${says}; try: ${next}` : says])) });

/** What the checks say, by their names: mark, figure, sentence, what to try. */
export const checkEntries = ({ checks }: Audit): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, mark, figure, says, next }) =>
    [name, `${mark}: ${figure}; ${says}${next ? `; try: ${next}` : ""}`]));

/** The same, a line each. */
export const checkLines = (audit: Audit): string[] =>
  Object.entries(checkEntries(audit)).map(([name, said]) => `${name}: ${said}`);

/** The audit in a sentence. */
export function auditSentence({ title, worst, mark, checks, clean }: Audit): string {
  const under = worst.map(({ norm, eps, left }) =>
    `${left.deployed!.percent.toFixed(1)} % under every ${norm === "Linf" ? "L-infinity" : "L2"} attack within ${eps}`);
  const named = checks.filter((check) => check.mark === mark).map(({ name }) => name).join(", ");
  return `${title}: ${clean.deployed!.percent.toFixed(1)} % of the clean images right, ${under.join(", ")}; checks: ` +
    `${mark}${mark === "pass" ? "" : ` (${named})`}`;
}
