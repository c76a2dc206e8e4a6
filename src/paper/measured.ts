// Rows of Table 1 from which images were right: percent, intervals, McNemar's test between defences, the spread over
// seeds.

import type { Judged } from "../evaluate/gray-box.ts";
import { clopperPearson, mcnemar, type Interval } from "../evaluate/stats.ts";
import { ATTACKS } from "./numbers.ts";
import { COLUMNS, type Column, type Comparison, type McNemar, type MeasuredRow, type SeedRow } from "./results.ts";

/** The columns of Table 1 in its order. */
export const COLUMN_NAMES: readonly Column[] = ATTACKS.map((attack) => COLUMNS[attack]);

/** The rows that each other row is compared with. */
export const REFERENCES: readonly string[] = ["cvae+g-signed", "cvae+g"];

/** Which images a defence has right, by column: kept in memory for McNemar's test, in no file. */
export interface Verdicts {
  defence: string;
  correct: Record<Column, readonly boolean[]>;
}

/** A record with one value a column. */
const eachColumn = <T>(value: (column: Column) => T): Record<Column, T> =>
  Object.fromEntries(COLUMN_NAMES.map((column) => [column, value(column)])) as Record<Column, T>;

/** The verdicts of Table 1 by the columns of result files. */
export const verdictsOf = ({ defence, correct }: Judged): Verdicts => ({ defence,
  correct: eachColumn((column) => correct[ATTACKS[COLUMN_NAMES.indexOf(column)]!]!) });

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
  defence: string;
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
