// An audit as one page: the sentence, what each attack leaves, the checks, and PGD over its steps and over the radius.

import { chartDrawing } from "../report/chart.ts";
import { htmlReport, type ReportPart } from "../report/page.ts";
import { counted } from "../report/words.ts";
import type { Audit } from "../evaluate/audit/audit.ts";
import type { AuditIdentity } from "../evaluate/audit/part.ts";
import { attackTable, auditSentence, checkEntries } from "../evaluate/audit/tables.ts";

const percent = { label: "right, percent", from: 0, to: 100 };

function curve(title: string, label: string, points: { x: number; percent: number }[], mark?: number): ReportPart {
  const drawing = chartDrawing({ title, x: { label, values: points.map(({ x }) => x) }, y: percent,
    lines: [{ label: "PGD", values: points.map((point) => point.percent) }],
    ...(mark !== undefined && { mark: { x: mark, label: `eps ${mark}` } }) });
  return { kind: "drawing", ...drawing, alt: title, caption: `${title}.` };
}

/** What the settings are called in the page. */
const LABELS: Readonly<Record<string, string>> = { eps: "radius, L-infinity", epsL2: "radius, L2",
  steps: "steps of PGD", restarts: "further starts of PGD", queries: "queries of Square", shift: "pixels of a shift",
  draws: "draws a step of EOT", fresh: "fresh draws of the verdict", batch: "images in a block",
  full: "every attack on every image" };

const inWords = (value: unknown): string => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));

/** What the figures are not. */
const caveats = ({ images, mark }: Audit): string[] => [
  `These are upper bounds from ${counted(images.length, "image")}: what these attacks did not find, another may.`,
  mark === "pass" ? "The checks below found no sign of a masked gradient, which is no proof that there is none."
    : `The checks below are not all passed (${mark}): the attacks may have failed, so the figures may be too high.`,
];

/** The page as HTML; it needs nothing beside it. */
export function auditPage(audit: Audit, { dataset, weights, defence, adapter }: AuditIdentity, commit: string): string {
  const { settings, steps, radii } = audit;
  const made = { dataset, weights, defence, adapter, commit,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [LABELS[name] ?? name, inWords(value)])) };
  return htmlReport({ title: `Audit: ${audit.title}`, caveats: caveats(audit), summary: `${auditSentence(audit)}.`,
    sections: [
      { heading: "What each attack leaves", parts: [{ kind: "table", ...attackTable(audit) }] },
      { heading: "Can the figures be believed?", parts: [{ kind: "settings", entries: checkEntries(audit) }] },
      { heading: "PGD over its steps and over the radius", parts: [
        curve("Accuracy under PGD over its steps", "steps", steps.map(({ at, percent: p }) => ({ x: at, percent: p }))),
        curve("Accuracy under PGD over the radius", "eps", [{ x: 0, percent: audit.clean.deployed!.percent },
          ...radii.map(({ eps, percent: p }) => ({ x: eps, percent: p }))], settings.eps)] },
      { heading: "How it was made", parts: [{ kind: "settings", entries: made }] },
    ] });
}
