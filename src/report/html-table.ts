// A table as HTML: the best number bold, the paper's in grey beside ours, the row names in sight while it scrolls.

import { checkRows, columnsOf, measured, type Cell, type Column, type Measured, type Table } from "./table.ts";
import { escapeHtml } from "./words.ts";

/** The table in a box that scrolls by itself, and its note. Throws when a row has another number of cells. */
export function tableHtml(table: Table): string {
  checkRows("htmlReport", table);
  const columns = columnsOf(table);
  const drawn = columns.map((column, i) => drawColumn(column, table.rows.map((row) => row.cells[i]!)));
  const line = (first: string, r: number) => `<tr>${first}${drawn.map((column) => column[r]).join("")}</tr>`;
  const rows = table.rows.map((row, r) => line(`<th scope="row">${escapeHtml(row.label)}</th>`, r + 1));
  const caption = table.caption ? `<caption><span>${escapeHtml(table.caption)}</span></caption>\n` : "";
  const body = `<table${table.dense ? ` class="dense"` : ""}>\n${caption}<thead>${
    line(`<th scope="col">${escapeHtml(table.corner ?? "")}</th>`, 0)
  }</thead>
<tbody>\n${rows.join("\n")}\n</tbody>\n</table>`;
  return scroller(table.caption ? `Table: ${table.caption}` : "Table", body) + noteOf(table);
}

/** A box that scrolls sideways by itself, by touch and by keyboard. */
export function scroller(name: string, content: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(name)}">${content}</div>`;
}

function noteOf({ rows, note }: Table): string {
  const paper = rows.some((row) => row.cells.some((cell) => measured(cell)?.paper !== undefined));
  const legend = paper ? `<span class="paper">In grey: the paper’s number.</span> ` : "";
  return legend || note ? `\n<p class="note">${legend}${escapeHtml(note ?? "")}</p>` : "";
}

/** Letters of a cell that is broken into lines. */
const LONG = 30;

/**
 * Heading and cells of one column. They are made together: the best is bold, and a missing paper's number keeps its
 * place.
 */
function drawColumn({ label, best, digits = 2 }: Column, cells: readonly Cell[]): string[] {
  const numbers = cells.map(measured);
  const words = numbers.every((number) => number === undefined)
    ? ` class="words${cells.some((cell) => String(cell).length > LONG) ? " long" : ""}"` : "";
  const shown = numbers.map((number) => number?.value?.toFixed(digits));
  const hasPaper = numbers.some((number) => number?.paper !== undefined);
  const winner = bestOf(shown, best);
  const drawn = numbers.map((number, i) => {
    if (!number) return `<td${words}>${escapeHtml(String(cells[i]))}</td>`;
    const ours = shown[i]?.replace("-", "\u2212") ?? `<span class="none">–</span>`;
    const bold = shown[i] !== undefined && Number(shown[i]) === winner ? `<b>${ours}</b>` : ours;
    return `<td>${bold}${hasPaper ? paperNumber(number.paper, digits) : ""}${interval(number.interval, digits)}</td>`;
  });
  return [`<th scope="col"${words}>${escapeHtml(label)}</th>`, ...drawn];
}

/** The best of the numbers as they are shown, so that two which read the same are both bold. */
function bestOf(shown: readonly (string | undefined)[], best: Column["best"]): number | undefined {
  const finite = shown.filter((text) => text !== undefined).map(Number).filter(Number.isFinite);
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
