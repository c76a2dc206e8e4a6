// An audit as one page: the sentence, what each attack leaves, the checks, and PGD over its steps and over the radius.

import { lineChart } from "../../report/chart.ts";
import { htmlReport, type ReportPart } from "../../report/page.ts";
import type { Audit } from "./audit.ts";
import type { AuditIdentity } from "./part.ts";
import { attackTable, auditSentence, checkEntries } from "./tables.ts";

const percent = { label: "right, percent", from: 0, to: 100 };

function curve(title: string, label: string, points: { x: number; percent: number }[], mark?: number): ReportPart {
  const image = lineChart({ title, x: { label, values: points.map(({ x }) => x) }, y: percent,
    lines: [{ label: "PGD", values: points.map((point) => point.percent) }],
    ...(mark !== undefined && { mark: { x: mark, label: `eps ${mark}` } }) });
  return { kind: "figure", image, alt: title, caption: title };
}

/** The page as HTML; it needs nothing beside it. */
export function auditPage(audit: Audit, { dataset, weights, defence, adapter }: AuditIdentity, commit: string): string {
  const { settings, steps, radii } = audit;
  const made = { dataset, weights, defence, adapter, commit,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])) };
  return htmlReport({ title: `Audit: ${audit.title}`, summary: auditSentence(audit), sections: [
    { heading: "What each attack leaves", parts: [{ kind: "table", ...attackTable(audit) }] },
    { heading: "Can the figures be believed?", parts: [{ kind: "settings", entries: checkEntries(audit) }] },
    { heading: "PGD over its steps and over the radius", parts: [
      curve("Accuracy under PGD over its steps", "steps", steps.map(({ at, percent: p }) => ({ x: at, percent: p }))),
      curve("Accuracy under PGD over the radius", "eps", [{ x: 0, percent: audit.clean.deployed!.percent },
        ...radii.map(({ eps, percent: p }) => ({ x: eps, percent: p }))], settings.eps)] },
    { heading: "How it was made", parts: [{ kind: "settings", entries: made }] },
  ] });
}
