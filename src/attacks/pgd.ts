import { makeAttack, type Attack, type AttackOptions, type Model, type OptionName } from "./loop.ts";

const NAMES: OptionName[] = ["eps", "alpha", "steps", "targeted", "randomStart", "restarts", "noise", "generator",
  "gradient", "loss", "stop", "bounds", "std", "report"];

/**
 * PGD, L-infinity: I-FGSM from a uniform random point of the eps-ball, drawn once per restart and never per step:
 * Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR 2018. With restarts the start
 * with the highest loss is kept for each example. Defaults: alpha 0.05, 10 steps, random start, 1 restart.
 *
 *     const adv = pgd(model, { eps: 0.2, restarts: 5 })(images, labels);
 */
export const pgd = (model: Model, options: Omit<AttackOptions, "decay" | "start" | "direction" | "project">): Attack =>
  makeAttack(model, { alpha: 0.05, steps: 10, randomStart: true, ...options }, "pgd", NAMES);
