// Result files: every number with the settings, seed, adapter and commit that made it.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clustering } from "./clustering.ts";
import type { EpsCurves } from "./eps-curves.ts";
import type { RowName } from "./names.ts";
import type { AttackName } from "./paper.ts";
import type { Interval } from "./stats.ts";
import type { Table2 } from "./table2.ts";

/** A column of Table 1 in result files: the attack's name. */
export type Column = "none" | "fgsm" | "ifgsm" | "pgd" | "mifgsm";

/** Accuracies in percent of one defence; the shape of every result file. */
export interface Table1Row extends Record<Column, number> {
  defence: RowName;
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

export interface Results {
  command: string;
  settings: Record<string, unknown>;
  seed: number;
  adapter: string;
  commit: string;
  /** Seconds by phase. */
  durations: Record<string, number>;
  table1: Table1Row[];
}

/** What a run at full size adds; a part that was not run is left out. */
export interface MnistResults extends Omit<Results, "table1"> {
  table1?: MeasuredRow[];
  mcnemar?: Comparison[];
  seeds?: SeedRow[];
  table2?: Table2;
  epsCurves?: EpsCurves;
  clustering?: Clustering[];
}

export const COLUMNS: Record<AttackName, Column> = {
  None: "none", FGSM: "fgsm", "I-FGSM": "ifgsm", PGD: "pgd", "MI-FGSM": "mifgsm",
};

/** The commit of the running code: short hash, "-dirty" when files differ from it, "unknown" outside a checkout. */
export function commit(): string {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? "-dirty" : "");
  } catch {
    return "unknown";
  }
}

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
  reference: RowName;
  other: RowName;
}
