/**
 * Tables: one model, rendered as text for a terminal, as Markdown, and by page.ts as HTML.
 */

export interface Table {
  caption?: string;
  /** Heading of the column of row names. */
  corner?: string;
  columns: readonly (string | Column)[];
  rows: readonly { label: string; cells: readonly Cell[] }[];
  /** Small letters in HTML, for many columns. */
  dense?: boolean;
  /** Stands under the table in HTML, as in "10,000 test images; 95 % Wilson intervals". */
  note?: string;
}

/** Head of a column. */
export interface Column {
  label: string;
  /** Which number of the column is bold in HTML; without it none is. */
  best?: "highest" | "lowest";
  /** Digits after the point; 2 unless given. */
  digits?: number;
}

/** A number stands for `{ value: number }`, and null for one that was not measured. */
export type Cell = string | number | null | Measured;

/** A number, beside it the paper's, and its interval where one is known. */
export interface Measured {
  value: number | null;
  /** The paper's number, set beside it. */
  paper?: number;
  interval?: readonly [low: number, high: number];
}

/** Form of a table as text. */
export interface TextOptions {
  /** Characters that a line may take; 80 unless given. */
  width?: number;
  /** Intervals in brackets behind the numbers; left out unless asked for. */
  intervals?: boolean;
}

/** Rows of plain texts, each [label, cell, cell, ..]. */
export const lines = (rows: readonly (readonly string[])[]): Table["rows"] =>
  rows.map(([label = "", ...cells]) => ({ label, cells }));

/** What a cell measures; undefined for one of words. */
export function measured(cell: Cell): Measured | undefined {
  if (typeof cell === "string") return undefined;
  return typeof cell === "number" || cell === null ? { value: cell } : cell;
}

export const columnsOf = ({ columns }: Table): Column[] =>
  columns.map((column) => (typeof column === "string" ? { label: column } : column));

/** Throws when a row has another number of cells than the table has columns. */
export function checkRows(who: string, { rows, columns }: Table): void {
  const wrong = rows.find((row) => row.cells.length !== columns.length);
  if (wrong) throw new Error(`${who}: row "${wrong.label}" has ${wrong.cells.length} cells, the table has ` +
    `${columns.length} columns; make them agree`);
}

/** The cells of one column as texts: `98.05 (96.72)` beside the paper's number, "-" for what was not measured. */
function columnTexts({ digits = 2 }: Column, cells: readonly Cell[], intervals: boolean): string[] {
  const numbers = cells.map(measured);
  const papers = numbers.map((n) => (n?.paper === undefined ? "" : `(${n.paper.toFixed(digits)})`));
  const room = Math.max(...papers.map((p) => p.length));
  return numbers.map((number, i) => {
    if (!number) return cells[i] as string;
    const { value, interval } = number;
    const bounds = intervals && interval ? ` [${interval.map((v) => v.toFixed(digits)).join(", ")}]` : "";
    return `${value === null ? "-" : value.toFixed(digits)}${bounds}${room ? ` ${papers[i]!.padStart(room)}` : ""}`;
  });
}

/** All texts of a table, row by row: the headings first. */
function textsOf(table: Table, intervals: boolean): string[][] {
  const columns = columnsOf(table);
  const texts = columns.map((column, c) => columnTexts(column, table.rows.map((row) => row.cells[c]!), intervals));
  return [columns.map(({ label }) => label), ...table.rows.map((_, r) => texts.map((column) => column[r]!))];
}

/**
 * Row names on the left, cells aligned right. The columns stand 2 apart, or 1 where 2 is too wide;
 * a row name that finds no room stands on a line of its own above its cells.
 */
export function textTable(table: Table, { width = 80, intervals = false }: TextOptions = {}): string {
  checkRows("textTable", table);
  const names = [table.corner ?? "", ...table.rows.map(({ label }) => label)];
  const texts = textsOf(table, intervals);
  const widths = table.columns.map((_, i) => Math.max(...texts.map((line) => line[i]!.length)));
  const longest = Math.max(...names.map((name) => name.length));
  const spread = (gap: number) => widths.reduce((a, b) => a + b, 1) + gap * (table.columns.length - 1);
  const gap = longest + spread(2) <= width ? 2 : 1;
  const room = Math.max(0, Math.min(longest, width - spread(gap)));
  return texts.map((cells, i) => textLine(names[i]!, cells, room, widths, gap)).join("\n") + "\n";
}

function textLine(name: string, cells: readonly string[], room: number, widths: number[], gap: number): string {
  const aligned = " " + cells.map((cell, i) => cell.padStart(widths[i]!)).join(" ".repeat(gap));
  return (name.length <= room ? name.padEnd(room) + aligned : `${name}\n${" ".repeat(room)}${aligned}`).trimEnd();
}

/** The table in Markdown: names on the left, cells aligned right. A "|" in a text is escaped. */
export function markdownTable(table: Table, { intervals = false }: Omit<TextOptions, "width"> = {}): string {
  checkRows("markdownTable", table);
  const [head, ...body] = textsOf(table, intervals);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.trim().replaceAll("|", "\\|")).join(" | ")} |`;
  const rows = body.map((cells, i) => line([table.rows[i]!.label, ...cells]));
  return [line([table.corner ?? "", ...head!]), `|---|${"---:|".repeat(table.columns.length)}`, ...rows].join("\n") +
    "\n";
}
