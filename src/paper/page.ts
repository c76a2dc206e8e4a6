// The page report.html: the parts' tables beside the paper's, their figures, the settings, what is different and why.

import { duration } from "../report/progress.ts";
import { htmlReport, type ReportPart, type ReportSection } from "../report/page.ts";
import { datasetOf } from "../data/datasets.ts";
import { differences } from "./differences.ts";
import { findings } from "./findings.ts";
import { lossFigure } from "./figures/losses.ts";
import { PARTS } from "./parts/index.ts";
import type { Results } from "./results.ts";

/** PNG as bytes or SVG as text, by the name of the part. */
export type Figures = Readonly<Record<string, Uint8Array | string>>;

/** The self-contained page for whatever parts were run and whatever figures are given. */
export function reportPage(results: Results, figures: Figures): string {
  const { preset, dataset = "mnist" } = results.settings;
  const of = preset ? `, preset ${String(preset)}` : "";
  return htmlReport({
    title: `purigrad: the paper's ${datasetOf(String(dataset)).title} results${of}`,
    summary: findings(results).join("\n\n") || "This run made no table.",
    sections: [
      ...merged(PARTS.flatMap((part) => sectionsOf(part, results, figures))),
      { heading: "How the losses fell", folded: true, parts: losses(results) },
      settings("What is different from the paper, and why", differences(results)),
      { heading: "How it was made", parts: [{ kind: "settings" as const, entries: madeBy(results) },
        { kind: "settings" as const, entries: settingsOf(results.settings) }] },
      settings("How long it took", Object.fromEntries(
        Object.entries(results.durations).map(([name, s]) => [name, duration(1000 * s)]),
      )),
    ].filter(({ parts }) => parts.some((part) => part.kind !== "settings" || Object.keys(part.entries).length > 0)),
  });
}

const losses = ({ history = {} }: Results): ReportPart[] => Object.entries(history).flatMap(([phase, seen]) => {
  const image = lossFigure(phase, seen);
  const caption = `${phase}, ${seen.at(-1)?.[0]} steps.`;
  return image ? [{ kind: "figure", image, alt: `Loss of ${phase}`, caption }] : [];
});

const settings = (heading: string, entries: Readonly<Record<string, string>>): ReportSection => ({ heading,
  parts: [{ kind: "settings", entries }] });

/** The sections of a part; its figure, where there is one, opens the first. */
function sectionsOf({ name, figure, sections }: (typeof PARTS)[number], results: Results,
  figures: Figures): ReportSection[] {
  const [first, ...rest] = sections?.(results) ?? [];
  if (!first) return [];
  const image = figures[name];
  const drawn: ReportPart[] = figure && image !== undefined ? [{ kind: "figure", image, alt: figure.alt,
    caption: figure.caption }] : [];
  return [{ ...first, parts: [...drawn, ...first.parts] }, ...rest];
}

/** Sections of one heading as one, where the first of them stands. */
function merged(sections: readonly ReportSection[]): ReportSection[] {
  const headings = [...new Set(sections.map(({ heading }) => heading))];
  return headings.map((heading) => ({ heading,
    parts: sections.filter((s) => s.heading === heading).flatMap((s) => s.parts) }));
}

const madeBy = ({ command, seed, adapter, commit, version, date }: Results) =>
  ({ command, seed, adapter, commit, ...(version && { version }), ...(date && { date }) });

/** Settings by their first name, each in one line: "eps 0.2; alpha 0.05; steps 10". */
const settingsOf = (settings: object): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, inWords(value)]));

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  if (!value || typeof value !== "object") return String(value);
  const part = (
    [name, v]: [string, unknown],
  ) => (v && typeof v === "object" && !Array.isArray(v) ? `${name} (${inWords(v)})` : `${name} ${inWords(v)}`);
  return Object.entries(value).map(part).join("; ");
}
