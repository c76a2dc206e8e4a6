// The tables of the README, made from a result file: nothing between the markers is written by hand.

import { DEFENCES, titleOf } from "../defences/index.ts";
import type { BoundedShare, Share, Verdict, WorstCase } from "../evaluate/verdicts.ts";
import type { WhiteBoxName } from "../evaluate/victim.ts";
import { attacksOn, type Table2Row } from "../evaluate/white-box.ts";
import { paperOf } from "../paper/experiments.ts";
import { COLUMN_NAMES, summariseSeeds, type SeedSummary } from "../paper/measured.ts";
import { ATTACKS, paperTable1, paperTable2 } from "../paper/numbers.ts";
import { COLUMNS, type Column, type Comparison, type McNemar, type MeasuredRow, type Results,
  type SeedRow } from "../paper/results.ts";
import type { PaperNumbers } from "../paper/settings.ts";
import { lines, markdownTable } from "../report/table.ts";

/** The markers `<!-- NAME -->` and `<!-- /NAME -->` of the README, and what stands between them. */
const SECTIONS: Record<string, (results: Results) => string> = {
  table1: table1Section,
  table2: table2Section,
  clustering: clusteringSection,
};

/** The README with the tables of these results between its markers; a part that was not run stays empty. */
export function fillReadme(readme: string, results: Results): string {
  return fillSections(readme,
    Object.fromEntries(Object.entries(SECTIONS).map(([name, section]) => [name, section(results)])));
}

/** The README with each text between the markers of its name. */
export function fillSections(readme: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce((text, [name, content]) => fill(text, name, content.trim()), readme);
}

function fill(readme: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = readme.indexOf(open);
  const to = readme.indexOf(close, from);
  if (from === -1 || to === -1) throw new Error(`readme: the markers ${open} and ${close} were due, one is missing; ` +
    `put them where the table belongs`);
  return `${readme.slice(0, from)}${open}\n${content ? `\n${content}\n\n` : ""}${readme.slice(to)}`;
}

const percent = (value: number): string => value.toFixed(2);
/** `98.05 (96.72)`: ours and the paper's. */
const beside = (ours: number, paper?: number, digits = 2): string =>
  ours.toFixed(digits) + (paper === undefined ? "" : ` (${paper.toFixed(digits)})`);
const cells = (cell: (column: Column) => string): string[] => COLUMN_NAMES.map(cell);
const details = (summary: string, body: string): string =>
  `<details><summary>${summary}</summary>\n\n${body}\n</details>\n`;
const inOrder = <T>(rows: readonly T[], name: (row: T) => string): T[] =>
  [...rows].sort((a, b) => orderOf(name(a)) - orderOf(name(b)));
const orderOf = (defence: string): number => DEFENCES.findIndex(({ name }) => name === defence);

function table1Section({ table1 = [], seeds = [], mcnemar = [], settings }: Results): string {
  const rows = inOrder(table1, (row) => row.defence);
  const first = rows[0];
  if (!first) return "";
  const references = [...new Set(mcnemar.map((c) => c.reference))];
  return [
    `Table 1: accuracy in percent on ${first.n.toLocaleString("en")} test images, the paper's in brackets.\n`,
    markdownTable({ columns: ATTACKS, rows: lines(rows.map((row) => besidePaper(row, paperOf(settings)))) }),
    ...seedTables(seeds),
    details("95 % intervals (Clopper-Pearson)", intervalTable(rows)),
    ...references.map((reference) =>
      details(`McNemar's exact test: ${titleOf(reference)} and each other row`, mcnemarTable(reference, mcnemar))
    ),
  ].join("\n");
}

/** A row of Table 1: its title, and each column beside the paper's. */
export function besidePaper(row: MeasuredRow, paper: PaperNumbers, digits = 2): string[] {
  return [titleOf(row.defence),
    ...ATTACKS.map((attack) => beside(row[COLUMNS[attack]], paperTable1(paper, row.defence, attack), digits))];
}

const intervalTable = (rows: readonly MeasuredRow[]): string =>
  markdownTable({ columns: ATTACKS, rows: lines(rows.map((row) => [titleOf(row.defence), ...cells((c) =>
    row.intervals[c].map(percent).join(" to ")
  )])) });

/** One table for each defence that was trained from several seeds. */
function seedTables(seeds: readonly SeedRow[]): string[] {
  const names = [...new Set(seeds.map((row) => row.defence))];
  return names.map((name) => seedTable(summariseSeeds(seeds.filter((row) => row.defence === name))));
}

function seedTable(summary: SeedSummary): string {
  const title = `${titleOf(summary.defence)}, seeds ${summary.seeds.join(", ")}`;
  const row = (name: string, cell: (column: Column) => string) => [name, ...cells(cell)];
  return markdownTable({
    corner: title,
    columns: ATTACKS,
    rows: lines([
      row("mean", (c) => percent(summary[c].mean)),
      row("standard deviation", (c) => percent(summary[c].std)),
      row("lowest to highest", (c) => `${percent(summary[c].min)} to ${percent(summary[c].max)}`),
    ]),
  });
}

function mcnemarTable(reference: string, comparisons: readonly Comparison[]): string {
  const rows = inOrder(comparisons.filter((c) => c.reference === reference), (c) => c.other);
  const cell = ({ b, c, p }: McNemar) => `${p < 1e-4 ? "< 0.0001" : p.toFixed(4)} (${b} / ${c})`;
  return [
    `p, and in brackets the images that only ${titleOf(reference)} / only the other row has right.\n`,
    markdownTable({ columns: ATTACKS,
      rows: lines(rows.map((row) => [titleOf(row.other), ...cells((column) => cell(row[column]))])) }),
  ].join("\n");
}

const ATTACKED_BY: Record<WhiteBoxName, string> = { bpda: "BPDA, identity", sampler: "PGD through the sampler",
  eot: "EOT", mean: "PGD through the mean", "apgd-ce": "APGD-CE", "apgd-dlr": "APGD-DLR" };

/** One way to judge a defence: as deployed, or on fresh draws of z. */
interface Reading {
  title: string;
  share: (verdict: Verdict) => Share | undefined;
  worst: (worst: WorstCase) => BoundedShare | null;
}

const DEPLOYED: Reading = { title: "as deployed, z = mu(x)", share: (v) => v.mean_latent, worst: (w) => w.mean_latent };
const FRESH: readonly Reading[] = [
  { title: "majority vote over fresh draws of z", share: (v) => v.fresh?.majority, worst: (w) => w.majority },
  { title: "right on all fresh draws of z", share: (v) => v.fresh?.all_right, worst: (w) => w.all_right },
];

function table2Section({ table2, settings }: Results): string {
  const rows = inOrder(table2?.rows ?? [], (row) => row.defence);
  const [first] = rows;
  if (!first) return "";
  const within = (reading: Reading) => first.eps.map(({ eps }) => withinEps(rows, eps, reading)).join("\n");
  return [
    `Table 2: BPDA without a bound, accuracy in percent on ${first.paper.acc_raw.n} test images, the paper's in ` +
    `brackets.\n`,
    markdownTable({ columns: ["Acc_raw", "Acc_ae", "mean over fresh draws", "L2", "L-infinity"],
      rows: lines(rows.map((row) => paperSetting(row, paperOf(settings)))) }),
    ...deployedSection(rows),
    ...FRESH.map((reading) => details(`The same, ${reading.title}`, within(reading))),
  ].join("\n");
}

/** Every eps with the defences as they are deployed. */
export function deployedSection(rows: readonly Table2Row[]): string[] {
  const [first] = rows;
  if (!first) return [];
  return [`White-box attacks within eps, accuracy in percent on ${first.clean.mean_latent.n} test images, ` +
    `${DEPLOYED.title}; worst case over all of them with its 95 % interval.\n`,
    ...first.eps.map(({ eps }) => withinEps(rows, eps, DEPLOYED))];
}

function paperSetting({ defence, paper: { acc_raw, acc_ae, fresh, l2, linf } }: Table2Row,
  numbers: PaperNumbers): string[] {
  const theirs = paperTable2(numbers, defence);
  return [titleOf(defence), beside(acc_raw.percent, theirs?.raw), beside(acc_ae.percent, theirs?.ae),
    fresh ? percent(fresh.draws_mean) : "-", l2.toFixed(2), linf.toFixed(2)];
}

/** The table of one eps; a defence without noise in z is left out where draws are asked for. */
function withinEps(rows: readonly Table2Row[], eps: number, { share, worst }: Reading): string {
  const names = attacksOn(rows);
  const cell = (verdict: Verdict | null | undefined) => percentOr(verdict ? share(verdict) : undefined);
  const body = rows.flatMap(({ defence, clean, eps: all }) => {
    const at = all.find((candidate) => candidate.eps === eps);
    const bounded = at && worst(at.worst);
    if (!bounded) return [];
    return [[titleOf(defence), cell(clean), ...names.map((name) => cell(at.attacks[name])),
      `${percent(bounded.percent)} [${bounded.interval.map(percent).join(", ")}]`]];
  });
  return markdownTable({ corner: `eps ${Number(eps.toFixed(4))}`,
    columns: ["clean", ...names.map((name) => ATTACKED_BY[name]), "worst case"], rows: lines(body) });
}

const percentOr = (share: Share | undefined): string => (share ? percent(share.percent) : "-");

function clusteringSection({ clustering = [] }: Results): string {
  if (clustering.length === 0) return "";
  return [
    "Clusters against labels on the test set: accuracy by the best one-to-one matching and purity in percent, NMI " +
      "from 0 to 1.\n",
    markdownTable({
      corner: "seed",
      columns: ["accuracy", "NMI", "purity", "images in each cluster"],
      rows: lines(clustering.map((
        c,
      ) => [String(c.seed), percent(c.accuracy), c.nmi.toFixed(3), percent(c.purity), c.sizes.join(", ")])),
    }),
  ].join("\n");
}
