// Result files: every number with the settings, seed, adapter and commit that made it.

import type { Clustering } from "../evaluate/clustering.ts";
import type { EpsCurves } from "../evaluate/eps-curves.ts";
import type { AttackName } from "./numbers.ts";
import type { Losses } from "../train/checkpoint.ts";
import type { Passing } from "../evaluate/passing.ts";
import type { Reading } from "./settings.ts";
import type { Sheet } from "../report/pictures.ts";
import type { Interval } from "../evaluate/stats.ts";
import type { Table2 } from "../evaluate/white-box.ts";

/** A column of Table 1 in result files: the attack's name. */
export type Column = "none" | "fgsm" | "ifgsm" | "pgd" | "mifgsm";

/** Accuracies in percent of one defence; the shape of every result file. */
export interface Table1Row extends Record<Column, number> {
  defence: string;
}

/** A row with what its sample size allows to say: 95 % Clopper-Pearson intervals in percent, over n images. */
export interface MeasuredRow extends Table1Row {
  intervals: Record<Column, Interval>;
  n: number;
  /** Accuracies on the first 500 of more images: what a test of the shipped weights compares with. */
  first500?: Record<Column, number>;
}

/** A row of Table 1 by networks trained from another seed. */
export interface SeedRow extends Table1Row {
  seed: number;
}

/** Adversarial training, or a purifier, under PGD: accuracies in percent. */
export interface Table3Row {
  defence: string;
  /** Number of test images. */
  n: number;
  clean: number;
  /** The attack knows the bare classifier only; null for a defence that is its own classifier. */
  gray: number | null;
  /** The attack knows all of the defence. */
  white: number;
  /** 95 % Clopper-Pearson interval of `white`. */
  interval: Interval;
  /** Of training, on the run's adapter. */
  minutes: number;
}

/** What a run leaves; a part that was not run is left out. */
export interface Results {
  command: string;
  settings: Record<string, unknown>;
  seed: number;
  adapter: string;
  commit: string;
  /** Of purigrad. */
  version?: string;
  /** When it was measured, as 2026-11-27. */
  date?: string;
  /** Seconds by phase and part. */
  durations: Record<string, number>;
  /** The loss of each phase of training at some of its steps. */
  history?: Record<string, Losses>;
  table1?: MeasuredRow[];
  mcnemar?: Comparison[];
  seeds?: SeedRow[];
  readings?: (Reading & { rows: MeasuredRow[] })[];
  passing?: Passing[];
  table2?: Table2;
  table3?: Table3Row[];
  epsCurves?: EpsCurves;
  clustering?: Clustering[];
  /** The words beside the pictures of a figure, by the name of its part; the pictures are in its file. */
  pictures?: Record<string, Sheet>;
}

export const COLUMNS: Record<AttackName, Column> = {
  None: "none", FGSM: "fgsm", "I-FGSM": "ifgsm", PGD: "pgd", "MI-FGSM": "mifgsm",
};

/** McNemar's exact test on one column. */
export interface McNemar {
  /** Images that only the reference has right. */
  b: number;
  /** Images that only the other defence has right. */
  c: number;
  /** Two-sided probability of a difference at least as large if both were equally good. */
  p: number;
}

export interface Comparison extends Record<Column, McNemar> {
  reference: string;
  other: string;
}
