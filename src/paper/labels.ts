// What settings and times are called in a report.

import { DEFENCES, titleOf } from "../defences/index.ts";

const LABELS: Readonly<Record<string, string>> = {
  trainImages: "training images", testImages: "test images", batch: "batch size",
  evaluationBatch: "images evaluated at once", autoencoder: "purifier", warmUp: "warm-up",
  phase1: "first phase, VAE and C-VAE", phase2: "second phase, +G", dae: "DAE", attack: "attack of Table 1",
  readings: "other readings of the attack", curves: "accuracy over eps", latentImages: "images of the latent map",
  latent: "latent numbers", rows: "defences", clustered: "purifier whose clusters are shown",
  seedRows: "defences repeated with every seed", whiteBox: "white box", adversarial: "adversarial training",
  robust: "attack of Table 3", tuned: "tuned classifier", lr: "learning rate", lam: "weight of the reconstruction, lam",
  hidden: "hidden units", gaussian: "Gaussian noise up to", signed: "signed noise up to", ring: "ring noise of",
  sigma: "noise, sigma", alpha: "step", bpda: "BPDA", pgd: "PGD", eot: "EOT", average: "averages",
  fresh: "fresh draws for a verdict", weightDecay: "weight decay", shift: "random shift, pixels",
  crop: "random crop, pixels", flip: "random mirroring", augment: "augmentation", replays: "steps on each batch",
  fastAlpha: "step of Fast", stem: "stem as for", classifier: "classifier",
};

const TIMES: Readonly<Record<string, string>> = { table1: "Table 1", table2: "Table 2", table3: "Table 3",
  seeds: "Table 1 from every seed", passing: "what passes each purifier", curves: "accuracy over eps",
  latent: "latent map", "own-labels": "Table 1, own labels", normalised: "Table 1, normalised units",
  "own-labels-normalised": "Table 1, own labels and normalised units" };

/** A key as words: its label, or its parts ("figure4" is "figure 4", "maxSteps" is "max steps"). */
export const labelOf = (key: string): string =>
  LABELS[key] ?? key.replace(/([a-z])(?=[A-Z\d])/g, "$1 ").toLowerCase();

/** What took a time. */
export const timeOf = (key: string): string => TIMES[key] ?? labelOf(key);

/** Settings by their labels, each in one line: "eps 0.2; step 0.05; steps 10". */
export const settingsOf = (settings: object): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => !isEmpty(value)).map(([key, value]) =>
    [labelOf(key), inWords(value)]));

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(typeof value[0] === "object" ? " | " : ", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en")
    : String(Number(value.toPrecision(4)));
  if (!value || typeof value !== "object") return DEFENCES.some(({ name }) => name === value)
    ? titleOf(String(value)) : String(value);
  const part = ([key, v]: [string, unknown]) =>
    `${labelOf(key)} ${v && typeof v === "object" && !Array.isArray(v) ? `(${inWords(v)})` : inWords(v)}`;
  return Object.entries(value).filter(([, v]) => !isEmpty(v)).map(part).join("; ");
}
