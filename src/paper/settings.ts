// A preset: what is trained, and what is measured on it.

import type { AttackBudget } from "../evaluate/eps-curves.ts";
import type { WhiteBoxSettings } from "../evaluate/settings.ts";
import type { TrainSettings } from "../train/settings.ts";

export interface Settings extends TrainSettings {
  preset: string;
  /** What its size means for its numbers, in a sentence or two. */
  about?: string;
  /** The first so many test images. */
  testImages: number;
  evaluationBatch: number;
  /** The defences that are compared, in the order of the tables. */
  rows: readonly string[];
  /** The one whose clusters and samples are shown. */
  clustered: string;
  attack: AttackBudget;
  /** What else the paper may mean by its attack: Table 1 is repeated for each. */
  readings?: readonly Reading[];
  /** `rows`: those of the tables unless given, at most ten. */
  curves: { images: number; eps: readonly number[]; rows?: readonly string[] };
  latentImages: number;
  /** The first seed makes the tables; the rows of seedRows and the clustering are repeated with all. */
  seeds: readonly number[];
  seedRows: readonly string[];
  /** `rows`: those of the tables unless given. */
  whiteBox: WhiteBoxSettings & { rows?: readonly string[] };
  /** Table 3, for a dataset on which the paper has one. */
  robust?: RobustSettings;
}

/**
 * One reading of an attack. labels: the true ones, or the classifier's own predictions, as ART, CleverHans and
 * advertorch take them where none are given. units: radius and step in pixels of [0,1], or in the channels' standard
 * deviations.
 */
export interface Reading {
  labels: "true" | "own";
  units: "pixel" | "normalised";
}

/** Adversarial training beside the purifiers, all under one attack. */
export interface RobustSettings extends AttackBudget {
  rows: readonly string[];
  restarts: number;
  /** Test images, spread evenly over the set. */
  images: number;
}

/** The paper's numbers for one dataset. */
export interface PaperNumbers {
  /** Table 1, gray box: accuracy in percent, columns as in ATTACKS. */
  table1: Readonly<Record<string, readonly number[]>>;
  /** Table 2, white box by BPDA: accuracy on clean and on attacked images (Acc_raw and Acc_ae). */
  table2: Readonly<Record<string, { raw: number; ae: number }>>;
  /** Table 3: accuracy on clean images and under PGD-50-10, and minutes of training. */
  table3: Readonly<Record<string, { clean: number; pgd: number; minutes: number }>>;
}

/** Everything that is particular to one dataset. */
export interface Experiment {
  /** A name of DATASETS. */
  dataset: string;
  /** By name; the first is the default. */
  presets: Readonly<Record<string, Settings>>;
  paper: PaperNumbers;
  /** What else is different from the paper on this dataset, by topic. */
  notes(settings: Partial<Settings>): Record<string, string>;
}
