// A run as results/README.md shows it: Table 1 in every reading of the paper's attack, what passes, Tables 2 and 3.

import { titleOf } from "../defences/index.ts";
import { paperOf } from "../paper/experiments.ts";
import { ATTACKS } from "../paper/numbers.ts";
import type { MeasuredRow, Results, Table3Row } from "../paper/results.ts";
import type { Reading, RobustSettings } from "../paper/settings.ts";
import { scaledMinutes } from "../paper/tables.ts";
import { lines, markdownTable } from "../report/table.ts";
import { besidePaper, deployedSection } from "./readme.ts";

const LABELS = { true: "true labels", own: "the classifier's own predictions for labels" };
const UNITS = { pixel: "eps in pixel units", normalised: "eps in normalised units" };

function table(rows: readonly MeasuredRow[], { labels, units }: Reading, settings: Results["settings"]): string {
  return markdownTable({ corner: `${LABELS[labels]}, ${UNITS[units]}`, columns: [...ATTACKS],
    rows: lines(rows.map((row) => besidePaper(row, paperOf(settings), 1))) });
}

const orDash = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));

/** Table 1 in every reading. */
export const readingTables = ({ table1 = [], readings = [], settings }: Results): string[] =>
  (table1.length === 0 ? [] : [
    `Accuracy in percent on ${table1[0]!.n.toLocaleString("en")} test images, the paper's in brackets; its row is ` +
    `beside each of ours, whatever the reading.\n`,
    table(table1, { labels: "true", units: "pixel" }, settings),
    ...readings.map((r) => table(r.rows, r, settings)),
  ]);

const passingTables = ({ passing = [] }: Results): string[] =>
  (passing.length === 0 ? [] : [markdownTable({ corner: "what passes (I-FGSM, pixel units)",
    columns: ["PSNR of clean images, dB", "share of the perturbation"],
    rows: lines(passing.map(({ defence, psnr, share }) => [titleOf(defence), orDash(psnr, 1), orDash(share, 2)])) })]);

/** A figure beside the paper's. */
const beside = (ours: number, theirs: number | undefined, digits: number): string =>
  ours.toFixed(digits) + (theirs === undefined ? "" : ` (${theirs.toFixed(digits)})`);

function table3Tables({ table3 = [], settings }: Results): string[] {
  if (table3.length === 0) return [];
  const paper = paperOf(settings).table3;
  const { eps, steps, restarts } = settings.robust as RobustSettings;
  const cells = ({ defence, clean, gray, white, minutes }: Table3Row) => [titleOf(defence),
    beside(clean, paper[defence]?.clean, 1), orDash(gray, 1), beside(white, paper[defence]?.pgd, 1),
    beside(minutes, paper[defence]?.minutes, 1)];
  return [`Table 3: PGD-${steps}-${restarts} at eps ${(255 * eps).toFixed(0)}/255, accuracy in percent on ` +
    `${table3[0]!.n} test images, the paper's in brackets; minutes of training.\n`,
    markdownTable({ columns: ["clean", "gray box", "white box", "minutes"], rows: lines(table3.map(cells)) }),
    `${scaledMinutes(table3, paper)}\n`];
}

/** The tables of one run that results/README.md shows. */
export const runSection = (run: Results): string =>
  [...readingTables(run), ...passingTables(run), ...deployedSection(run.table2?.rows ?? []), ...table3Tables(run)]
    .join("\n");
