/** Tables as plain text, aligned and within the width of a terminal. */
import { ATTACKS, paperTable1, type AttackName } from "./paper.ts";

const WIDTH = 80;

export interface TextTable {
  columns: readonly string[];
  /** One row as [name, cell, cell, ...]. */
  rows: readonly (readonly string[])[];
  /** Characters that a line may take; 80 unless given. */
  width?: number;
}

/**
 * Row names on the left, cells aligned right. The columns stand 2 apart, or 1 where 2 is too wide;
 * a row name that finds no room stands on a line of its own above its cells.
 */
export function textTable({ columns, rows, width = WIDTH }: TextTable): string {
  const lines = [["", ...columns], ...rows];
  checkRows("textTable", rows, columns.length);
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i + 1]!.length)));
  const names = Math.max(...lines.map((line) => line[0]!.length));
  const spread = (gap: number) => widths.reduce((a, b) => a + b, 1) + gap * (columns.length - 1);
  const gap = names + spread(2) <= width ? 2 : 1;
  const room = Math.max(0, Math.min(names, width - spread(gap)));
  return lines.map((line) => textLine(line, room, widths, gap)).join("\n") + "\n";
}

function textLine([name = "", ...cells]: readonly string[], room: number, widths: number[], gap: number): string {
  const aligned = " " + cells.map((cell, i) => cell.padStart(widths[i]!)).join(" ".repeat(gap));
  return (name.length <= room ? name.padEnd(room) + aligned : `${name}\n${" ".repeat(room)}${aligned}`).trimEnd();
}

/**
 * The table in Markdown: `corner` over the row names, names on the left, cells aligned right. A "|" in a text is
 * escaped.
 */
export function markdownTable(
  { columns, rows, corner = "" }: { columns: readonly string[]; rows: TextTable["rows"]; corner?: string; },
): string {
  checkRows("markdownTable", rows, columns.length);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line([corner, ...columns]), `|---|${"---:|".repeat(columns.length)}`, ...rows.map(line)].join("\n") + "\n";
}

function checkRows(table: string, rows: TextTable["rows"], columns: number): void {
  const wrong = rows.find((row) => row.length !== columns + 1);
  if (!wrong) return;
  const cells = wrong.length - 1;
  throw new Error(`${table}: row "${wrong[0]}" has ${cells} cells, the table has ${columns} columns; make them agree`);
}

/** Accuracies of one defence in percent; an attack that was not run is left out. */
export interface DefenceRow {
  defence: string;
  accuracy: Partial<Record<AttackName, number>>;
}

/** Table 1 for the terminal: defences down, attacks across, each cell `ours (paper)` in percent, "-" where not run. */
export function table1Text(rows: readonly DefenceRow[]): string {
  return textTable({
    columns: ATTACKS,
    rows: rows.map(({ defence, accuracy }) => {
      return [defence, ...ATTACKS.map((attack) => oursAndPaper(accuracy[attack], paperTable1(defence, attack)))];
    }),
  });
}

/** `96.42 (96.72)`, always 13 characters so that the columns align; 100 stands without decimals. */
export function oursAndPaper(ours: number | undefined, paper: number | undefined): string {
  const beside = paper === undefined ? "" : `(${percent(paper).trim()})`;
  return `${percent(ours)} ${beside.padStart(7)}`;
}

function percent(value: number | undefined): string {
  if (value === undefined) return "-".padStart(5);
  if (!(value >= 0 && value <= 100))
    throw new Error(`table: an accuracy of ${value} came, percent from 0 to 100 were due; check how it was computed`);
  const text = value.toFixed(2);
  return (text === "100.00" ? "100" : text).padStart(5);
}
