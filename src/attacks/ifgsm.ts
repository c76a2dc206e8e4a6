import { makeAttack, type Attack, type AttackOptions, type Model, type OptionName } from "./loop.ts";

const NAMES: OptionName[] = ["eps", "alpha", "steps", "targeted", "generator", "gradient", "loss", "stop",
  "bounds", "std", "report"];

/**
 * I-FGSM (also BIM), L-infinity: `steps` steps of size `alpha`, projected to the eps-ball and to [0, 1] after each:
 * Kurakin et al., "Adversarial examples in the physical world", 2017. Defaults: alpha 0.05, 10 steps, as in the paper.
 *
 *     const adv = ifgsm(model, { eps: 0.2 })(images, labels);
 */
export const ifgsm = (model: Model,
  options: Omit<AttackOptions, "randomStart" | "decay" | "restarts" | "noise" | "start" | "direction" | "project">):
  Attack =>
  makeAttack(model, { alpha: 0.05, steps: 10, ...options }, "ifgsm", NAMES);
