import type { Tensor } from "../engine/tensor.ts";
import { checkPositive, checkWhole } from "../kernels/check.ts";
import { add, clamp, div, mul, rand, sign, sub } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { perImage } from "./states.ts";
import type { Model } from "./loop.ts";
import { lossOf, type LossOption } from "./losses.ts";

/** How spsaGradient looks. */
export interface SpsaOptions {
  /** Directions a step, each with two looks at the logits; 32 by default. */
  samples?: number;
  /** How far the looks are from the image, in pixel units of [0, 1]; 0.01 by default. */
  delta?: number;
  loss?: LossOption;
}

/**
 * A gradient from logits alone, for `AttackOptions.gradient`: differences along random directions of -1 and 1, for a
 * purifier that has no gradient and no stand-in. Uesato, O'Donoghue, Kohli and van den Oord, "Adversarial risk and the
 * dangers of evaluating against weak attacks", ICML 2018, after Spall 1992. adv [N,..] in [0,1], labels int32 [N].
 *
 *     const attack = pgd(model, { eps: 0.2, gradient: spsaGradient(model, { samples: 64 }) });
 */
export function spsaGradient(model: Model, { samples = 32, delta = 0.01, loss = "ce" }: SpsaOptions = {}) {
  checkWhole("spsaGradient", "samples", samples, 1);
  checkPositive("spsaGradient", "delta", delta);
  const lossAt = lossOf("spsaGradient", loss);
  return (adv: Tensor, y: Tensor): Tensor => adv.gpu.scope(() => holdStatistics(adv.gpu, () => {
    let total = adv.gpu.zeros(adv.shape);
    for (let i = 0; i < samples; i++) {
      const direction = sign(sub(rand(adv.gpu, adv.shape), 0.5));
      const look = (by: number) => lossAt(model(clamp(add(adv, mul(direction, by)), 0, 1)), y);
      total = add(total, mul(direction, perImage(sub(look(delta), look(-delta)), adv.shape.length)));
    }
    return div(total, 2 * delta * samples);
  }));
}
