// The list of defences. A new one is a file and a line here; a preset's `rows` say which are compared.

import type { Recipe } from "../train/recipe.ts";
import { CLASSIFIER } from "../train/classifier.ts";
import { fast, fastZero, free, pgd7 } from "./adversarial.ts";
import { bitDepths } from "./bit-depth.ts";
import { cvae } from "./cvae.ts";
import { dae } from "./dae.ts";
import type { Defence } from "./defence.ts";
import { jpegs } from "./jpeg.ts";
import { medianRow } from "./median.ts";
import { none } from "./none.ts";
import { pcaRow } from "./pca.ts";
import { cvaeG, cvaeGRing, cvaeGRingVote, cvaeGSigned, vaeG, vaeGRing, vaeGSigned } from "./plus-g.ts";
import { cvaeGRefined, vaeGRefined } from "./refined.ts";
import { totalVariationRow } from "./total-variation.ts";
import { cvaeGTuned } from "./tuned.ts";
import { vae, warmUp } from "./vae.ts";

/** In the order of the tables. */
export const DEFENCES: readonly Defence[] = [none, dae, vae, vaeG, vaeGRefined, vaeGSigned, vaeGRing, cvae, cvaeG,
  cvaeGRefined, cvaeGSigned, cvaeGRing, cvaeGRingVote, cvaeGTuned, ...jpegs, ...bitDepths,
  medianRow, totalVariationRow, pcaRow, pgd7, free, fast, fastZero];

/** Everything that can be trained, by name. */
export const RECIPES: Readonly<Record<string, Recipe>> = Object.fromEntries(
  [CLASSIFIER, warmUp, ...DEFENCES.flatMap(({ recipe }) => recipe ?? [])].map((recipe) => [recipe.name, recipe]),
);

/** The defence of that name; an error that lists them where there is none. */
export function defenceOf(name: string): Defence {
  const found = DEFENCES.find((defence) => defence.name === name);
  if (!found) throw new Error(`there is no defence "${name}"; there are ${DEFENCES.map((d) => d.name).join(", ")}`);
  return found;
}

/** Its title in tables; of a name that no list has, as from a result file of another version, the name. */
export const titleOf = (name: string): string => DEFENCES.find((defence) => defence.name === name)?.title ?? name;
