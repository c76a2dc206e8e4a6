// Table 1 of the paper, gray box: accuracy of every defence under the attacks on the bare classifier, with intervals,
// McNemar's test between defences, and the spread over seeds.

import type { Engine } from "../engine/engine.ts";
import type { Classifier } from "../model/cnn.ts";
import { accuracy, attackWithAll, type AttackBudget, type Attacked, type Batches } from "./evaluate.ts";
import { purifier, type Defence } from "./networks.ts";
import type { RowName } from "./names.ts";
import { ATTACKS } from "./paper.ts";
import { progress } from "./progress.ts";
import { COLUMNS, type Column, type Comparison, type McNemar, type MeasuredRow, type SeedRow } from "./results.ts";
import { clopperPearson, mcnemar, type Interval } from "./stats.ts";

/** The columns of Table 1 in its order. */
export const COLUMN_NAMES: readonly Column[] = ATTACKS.map((attack) => COLUMNS[attack]);

/** The rows that each other row is compared with. */
export const REFERENCES: readonly RowName[] = ["cvae+g-signed", "cvae+g"];

export interface Table1 {
  rows: MeasuredRow[];
  /** Every reference that is there with every other row. */
  mcnemar: Comparison[];
}

export interface Table1Options {
  signal?: AbortSignal;
}

/** Which images a defence has right, by column: kept in memory for McNemar's test, in no file. */
interface Verdicts {
  defence: RowName;
  correct: Record<Column, readonly boolean[]>;
}

/** A record with one value a column. */
const eachColumn = <T>(value: (column: Column) => T): Record<Column, T> =>
  Object.fromEntries(COLUMN_NAMES.map((column) => [column, value(column)])) as Record<Column, T>;

/**
 * Attacks the bare classifier once, then lets every defence purify what the attacks made. Rows as given, any subset.
 */
export async function table1(gpu: Engine, defences: readonly Defence[], classifier: Classifier, test: Batches,
  budget: AttackBudget, { signal }: Table1Options = {}): Promise<Table1> {
  const attacked = await attackWithAll(gpu, (x) => classifier.forward(x), test, budget, signal);
  return table1Of(gpu, defences, classifier, attacked, { signal });
}

/** Table 1 from adversarial images that are there already. */
export async function table1Of(gpu: Engine, defences: readonly Defence[], classifier: Classifier, attacked: Attacked,
  { signal }: Table1Options = {}): Promise<Table1> {
  const verdicts = await judgeAll(gpu, defences, classifier, attacked, signal);
  return { rows: verdicts.map(measuredRow), mcnemar: compareRows(verdicts) };
}

async function judgeAll(gpu: Engine, defences: readonly Defence[], classifier: Classifier, attacked: Attacked,
  signal?: AbortSignal): Promise<Verdicts[]> {
  const bar = progress("Table 1", defences.length * ATTACKS.length);
  const verdicts: Verdicts[] = [];
  try {
    for (const defence of defences) {
      const purify = purifier(defence);
      const correct: Partial<Verdicts["correct"]> = {};
      for (const attack of ATTACKS) {
        signal?.throwIfAborted();
        correct[COLUMNS[attack]] = (await accuracy(gpu, (x) =>
          classifier.forward(purify(x)), attacked[attack])).correct;
        bar.tick(1, defence.name);
      }
      verdicts.push({ defence: defence.name, correct: correct as Verdicts["correct"] });
    }
    bar.done();
  } finally {
    bar.stop();
  }
  return verdicts;
}

/** Percent and 95 % interval of each column from which images were right. */
export function measuredRow({ defence, correct }: Verdicts): MeasuredRow {
  const n = correct.none.length;
  const right = eachColumn((column) => correct[column].filter(Boolean).length);
  const percent = eachColumn((column) => (100 * right[column]) / n);
  const intervals = eachColumn((column): Interval => {
    const [low, high] = clopperPearson(right[column], n);
    return [100 * low, 100 * high];
  });
  const first500 = n > 500
    ? { first500: eachColumn((column) => correct[column].slice(0, 500).filter(Boolean).length / 5) } : {};
  return { defence, ...percent, intervals, n, ...first500 };
}

/** McNemar's test of every reference row that is there with every other row, by column. */
export function compareRows(rows: readonly Verdicts[]): Comparison[] {
  const references = REFERENCES.flatMap((name) => rows.find((row) => row.defence === name) ?? []);
  return references.flatMap((reference) =>
    rows.filter((other) => other !== reference).map((other) => ({
      reference: reference.defence,
      other: other.defence,
      ...eachColumn((column) => compare(reference.correct[column], other.correct[column])),
    })),
  );
}

function compare(reference: readonly boolean[], other: readonly boolean[]): McNemar {
  if (reference.length !== other.length) {
    throw new Error(`table1: ${reference.length} images of one defence and ${other.length} of another came, the same ` +
      `images were due; evaluate both on one set`);
  }
  const b = reference.filter((right, i) => right && !other[i]).length;
  const c = other.filter((right, i) => right && !reference[i]).length;
  return { b, c, p: mcnemar(b, c) };
}

/** One column over seeds, in percent; std is the sample standard deviation (divided by n - 1), 0 for one seed. */
export interface Spread {
  mean: number;
  min: number;
  max: number;
  std: number;
}

export interface SeedSummary extends Record<Column, Spread> {
  defence: RowName;
  seeds: number[];
}

/** Mean, range and standard deviation of one defence's accuracies over the seeds that it was trained from. */
export function summariseSeeds(rows: readonly SeedRow[]): SeedSummary {
  const [first] = rows;
  const stray = rows.find((row) => row.defence !== first!.defence);
  if (!first || stray) {
    const came = first ? `rows of ${first.defence} and ${stray!.defence}` : "no rows";
    throw new Error(`summariseSeeds: ${came} came, rows of one defence were due; give one row a seed`);
  }
  return { defence: first.defence, seeds: rows.map((row) => row.seed),
    ...eachColumn((column) => spread(rows.map((row) => row[column]))) };
}

function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, min: Math.min(...values), max: Math.max(...values),
    std: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
