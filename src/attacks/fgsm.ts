import { makeAttack, type Attack, type AttackOptions, type Model, type OptionName } from "./loop.ts";

const NAMES: OptionName[] = ["eps", "targeted", "gradient", "loss",
  "bounds", "std", "report"];

/**
 * FGSM, L-infinity, one step of size eps along the gradient's sign: Goodfellow et al., "Explaining and harnessing
 * adversarial examples", ICLR 2015. Images in [0, 1].
 *
 *     const adv = fgsm(model, { eps: 0.2 })(images, labels);
 */
export const fgsm = (model: Model,
  options: Pick<AttackOptions, "eps" | "targeted" | "gradient" | "loss" | "bounds" | "std" | "report">): Attack =>
  makeAttack(model, options, "fgsm", NAMES);
