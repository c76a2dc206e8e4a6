// What a run of `npm run bench:peers` prints: the table of ratios and the summary.

import { lines as rowsOf, textTable } from "../../src/report/table.ts";
import { against, geometricMean, isWebGpu, summarise, summaryText, type Against,
  type Summary } from "../../src/readme/peers.ts";
import type { Row } from "./measure.ts";

export interface PeersSummary {
  /** For kernels, chains of tiny ops and steps: geometric mean of (time of the fastest WebGPU peer / ours). */
  groups: Summary[];
  /** Where a WebGPU peer comes closest to purigrad, or is ahead of it (ratio below 1). */
  lowest: { case: string; engine: string; ratio: number } | null;
  /** How many times PyTorch's time purigrad takes. */
  pytorch: { engine: string; cases: number; ratio: number; worst: { case: string; ratio: number } }[];
}

/** Rows whose numbers are right. */
const sound = (rows: readonly Row[]) =>
  rows.filter((row): row is Row & { ms: number; spread: number; gflops: number; } =>
    row.ms !== null && row.ok !== false
  );

export function summaryOf(adapter: string, rows: readonly Row[]): PeersSummary {
  const cases = against({ adapter, rows: sound(rows) });
  const [lowest] = cases.flatMap((c) => (c.fastest ? [{ case: c.case, ...c.fastest }] : [])).sort((a, b) =>
    a.ratio - b.ratio
  );
  const torches = [...new Set(cases.flatMap((c) => Object.keys(c.ratios)))].filter((engine) => !isWebGpu(engine));
  return { groups: summarise(cases), lowest: lowest ?? null, pytorch: torches.map((engine) => beside(engine, cases)) };
}

function beside(engine: string, cases: readonly Against[]): PeersSummary["pytorch"][number] {
  const ratios = cases.flatMap((c) => (c.ratios[engine] ? [{ case: c.case, ratio: 1 / c.ratios[engine] }] : []));
  const worst = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return { engine, cases: ratios.length, ratio: geometricMean(ratios.map((r) => r.ratio)), worst };
}

const number = (v: number): string => (v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2));

/** ` 4.10x` behind a peer's time, `(2.31)` GFLOP/s behind purigrad's, `!` behind a wrong one. */
function behind(row: Row, ours: Row | undefined): string {
  const ratio = ours?.ms && row !== ours ? ` ${number(row.ms! / ours.ms)}x` : "";
  const speed = row === ours && row.gflops ? ` (${number(row.gflops)})` : "";
  return `${ratio}${speed}${row.ok === false ? " !" : ""}`;
}

function cell(row: Row | undefined, ours: Row | undefined): string {
  if (row?.ms) return number(row.ms) + behind(row, ours);
  return row?.note?.startsWith("more than") ? `> ${row.note.slice("more than ".length)}` : "-";
}

/** One line a case: purigrad's ms (GFLOP/s), and for each peer ms and how many times purigrad's that is. */
export function printedTable(rows: readonly Row[], engines: readonly string[]): string {
  const cases = [...new Set(rows.map((row) => row.case))];
  const lines = cases.map((name) => {
    const of = (engine: string) => rows.find((row) => row.case === name && row.engine === engine);
    return [name, ...engines.map((engine) => cell(of(engine), of("purigrad")))];
  });
  return textTable({ columns: engines, rows: rowsOf(lines) }, { width: 200 }) + printedNotes(rows);
}

const MANY = 3;

/** A line for every note, one for all cases where an engine has the same note in many. */
function printedNotes(rows: readonly Row[]): string {
  const cases = new Map<string, string[]>();
  for (const { engine, note, case: name } of rows)
    if (note) cases.set(`${engine}: ${note}`, [...(cases.get(`${engine}: ${note}`) ?? []), name]);
  return [...cases].map(([note, names]) =>
    `\n${note} (${names.length > MANY ? `${names.length} cases` : names.join(", ")})`
  ).join("") + (cases.size ? "\n" : "");
}

export function printedSummary({ groups, lowest, pytorch }: PeersSummary): string {
  const lines = groups.map(summaryText);
  if (lowest) lines.push(`lowest: ${lowest.ratio.toFixed(2)} times, ${lowest.case} (${lowest.engine})`);
  for (const { engine, cases, ratio, worst } of pytorch)
    lines.push(`${engine}, no WebGPU: purigrad takes ${ratio.toFixed(2)} times its time (geometric mean of ${cases} ` +
      `${cases === 1 ? "case" : "cases"}), at most ${worst.ratio.toFixed(2)} times (${worst.case})`);
  return lines.map((line) => `${line}\n`).join("");
}

/** `tfjs-webgpu 12.3 ms 4.10x` for the line of progress. */
export const printedRow = (row: Row, ours: Row | undefined): string =>
  `${row.engine} ${row.ms === null ? (row.note ?? "-").slice(0, 80) : `${number(row.ms)} ms${behind(row, ours)}`}`;
