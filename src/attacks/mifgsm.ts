import { makeAttack, type Attack, type AttackOptions, type Model, type OptionName } from "./loop.ts";

const NAMES: OptionName[] = ["eps", "alpha", "steps", "decay", "targeted", "generator", "gradient", "loss", "stop",
  "bounds", "std", "report"];

/**
 * MI-FGSM, L-infinity: I-FGSM along the sign of a momentum of gradients, each divided by its mean absolute value an
 * image at a time: Dong et al., "Boosting adversarial attacks with momentum", CVPR 2018. An image whose gradient is
 * all zero keeps its momentum. Defaults: alpha 0.05, 10 steps, decay 1.
 *
 *     const adv = mifgsm(model, { eps: 0.2 })(images, labels);
 */
export const mifgsm = (model: Model,
  options: Omit<AttackOptions, "randomStart" | "restarts" | "noise" | "start" | "direction" | "project">): Attack =>
  makeAttack(model, { alpha: 0.05, steps: 10, decay: 1, ...options }, "mifgsm", NAMES);
