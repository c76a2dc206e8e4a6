// The tables of the paper, ours beside its numbers: built once, rendered in the report and on the terminal.

import { titleOf } from "../defences/index.ts";
import type { Clustering } from "../evaluate/clustering.ts";
import type { EpsCurves } from "../evaluate/eps-curves.ts";
import type { Passing } from "../evaluate/passing.ts";
import type { ReportPart, ReportSection, ReportTable } from "../report/page.ts";
import { counted } from "../report/words.ts";
import type { Cell, Measured } from "../report/table.ts";
import { paperOf } from "./experiments.ts";
import { contributions, probability, type Contribution } from "./findings.ts";
import { summariseSeeds, type Spread } from "./measured.ts";
import { ATTACKS, paperTable1, type AttackName } from "./numbers.ts";
import { COLUMNS, type Comparison, type MeasuredRow, type Results, type SeedRow, type Table3Row } from "./results.ts";
import type { PaperNumbers, Reading, Settings } from "./settings.ts";
import { best, captioned, eachAttack, folded, inOrder, table } from "./table-parts.ts";

export function table1Table(rows: readonly MeasuredRow[], paper: PaperNumbers): ReportTable {
  const cell = (row: MeasuredRow, attack: AttackName): Measured => ({
    value: row[COLUMNS[attack]],
    paper: paperTable1(paper, row.defence, attack),
    interval: row.intervals[COLUMNS[attack]],
  });
  return table({
    caption: "Table 1, gray box: accuracy in percent",
    columns: ATTACKS.map(best),
    rows: inOrder(rows, (row) => row.defence).map((row) => ({ label: titleOf(row.defence),
      cells: eachAttack((attack) => cell(row, attack)) })
    ),
    note: `${counted(rows[0]!.n, "test image")}. Under each number its 95 % Clopper-Pearson interval. The ` +
      `attacks are made against the bare classifier and know nothing of the purifier. The rows of signed noise stand ` +
      `beside the paper's +G, which says Gaussian noise.`,
  });
}

const LABELS: Record<Reading["labels"], string> = { true: "true labels",
  own: "the classifier's own predictions for labels" };
const capital = (words: string): string => words[0]!.toUpperCase() + words.slice(1);
const UNITS: Record<Reading["units"], string> = { pixel: "pixel units", normalised: "normalised units" };

type ReadRows = NonNullable<Results["readings"]>[number];

function readingTable({ labels, units, rows }: ReadRows, paper: PaperNumbers): ReportTable {
  return { ...table1Table(rows, paper),
    caption: `Table 1 with ${LABELS[labels]}, eps in ${UNITS[units]}: accuracy in percent`,
    note: `The same images and networks as in Table 1, and the same numbers of the paper beside ours: it does not ` +
      `say which of these its attack is.` };
}

/** Table 1 in other readings of its attack, for the report. */
export const readingSections = ({ readings = [], settings }: Results,
  which: (r: Reading) => boolean): ReportSection[] => [{ heading: "Table 1 in other readings of the attack",
  parts: readings.filter(which).flatMap((r) =>
    folded(`${capital(LABELS[r.labels])}, eps in ${UNITS[r.units]}`, [readingTable(r, paperOf(settings))])) }];

export const readingText = ({ readings = [], settings }: Results, which: (r: Reading) => boolean): string =>
  readings.filter(which).map((r) => captioned(readingTable(r, paperOf(settings)))).join("\n");

export const passingTable = (rows: readonly Passing[]): ReportTable => table({
  caption: "What each purifier lets through",
  columns: [{ label: "PSNR of clean images, dB" }, { label: "passing share of the perturbation" }],
  rows: inOrder(rows, (row) => row.defence).map(({ defence, psnr, share }) => ({ label: titleOf(defence),
    cells: [psnr, share] })),
  note: "Share: mean of <D(x + d) \u2212 D(x), d> / <d, d> over the perturbations d of I-FGSM; 1 where they pass as " +
    "they are. What passes fools the classifier still; what does not pass of the image costs clean accuracy.",
});

/** One table for each defence that was trained from several seeds. */
export function seedTables(seeds: readonly SeedRow[]): ReportTable[] {
  return [...new Set(seeds.map((row) => row.defence))].map((name) => {
    const own = seeds.filter((row) => row.defence === name);
    const summary = summariseSeeds(own);
    const of = (label: string, key: keyof Spread) => ({ label,
      cells: eachAttack((attack) => summary[COLUMNS[attack]][key]) });
    return table({
      caption: `${titleOf(name)} from ${counted(own.length, "seed")}: accuracy in percent`,
      corner: "trained from",
      columns: [...ATTACKS],
      rows: [
        ...own.map((row) => ({ label: `seed ${row.seed}`, cells: eachAttack((attack) => row[COLUMNS[attack]]) })),
        of("mean", "mean"),
        of("standard deviation", "std"),
      ],
      note: "The purifier is trained anew from each seed, behind the same classifier.",
    });
  });
}

/** One table for each reference row of McNemar's test. */
export function mcnemarTables(comparisons: readonly Comparison[]): ReportTable[] {
  return [...new Set(comparisons.map((c) => c.reference))].map((reference) => {
    const own = inOrder(comparisons.filter((c) => c.reference === reference), (c) => c.other);
    const cell = (c: Comparison, attack: AttackName) => {
      const { b, c: other, p } = c[COLUMNS[attack]];
      return `${probability(p).replace(" ", "")} (${b}/${other})`;
    };
    return table({
      caption: `McNemar's exact test: ${titleOf(reference)} and each other row`,
      corner: "other row",
      columns: [...ATTACKS],
      rows: own.map((row) => ({ label: titleOf(row.other), cells: eachAttack((attack) => cell(row, attack)) })),
      note: `Two-sided p, not corrected for the number of tests; in brackets the images that only ` +
        `${titleOf(reference)} and only the other row has right.`,
    });
  });
}

const difference = (a: number | undefined, b: number | undefined): number | undefined =>
  (a === undefined || b === undefined ? undefined : a - b);

/** C-VAE less VAE, pair by pair; none without a pair. */
export function contributionTables(results: Results): ReportTable[] {
  const pairs = contributions(results);
  if (pairs.length === 0) return [];
  const paper = paperOf(results.settings);
  const cell = ({ clustered, plain }: Contribution, attack: AttackName): Measured => ({
    value: clustered[COLUMNS[attack]] - plain[COLUMNS[attack]],
    paper: difference(paperTable1(paper, clustered.defence, attack), paperTable1(paper, plain.defence, attack)),
  });
  return [table({
    caption: "Accuracy of each C-VAE less that of the VAE trained alike, in points",
    columns: [...ATTACKS],
    rows: pairs.map((pair) => ({ label: titleOf(pair.clustered.defence),
      cells: eachAttack((attack) => cell(pair, attack)) })
    ),
    note: `Both begin from the same warm-up and are trained for the same number of ` +
      `steps.${results.mcnemar?.length ? " What may be chance, McNemar's test below says." : ""}`,
  })];
}

export function curvesTable({ eps, attack, alpha, steps, images, curves }: EpsCurves): ReportTable {
  return table({
    caption: `Accuracy in percent over eps, ${attack}`,
    columns: eps.map((e) => ({ label: String(e), best: "highest", digits: 1 })),
    rows: inOrder(curves, (curve) => curve.defence).map(({ defence, values }) => ({ label: titleOf(defence),
      cells: values })
    ),
    note: `${counted(images, "test image")}, ${counted(steps, "step")} of ${alpha} eps, against the bare classifier.`,
  });
}

export function clusteringTable(all: readonly Clustering[]): ReportTable {
  return table({
    caption: "Clusters of the C-VAE against the classes, test set",
    corner: "seed",
    columns: [{ label: "accuracy" }, { label: "NMI", digits: 3 }, { label: "purity" }, "images in each cluster, and " +
      "its class"],
    rows: all.map((c) => ({ label: String(c.seed),
      cells: [c.accuracy, c.nmi, c.purity,
        c.sizes.map((size, i) => `${size} (${c.matching[i] ?? "none"})`).join(", ")] })
    ),
    note: "Accuracy (percent) by the best one-to-one matching of clusters and digits; NMI from 0 to 1; purity " +
      "(percent), which the paper's code calls accuracy.",
  });
}

/** Table 1 as bars, with the paper's numbers as marks. */
const table1Bars = (rows: readonly MeasuredRow[], paper: PaperNumbers): ReportPart => ({
  kind: "bars", series: ATTACKS, most: 100, unit: "percent", mark: "the paper's",
  groups: inOrder(rows, (row) => row.defence).map((row) => ({ label: titleOf(row.defence),
    values: ATTACKS.map((attack) => row[COLUMNS[attack]]),
    marks: ATTACKS.map((attack) => paperTable1(paper, row.defence, attack)) })),
  caption: "Accuracy in percent behind each defence, not attacked (None) and under attacks on the bare classifier.",
});

/** Table 1 and what the clusters contribute to it, for the report. */
export function table1Sections(results: Results): ReportSection[] {
  const { table1 = [], seeds = [], mcnemar = [], settings } = results;
  const paper = paperOf(settings);
  const tests = mcnemarTables(mcnemar);
  return [
    { heading: "Table 1: gray box", parts: [
      ...(table1.length ? [table1Bars(table1, paper), table1Table(table1, paper)] : []),
      ...folded("The same from other seeds", seedTables(seeds))] },
    { heading: "What the clusters contribute", parts: [...contributionTables(results),
      ...folded(`McNemar's test against ${counted(tests.length, "row")}`, tests)] },
  ];
}

/** The other rows' minutes as they would be were those of the first row that the paper has the paper's. */
export function scaledMinutes(rows: readonly Table3Row[], theirs: PaperNumbers["table3"]): string {
  const known = rows.find(({ defence, minutes }) => theirs[defence] && minutes > 0);
  if (!known || rows.length < 2) return "";
  const paper = theirs[known.defence]!.minutes;
  const others = rows.filter((row) => row !== known).map(({ defence, minutes }) =>
    `${titleOf(defence)} ${((minutes * paper) / known.minutes).toFixed(1)}`);
  return `${titleOf(known.defence)} took ${known.minutes.toFixed(1)} minutes here and ${paper} in the paper, with ` +
    `another network and other epochs; on that scale the minutes are ${others.join(", ")}.`;
}

function table3Table(rows: readonly Table3Row[], { table3 }: PaperNumbers, settings: Partial<Settings>): ReportTable {
  const cells = ({ defence, clean, gray, white, interval, minutes }: Table3Row): Cell[] => {
    const theirs = table3[defence];
    return [{ value: clean, paper: theirs?.clean }, gray, { value: white, paper: theirs?.pgd, interval },
      { value: minutes, paper: theirs?.minutes }];
  };
  const { eps = 0, steps = 0, restarts = 0 } = settings.robust ?? {};
  return table({
    caption: `Table 3: PGD-${steps}-${restarts} at eps ${(255 * eps).toFixed(0)}/255, accuracy in percent`,
    columns: [best("clean"), best("gray box"), best("white box"), "minutes"],
    rows: rows.map((row) => ({ label: titleOf(row.defence), cells: cells(row) })),
    note: `${counted(rows[0]!.n, "test image")}. White box: the attack knows all of the defence, a ` +
      `purifier by its mean. Gray box: it knows the classifier alone; the paper sets such figures of its purifiers ` +
      `beside white-box figures of adversarial training. Minutes of training on this run's adapter, of the purifiers ` +
      `with what they begin from. ${scaledMinutes(rows, table3)}`.trimEnd(),
  });
}

/** Table 3 for the report; none where it was not measured. */
export const table3Sections = ({ table3 = [], settings }: Results): ReportSection[] => [{
  heading: "Table 3: adversarial training",
  parts: table3.length ? [table3Table(table3, paperOf(settings), settings as Partial<Settings>)] : [],
}];

export const table3Text = ({ table3 = [], settings }: Results): string =>
  table3.length ? captioned(table3Table(table3, paperOf(settings), settings as Partial<Settings>)) : "";

/** Table 1 for the terminal. */
export const table1Text = ({ table1 = [], settings }: Results): string =>
  `${captioned(table1Table(table1, paperOf(settings)))}(in brackets: the paper's)`;
