/**
 * The report: one HTML page that needs nothing beside it. It opens without a server and without scripts, in light and
 * dark, on a phone (grids wrap, drawings have a second layout, tables scroll in their own box) and on paper. Every text
 * is escaped; the same input gives the same bytes.
 */
import { barsHtml, drawingHtml, imageHtml, picturesHtml, type Bars, type Drawing } from "./html-figure.ts";
import { tableHtml } from "./html-table.ts";
import { REPORT_STYLE } from "./page-style.ts";
import type { Sheet } from "./pictures.ts";
import { SVG_STYLE } from "./svg.ts";
import type { Table } from "./table.ts";
import { escapeHtml } from "./words.ts";

export interface Report {
  title: string;
  /** What a reader must know before any number: stands first, a line each. */
  caveats?: readonly string[];
  /** The result in a few sentences; an empty line begins a new paragraph. */
  summary: string;
  sections: readonly ReportSection[];
}

export interface ReportSection {
  heading: string;
  parts: readonly ReportPart[];
}

export type ReportPart = ReportText | ReportTable | ReportFigure | ReportDrawing | ReportPictures | ReportBars |
  ReportSettings | ReportFold;

export interface ReportText {
  kind: "text";
  /** An empty line begins a new paragraph. */
  text: string;
}

export interface ReportTable extends Table {
  kind: "table";
}

/** A PNG as it is. */
export interface ReportFigure {
  kind: "figure";
  image: Uint8Array;
  /** What the picture shows, for someone who does not see it. */
  alt: string;
  caption: string;
}

export interface ReportDrawing extends Drawing {
  kind: "drawing";
  alt: string;
  caption: string;
}

export interface ReportPictures {
  kind: "pictures";
  /** The PNG of the pictures alone. */
  image: Uint8Array;
  sheet: Sheet;
  caption: string;
}

export interface ReportBars extends Bars {
  kind: "bars";
  caption: string;
}

export interface ReportSettings {
  kind: "settings";
  entries: Readonly<Record<string, string | number | boolean>>;
}

/** Parts that are shown when the reader asks for them. */
export interface ReportFold {
  kind: "fold";
  summary: string;
  parts: readonly ReportPart[];
}

/** The whole page as text. Throws when a row of a table has another number of cells than the table has columns. */
export function htmlReport({ title, caveats = [], summary, sections }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${SVG_STYLE}${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${caveatsOf(caveats)}<div class="summary">${paragraphs(summary)}</div>
${contents(sections)}</header>
${sections.map(section).join("\n")}
</main>
</body>
</html>
`;
}

function caveatsOf(caveats: readonly string[]): string {
  if (caveats.length === 0) return "";
  const lines = caveats.map((caveat) => `<li>${escapeHtml(caveat)}</li>`);
  return `<aside class="caveat" aria-label="Before you read on"><ul>${lines.join("")}</ul></aside>\n`;
}

function contents(sections: readonly ReportSection[]): string {
  if (sections.length < 3) return "";
  const links = sections.map(({ heading }, i) => `<li><a href="#s${i + 1}">${escapeHtml(heading)}</a></li>`);
  return `<nav aria-label="Contents"><ol>${links.join("")}</ol></nav>\n`;
}

function section({ heading, parts }: ReportSection, index: number): string {
  const id = `s${index + 1}`;
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(heading)}</h2>\n` +
    `${parts.map(part).join("\n")}\n</section>`;
}

function part(content: ReportPart): string {
  switch (content.kind) {
    case "text": return paragraphs(content.text);
    case "table": return tableHtml(content);
    case "figure": return imageHtml(content.image, content.alt, content.caption);
    case "drawing": return drawingHtml(content, content.alt, content.caption);
    case "pictures": return picturesHtml(content.image, content.sheet, content.caption);
    case "bars": return barsHtml(content, content.caption);
    case "settings": return settings(content);
    case "fold": return `<details><summary>${escapeHtml(content.summary)}</summary>\n` +
      `${content.parts.map(part).join("\n")}\n</details>`;
  }
}

function paragraphs(text: string): string {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => `<p>${escapeHtml(paragraph.trim())}</p>`)
    .join("\n");
}

function settings({ entries }: ReportSettings): string {
  const lines = Object.entries(entries).map(([key, value]) => {
    return `<div><dt>${escapeHtml(key)}</dt><dd>${escapeHtml(String(value))}</dd></div>`;
  });
  return `<dl>${lines.join("\n")}</dl>`;
}
