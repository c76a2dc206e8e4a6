// The page report.html: the parts' tables beside the paper's, their figures, the settings, what is different and why.

import { duration } from "../report/progress.ts";
import { htmlReport, type ReportPart, type ReportSection } from "../report/page.ts";
import { counted } from "../report/words.ts";
import { datasetOf } from "../data/datasets.ts";
import { caveats } from "./caveats.ts";
import { differences } from "./differences.ts";
import { findings } from "./findings.ts";
import { lossFigure } from "./figures/losses.ts";
import { settingsOf, timeOf } from "./labels.ts";
import type { Part } from "./part.ts";
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
    caveats: caveats(results),
    summary: findings(results).join("\n\n") || "This run made no table.",
    sections: [
      ...merged(PARTS.flatMap((part) => sectionsOf(part, results, figures))),
      { heading: "How it was made", parts: howItWasMade(results) },
    ].filter(({ parts }) => parts.length > 0),
  });
}

const fold = (summary: string, parts: readonly ReportPart[]): ReportPart[] =>
  parts.length ? [{ kind: "fold", summary, parts }] : [];

const settings = (entries: Readonly<Record<string, string>>): ReportPart[] =>
  Object.keys(entries).length ? [{ kind: "settings", entries }] : [];

function howItWasMade(results: Results): ReportPart[] {
  const { about: _, ...chosen } = results.settings;
  const seconds = Object.entries(results.durations);
  const curves = losses(results);
  return [
    ...settings(madeBy(results)),
    ...fold("What is different from the paper, and why", settings(differences(results))),
    ...fold("Settings", settings(settingsOf(chosen))),
    ...fold(`How long it took: ${counted(seconds.length, "entry", "entries")}`,
      settings(Object.fromEntries(seconds.map(([name, s]) => [timeOf(name), duration(1000 * s)])))),
    ...fold(`How the losses fell: ${counted(curves.length, "chart")}`, curves),
  ];
}

const losses = ({ history = {} }: Results): ReportPart[] => Object.entries(history).flatMap(([phase, seen]) => {
  const drawing = lossFigure(phase, seen);
  const caption = `${phase}, ${counted(seen.at(-1)?.[0] ?? 0, "step")}.`;
  return drawing ? [{ kind: "drawing", ...drawing, alt: `Loss of ${phase}`, caption }] : [];
});

/** The sections of a part; its figure, where there is one, opens the first. */
function sectionsOf(part: Part, results: Results, figures: Figures): ReportSection[] {
  const [first, ...rest] = part.sections?.(results) ?? [];
  if (!first) return [];
  return [{ ...first, parts: [...figureOf(part, results, figures[part.name]), ...first.parts] }, ...rest];
}

/** The figure of a part as the page shows it: drawn from the numbers, or from its file. */
function figureOf({ name, figure }: Part, results: Results, file: Uint8Array | string | undefined): ReportPart[] {
  if (!figure) return [];
  const { alt, caption, folded } = figure;
  const drawing = figure.draw?.(results) ?? (typeof file === "string" ? { wide: file } : undefined);
  const sheet = results.pictures?.[name];
  const shown: ReportPart[] = drawing ? [{ kind: "drawing", ...drawing, alt, caption }]
    : typeof file === "string" || !file ? []
    : [sheet ? { kind: "pictures", image: file, sheet, caption } : { kind: "figure", image: file, alt, caption }];
  return folded ? fold(folded, shown) : shown;
}

/** Sections of one heading as one, where the first of them stands. */
function merged(sections: readonly ReportSection[]): ReportSection[] {
  const headings = [...new Set(sections.map(({ heading }) => heading))];
  return headings.map((heading) => ({ heading,
    parts: sections.filter((s) => s.heading === heading).flatMap((s) => s.parts) }));
}

const madeBy = ({ command, seed, adapter, commit, version, date }: Results): Record<string, string> =>
  ({ command, seed: String(seed), adapter, commit, ...(version && { version }), ...(date && { date }) });
