// The tables of the MNIST report: ours beside the paper's.

import type { Clustering } from "./clustering.ts";
import type { EpsCurves } from "./eps-curves.ts";
import { contributions, probability, type Contribution } from "./findings.ts";
import { ROWS, TITLES, type RowName } from "./names.ts";
import { ATTACKS, PAPER_TABLE2, paperRow, paperTable1, type AttackName } from "./paper.ts";
import type { Measured, ReportCell, ReportColumn, ReportTable } from "./report.ts";
import { COLUMNS, type MeasuredRow, type MnistResults, type SeedRow } from "./results.ts";
import { summariseSeeds, type Spread } from "./table1.ts";
import type { Comparison } from "./results.ts";
import type { Table2Row } from "./table2.ts";
import type { BoundedShare, Verdict, WorstCase } from "./verdicts.ts";
import { WHITE_BOX, type WhiteBoxName } from "./victim.ts";

const best = (label: string): ReportColumn => ({ label, best: "highest" });
const table = (parts: Omit<ReportTable, "kind">): ReportTable => ({ kind: "table", corner: "defence", ...parts });
const inOrder = <T>(rows: readonly T[], name: (row: T) => RowName): T[] =>
  [...rows].sort((a, b) => ROWS.indexOf(name(a)) - ROWS.indexOf(name(b)));
const eachAttack = (cell: (attack: AttackName) => ReportCell): ReportCell[] => ATTACKS.map(cell);

export function table1Table(rows: readonly MeasuredRow[]): ReportTable {
  const cell = (row: MeasuredRow, attack: AttackName): Measured => ({
    value: row[COLUMNS[attack]],
    paper: paperTable1(row.defence, attack),
    interval: row.intervals[COLUMNS[attack]],
  });
  return table({
    caption: "Table 1, gray box: accuracy in percent",
    columns: ATTACKS.map(best),
    rows: inOrder(rows, (row) => row.defence).map((row) => ({ label: TITLES[row.defence],
      cells: eachAttack((attack) => cell(row, attack)) })
    ),
    note: `${rows[0]!.n.toLocaleString("en")} test images. Under each number its 95 % Clopper-Pearson interval. The ` +
      `attacks are made against the bare classifier and know nothing of the purifier. The rows of signed noise stand ` +
      `beside the paper's +G, which says Gaussian noise.`,
  });
}

/** One table for each defence that was trained from several seeds. */
export function seedTables(seeds: readonly SeedRow[]): ReportTable[] {
  return [...new Set(seeds.map((row) => row.defence))].map((name) => {
    const own = seeds.filter((row) => row.defence === name);
    const summary = summariseSeeds(own);
    const of = (label: string, key: keyof Spread) => ({ label,
      cells: eachAttack((attack) => summary[COLUMNS[attack]][key]) });
    return table({
      caption: `${TITLES[name]} from ${own.length} seeds: accuracy in percent`,
      corner: "",
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
      caption: `McNemar's exact test: ${TITLES[reference]} and each other row`,
      corner: "other row",
      columns: [...ATTACKS],
      rows: own.map((row) => ({ label: TITLES[row.other], cells: eachAttack((attack) => cell(row, attack)) })),
      note: `Two-sided p, not corrected for the number of tests; in brackets the images that only ` +
        `${TITLES[reference]} and only the other row has right.`,
    });
  });
}

/** C-VAE less VAE, pair by pair; none without a pair. */
export function contributionTables(results: MnistResults): ReportTable[] {
  const pairs = contributions(results);
  if (pairs.length === 0) return [];
  const cell = ({ clustered, plain }: Contribution, attack: AttackName): Measured => ({
    value: clustered[COLUMNS[attack]] - plain[COLUMNS[attack]],
    paper: paperTable1(clustered.defence, attack)! - paperTable1(plain.defence, attack)!,
  });
  return [table({
    caption: "Accuracy of each C-VAE less that of the VAE trained alike, in points",
    columns: [...ATTACKS],
    rows: pairs.map((pair) => ({ label: TITLES[pair.clustered.defence],
      cells: eachAttack((attack) => cell(pair, attack)) })
    ),
    note: `Both begin from the same warm-up and are trained for the same number of ` +
      `steps.${results.mcnemar?.length ? " What may be chance, McNemar's test below says." : ""}`,
  })];
}

/** BPDA in the paper's setting. */
export function paperSettingTable(rows: readonly Table2Row[]): ReportTable {
  const cells = ({ defence, paper: { acc_raw, acc_ae, fresh, l2, linf } }: Table2Row): ReportCell[] => {
    const name = paperRow(defence);
    const theirs = name && PAPER_TABLE2[name];
    return [{ value: acc_raw.percent, paper: theirs?.raw }, { value: acc_ae.percent, paper: theirs?.ae },
      fresh?.draws_mean ?? null, l2, linf];
  };
  return table({
    caption: "Table 2, white box: BPDA with raw gradients and no bound",
    columns: [best("Acc_raw"), best("Acc_ae"), "on fresh draws", "L2", "L\u221e"],
    rows: inOrder(rows, (row) => row.defence).map((row) => ({ label: TITLES[row.defence], cells: cells(row) })),
    note: `${rows[0]!.paper.acc_raw.n} test images, 1,000 in the paper; accuracy in percent. L2 and L\u221e: mean ` +
      `size of the perturbation where the image was right before.`,
  });
}

const ATTACKED_BY: Record<WhiteBoxName, string> = { bpda: "BPDA", sampler: "sampler", eot: "EOT", mean: "mean" };

/** One way to judge a defence: as deployed, or on fresh draws of z. */
interface Reading {
  title: string;
  share: (verdict: Verdict) => number | undefined;
  worst?: (worst: WorstCase) => BoundedShare | null;
}

const READINGS: readonly Reading[] = [
  { title: "as deployed, z = mu(x)", share: (v) => v.mean_latent.percent, worst: (w) => w.mean_latent },
  { title: "mean over fresh draws of z", share: (v) => v.fresh?.draws_mean },
  { title: "majority vote over fresh draws", share: (v) => v.fresh?.majority.percent, worst: (w) => w.majority },
  { title: "right on all fresh draws", share: (v) => v.fresh?.all_right.percent, worst: (w) => w.all_right },
];

/** The tables of one eps, a reading each; a defence without noise in z is left out where draws are asked for. */
export function withinEpsTables(rows: readonly Table2Row[], eps: number): ReportTable[] {
  return READINGS.flatMap((reading, i) => {
    const own = inOrder(rows, (row) => row.defence).flatMap((row) => readRow(row, eps, reading) ?? []);
    if (own.length === 0) return [];
    const columns = ["not attacked", ...WHITE_BOX.map((name) => ATTACKED_BY[name]),
      ...(reading.worst ? ["worst case"] : [])];
    return [
      table({ caption: `L\u221e, eps ${eps}: ${reading.title}`,
        columns: columns.map((label) => ({ ...best(label), digits: 1 })), rows: own,
        ...(i === 0 &&
          {
            note: `Percent of ${rows[0]!.clean.mean_latent.n} test images; the worst case with its 95 % interval.`,
          }) }),
    ];
  });
}

function readRow({ defence, clean, eps: all }: Table2Row, eps: number, { share, worst }: Reading): { label: string;
  cells: ReportCell[]; } | null {
  const at = all.find((candidate) => candidate.eps === eps);
  if (!at || share(clean) === undefined) return null;
  const bounded = worst?.(at.worst);
  const last: Measured[] = worst ? [{ value: bounded?.percent ?? null, interval: bounded?.interval }] : [];
  const cell = (verdict: Verdict | null) => (verdict ? (share(verdict) ?? null) : null);
  return { label: TITLES[defence], cells: [cell(clean), ...WHITE_BOX.map((name) => cell(at.attacks[name])), ...last] };
}

export function curvesTable({ eps, attack, alpha, steps, images, curves }: EpsCurves): ReportTable {
  return table({
    caption: `Accuracy in percent over eps, ${attack}`,
    columns: eps.map((e) => ({ label: String(e), best: "highest", digits: 1 })),
    rows: inOrder(curves, (curve) => curve.defence).map(({ defence, values }) => ({ label: TITLES[defence],
      cells: values })
    ),
    note: `${images.toLocaleString("en")} test images, ${steps} steps of ${alpha} eps, against the bare classifier.`,
  });
}

export function clusteringTable(all: readonly Clustering[]): ReportTable {
  return table({
    caption: "Clusters of the C-VAE against the digits, test set",
    corner: "seed",
    columns: [{ label: "accuracy" }, { label: "NMI", digits: 3 }, { label: "purity" }, "images in each cluster, and " +
      "its digit"],
    rows: all.map((c) => ({ label: String(c.seed),
      cells: [c.accuracy, c.nmi, c.purity,
        c.sizes.map((size, i) => `${size} (${c.matching[i] ?? "none"})`).join(", ")] })
    ),
    note: "Accuracy (percent) by the best one-to-one matching of clusters and digits; NMI from 0 to 1; purity " +
      "(percent), which the paper's code calls accuracy.",
  });
}
