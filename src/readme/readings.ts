// CIFAR-10's Table 1 in every reading of the paper's attack, for results/README.md.

import { titleOf } from "../defences/index.ts";
import { paperOf } from "../paper/experiments.ts";
import { ATTACKS } from "../paper/numbers.ts";
import type { MeasuredRow, Results } from "../paper/results.ts";
import type { Reading } from "../paper/settings.ts";
import { lines, markdownTable } from "../report/table.ts";
import { besidePaper } from "./readme.ts";

const LABELS = { true: "true labels", own: "the classifier's own predictions for labels" };
const UNITS = { pixel: "eps in pixel units", normalised: "eps in normalised units" };

function table(rows: readonly MeasuredRow[], { labels, units }: Reading, settings: Results["settings"]): string {
  return markdownTable({ corner: `${LABELS[labels]}, ${UNITS[units]}`, columns: [...ATTACKS],
    rows: lines(rows.map((row) => besidePaper(row, paperOf(settings), 1))) });
}

const orDash = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));

/** The tables of one run, and what each purifier lets through. */
export function readingsSection({ table1 = [], readings = [], passing = [], settings }: Results): string {
  if (table1.length === 0) return "";
  return [
    `Accuracy in percent on ${table1[0]!.n.toLocaleString("en")} test images, the paper's in brackets; its row is ` +
    `beside each of ours, whatever the reading.\n`,
    table(table1, { labels: "true", units: "pixel" }, settings),
    ...readings.map((r) => table(r.rows, r, settings)),
    ...(passing.length ? [markdownTable({ corner: "what passes (I-FGSM, pixel units)",
      columns: ["PSNR of clean images, dB", "share of the perturbation"],
      rows: lines(passing.map(({ defence, psnr, share }) => [titleOf(defence), orDash(psnr, 1), orDash(share, 2)])) })]
      : []),
  ].join("\n");
}
