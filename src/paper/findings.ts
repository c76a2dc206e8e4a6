// What the results say in words: sentences made from the numbers alone, for the top of the report.

import type { Clustering } from "../evaluate/clustering.ts";
import { ATTACKS, paperRow, paperTable1, paperTable2, type AttackName } from "./numbers.ts";
import { paperOf } from "./experiments.ts";
import { titleOf } from "../defences/index.ts";
import { counted, listed } from "../report/words.ts";
import type { PaperNumbers } from "./settings.ts";
import { COLUMNS, type MeasuredRow, type Results } from "./results.ts";
import type { Comparison } from "./results.ts";
import type { AtEps, Table2Row } from "../evaluate/white-box.ts";

/** A difference counts as found below this probability. */
export const LEVEL = 0.05;

const percent = (value: number): string => value.toFixed(2);
/** "+0.10", "−1.20", "0.00". */
export const points = (value: number): string => {
  const digits = Math.abs(value).toFixed(2);
  return (Number(digits) === 0 ? "" : value > 0 ? "+" : "\u2212") + digits;
};
export const probability = (p: number): string => (p < 1e-4 ? "< 0.0001" : p.toFixed(4));
const slashed = (value: (attack: AttackName) => string): string => ATTACKS.map(value).join(" / ");

/** A C-VAE row beside the VAE row that was trained under the same schedule. */
export interface Contribution {
  clustered: MeasuredRow;
  plain: MeasuredRow;
  /** undefined where the two were not compared. */
  test?: Comparison;
}

const PAIRS: readonly [string, string][] = [["cvae", "vae"], ["cvae+g", "vae+g"], ["cvae+g-signed", "vae+g-signed"]];

/** What the clusters contribute: every pair that is there. */
export function contributions({ table1 = [], mcnemar = [] }: Results): Contribution[] {
  const find = (name: string) => table1.find((row) => row.defence === name);
  return PAIRS.flatMap(([with_, without]) => {
    const [clustered, plain] = [find(with_), find(without)];
    const test = mcnemar.find((c) => c.reference === with_ && c.other === without);
    return clustered && plain ? [{ clustered, plain, test }] : [];
  });
}

/** Sentences about every part that was run, a paragraph each. */
export function findings(results: Results): string[] {
  const { table1 = [], table2, clustering = [], settings } = results;
  const paper = paperOf(settings);
  const against = (["cvae+g-signed", "cvae+g"] as const).flatMap((name) =>
    (paperRow(paper, name) && table1.find((row) => row.defence === name)) || []
  );
  const { about } = settings as { about?: string };
  return [
    ...(about ? [about] : []),
    ...against.map((row) => againstPaper(row, paper, row === against[0])),
    ...contributions(results).slice(-1).map((c) => clustersContribute(c, paper)),
    ...whiteBoxFindings(table2?.rows ?? [], paper),
    ...(clustering.length ? [clusteringFinding(clustering)] : []),
  ];
}

function againstPaper(row: MeasuredRow, numbers: PaperNumbers, first: boolean): string {
  const paper = (attack: AttackName) => paperTable1(numbers, row.defence, attack)!;
  const gap = (attack: AttackName) => row[COLUMNS[attack]] - paper(attack);
  const below = ATTACKS.filter((attack) => gap(attack) <= 0);
  const what = `${titleOf(row.defence)} has ${slashed((a) => percent(row[COLUMNS[a]]))} percent`;
  const of = first
    ? ` of ${counted(row.n, "test image")} right (${
      ATTACKS.join(" / ")
    }, gray box); the paper's C-VAE+G has ${slashed((a) => percent(paper(a)))}` : "";
  const verdict = below.length === 0 ? "above the paper in every column"
    : below.length === ATTACKS.length ? "above the paper in no column"
    : `above the paper except under ${listed(below)}`;
  return `${what}${of}: ${verdict} (${slashed((a) => points(gap(a)))} points).`;
}

function clustersContribute({ clustered, plain, test }: Contribution, numbers: PaperNumbers): string {
  const ours = slashed((a) => points(clustered[COLUMNS[a]] - plain[COLUMNS[a]]));
  const theirs = (a: AttackName) =>
    paperTable1(numbers, clustered.defence, a)! - paperTable1(numbers, plain.defence, a)!;
  const known = [clustered, plain].every(({ defence }) => paperRow(numbers, defence));
  const names = `${titleOf(clustered.defence)} less ${titleOf(plain.defence)}, trained under equal schedules`;
  return `What the clusters contribute: ${names}, is ${ours} points${test ? `; ${tested(test)}` : ""}.` +
    (known ? ` In the paper it is ${slashed((a) => points(theirs(a)))}.` : "");
}

function tested(test: Comparison): string {
  const found = ATTACKS.filter((attack) => test[COLUMNS[attack]].p < LEVEL);
  const where = found.length ? `the two differ at p < ${LEVEL} under ${listed(found)}` : `they differ at p < ` +
    `${LEVEL} in no column`;
  return `McNemar's p is ${slashed((a) => probability(test[COLUMNS[a]].p))}: ${where}`;
}

const tenths = (value: number): string => value.toFixed(1);
export const worst = (at: AtEps): number => at.worst.mean_latent.percent;

function whiteBoxFindings(rows: readonly Table2Row[], numbers: PaperNumbers): string[] {
  const row =
    (["cvae+g-signed", "cvae+g"] as const).map((name) => rows.find((r) => r.defence === name)).find(Boolean) ??
      rows.at(-1);
  if (!row || row.eps.length === 0) return [];
  const { n, percent: clean } = row.clean.mean_latent;
  const falls = row.eps.map((at) => tenths(worst(at))).join(" / ");
  const theirs = paperTable2(numbers, row.defence);
  const paper = theirs ? `, ${tenths(theirs.ae)} in the paper` : "";
  return [
    `White box: the attacks bring ${titleOf(row.defence)} down from ${
      tenths(clean)
    } percent of ${counted(n, "image")} to ${falls} at eps ${
      row.eps.map((at) => at.eps).join(" / ")
    } (worst case over all attacks, as deployed). ` +
    `BPDA as the paper states it, without a bound, leaves ${tenths(row.paper.acc_ae.percent)}${paper}. ` +
    `${strongest(rows)}`,
  ];
}

/** How much any defence keeps at the largest eps, and where BPDA alone flatters a defence most. */
function strongest(rows: readonly Table2Row[]): string {
  const last = rows.flatMap(({ eps }) => eps.slice(-1));
  const most = `At eps ${last[0]!.eps} no defence keeps more than ${tenths(Math.max(...last.map(worst)))}.`;
  const flattered = rows.filter((row) => row.defence !== "none").flatMap(({ defence, eps }) =>
    eps.flatMap((at) => (at.attacks.bpda ? [{ defence, at, bpda: at.attacks.bpda.mean_latent.percent }] : []))
  );
  const widest = flattered.sort((a, b) => b.bpda - worst(b.at) - (a.bpda - worst(a.at)))[0];
  if (!widest || widest.bpda <= worst(widest.at)) return most;
  return `${most} BPDA with the identity alone understates the attack: at eps ${widest.at.eps} it leaves ` +
    `${titleOf(widest.defence)} ${tenths(widest.bpda)}, all attacks together ${tenths(worst(widest.at))}.`;
}

function clusteringFinding(all: readonly Clustering[]): string {
  const mean = (value: (c: Clustering) => number) => all.reduce((sum, c) => sum + value(c), 0) / all.length;
  const smallest = Math.min(...all.flatMap(({ sizes }) => sizes));
  const over = all.length === 1 ? "one seed" : `the mean of ${counted(all.length, "seed")}`;
  return `Found without labels, the clusters agree with the classes for ${
    percent(mean((c) => c.accuracy))
  } percent of the test images by the best matching (NMI ${mean((c) => c.nmi).toFixed(3)}; ${over}); ${
    smallest ? `the smallest cluster holds ${counted(smallest, "image")}` : "a cluster is empty"
  }.`;
}
