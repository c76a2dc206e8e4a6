/**
 * The report: one HTML page that needs nothing beside it. It opens without a server, in light and dark,
 * on a phone (tables and figures scroll in their own box) and on paper. Every text is escaped; the same
 * input gives the same bytes.
 */
import { REPORT_STYLE } from "./page-style.ts";
import { checkRows, columnsOf, measured, type Cell, type Column, type Measured, type Table } from "./table.ts";

export interface Report {
  title: string;
  /** The result in a few sentences; an empty line begins a new paragraph. */
  summary: string;
  sections: readonly ReportSection[];
}

export interface ReportSection {
  heading: string;
  parts: readonly ReportPart[];
  /** The parts are shown when the reader asks for them. */
  folded?: boolean;
}

export type ReportPart = ReportText | ReportTable | ReportFigure | ReportSettings;

export interface ReportText {
  kind: "text";
  /** An empty line begins a new paragraph. */
  text: string;
}

export interface ReportTable extends Table {
  kind: "table";
}

export interface ReportFigure {
  kind: "figure";
  /** The bytes of a PNG, or an SVG as text. */
  image: Uint8Array | string;
  /** The SVG becomes part of the page, so that what its <title>s say shows under the pointer. */
  inline?: boolean;
  /** What the picture shows, for someone who does not see it. */
  alt: string;
  caption: string;
}

export interface ReportSettings {
  kind: "settings";
  entries: Readonly<Record<string, string | number | boolean>>;
}

/** The whole page as text. Throws when a row of a table has another number of cells than the table has columns. */
export function htmlReport({ title, summary, sections }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
<div class="summary">${paragraphs(summary)}</div>
${contents(sections)}</header>
${sections.map(section).join("\n")}
</main>
</body>
</html>
`;
}

/** Text as it may stand in HTML, in an element or between quotes. */
export function escapeHtml(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => signs[sign]!);
}

function contents(sections: readonly ReportSection[]): string {
  if (sections.length < 3) return "";
  const links = sections.map(({ heading }, i) => `<li><a href="#s${i + 1}">${escapeHtml(heading)}</a></li>`);
  return `<nav aria-label="Contents"><ol>${links.join("")}</ol></nav>\n`;
}

function section({ heading, parts, folded }: ReportSection, index: number): string {
  const id = `s${index + 1}`;
  const content = parts.map(part).join("\n");
  const body = folded ? `<details><summary>Show</summary>\n${content}\n</details>` : content;
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(heading)}</h2>\n${body}\n</section>`;
}

function part(content: ReportPart): string {
  if (content.kind === "text") return paragraphs(content.text);
  if (content.kind === "table") return table(content);
  return content.kind === "figure" ? figure(content) : settings(content);
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

function figure({ image, alt, caption, inline }: ReportFigure): string {
  const source =
    typeof image === "string" ? dataUri("image/svg+xml", new TextEncoder().encode(image)) : dataUri("image/png", image);
  const size = typeof image === "string" ? "" : pngSize(image);
  const drawn = inline && typeof image === "string" ? image : `<img src="${source}" alt="${escapeHtml(alt)}"${size}>`;
  return `<figure>
${scroller(caption, drawn)}
<figcaption>${escapeHtml(caption)}</figcaption>
</figure>`;
}

/** Width and height from the PNG's header, so that the page does not jump while it loads. */
function pngSize(png: Uint8Array): string {
  const signature = [0x89, 0x50, 0x4e, 0x47];
  if (png.length < 24 || signature.some((byte, i) => png[i] !== byte)) {
    throw new Error(
      `htmlReport: a figure of ${png.length} bytes is no PNG; give the bytes of a PNG or the text of an SVG`,
    );
  }
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return ` width="${view.getUint32(16)}" height="${view.getUint32(20)}"`;
}

function dataUri(type: string, bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:${type};base64,${btoa(binary)}`;
}

function table(content: ReportTable): string {
  checkRows("htmlReport", content);
  const columns = columnsOf(content);
  const drawn = columns.map((column, i) =>
    drawColumn(
      column,
      content.rows.map((row) => row.cells[i]!),
    ),
  );
  const line = (first: string, r: number) => `<tr>${first}${drawn.map((column) => column[r]).join("")}</tr>`;
  const rows = content.rows.map((row, r) => line(`<th scope="row">${escapeHtml(row.label)}</th>`, r + 1));
  const caption = content.caption ? `<caption><span>${escapeHtml(content.caption)}</span></caption>\n` : "";
  const body = `<table${content.dense ? ` class="dense"` : ""}>\n${caption}<thead>${
    line(`<th scope="col">${escapeHtml(content.corner ?? "")}</th>`, 0)
  }</thead>
<tbody>\n${rows.join("\n")}\n</tbody>\n</table>`;
  return scroller(content.caption ?? "Table", body) + tableNote(content);
}

function tableNote({ rows, note }: ReportTable): string {
  const paper = rows.some((row) => row.cells.some((cell) => measured(cell)?.paper !== undefined));
  const legend = paper ? `<span class="paper">In grey: the paper’s number.</span> ` : "";
  return legend || note ? `\n<p class="note">${legend}${escapeHtml(note ?? "")}</p>` : "";
}

/**
 * Heading and cells of one column. They are made together: the best is bold, and a missing paper's number keeps its
 * place.
 */
function drawColumn({ label, best, digits = 2 }: Column, cells: readonly Cell[]): string[] {
  const numbers = cells.map(measured);
  const words = numbers.every((number) => number === undefined) ? ` class="words"` : "";
  const shown = numbers.map((number) => number?.value?.toFixed(digits));
  const hasPaper = numbers.some((number) => number?.paper !== undefined);
  const winner = bestOf(shown, best);
  const drawn = numbers.map((number, i) => {
    if (!number) return `<td${words}>${escapeHtml(String(cells[i]))}</td>`;
    const ours = shown[i] ?? `<span class="none">–</span>`;
    const bold = shown[i] !== undefined && Number(shown[i]) === winner ? `<b>${ours}</b>` : ours;
    return `<td>${bold}${hasPaper ? paperNumber(number.paper, digits) : ""}${interval(number.interval, digits)}</td>`;
  });
  return [`<th scope="col"${words}>${escapeHtml(label)}</th>`, ...drawn];
}

/** The best of the numbers as they are shown, so that two which read the same are both bold. */
function bestOf(shown: readonly (string | undefined)[], best: Column["best"]): number | undefined {
  const finite = shown
    .filter((text) => text !== undefined)
    .map(Number)
    .filter(Number.isFinite);
  if (!best || finite.length === 0) return undefined;
  return best === "highest" ? Math.max(...finite) : Math.min(...finite);
}

function paperNumber(paper: number | undefined, digits: number): string {
  if (paper === undefined) return ` <span class="paper"></span>`;
  return ` <span class="paper"><span class="spoken">paper: </span>${paper.toFixed(digits)}</span>`;
}

function interval(range: Measured["interval"], digits: number): string {
  return range ? `<span class="interval">${range[0].toFixed(digits)} to ${range[1].toFixed(digits)}</span>` : "";
}

/** A box that scrolls sideways by itself, by touch and by keyboard. */
function scroller(name: string, content: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(name)}">${content}</div>`;
}
