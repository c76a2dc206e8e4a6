// The gray-box attacks that the paper compares.

import { fgsm, ifgsm, mifgsm, pgd, type Model } from "../attacks/index.ts";
import type { AttackBudget } from "./eps-curves.ts";
import type { Attacks } from "./gray-box.ts";

/** The attacks of Table 1 on a model, by the names of its columns; FGSM takes one step of eps. */
export const table1Attacks = (model: Model, { eps, alpha, steps, std }: AttackBudget): Attacks => ({
  None: null,
  FGSM: fgsm(model, { eps, ...(std && { std }) }),
  "I-FGSM": ifgsm(model, { eps, alpha, steps, ...(std && { std }) }),
  PGD: pgd(model, { eps, alpha, steps, ...(std && { std }) }),
  "MI-FGSM": mifgsm(model, { eps, alpha, steps, ...(std && { std }) }),
});

export const disposeAttacks = (attacks: Attacks): void => Object.values(attacks).forEach((attack) => attack?.dispose());
