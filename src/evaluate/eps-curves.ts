// Accuracy over eps: every defence under I-FGSM of growing radius, made against the bare classifier (gray box).

import { ifgsm, type Model } from "../attacks/index.ts";
import type { Purifier } from "../defences/purifier.ts";
import type { Engine } from "../engine/engine.ts";
import { countOf, type Batches } from "./batches.ts";
import { grayBox, percentOf, type Attacks, type GrayBoxOptions } from "./gray-box.ts";

export interface EpsCurves {
  eps: number[];
  attack: "I-FGSM";
  /** Step as a share of eps, and number of steps. */
  alpha: number;
  steps: number;
  /** Number of test images. */
  images: number;
  /** Accuracy in percent at each eps. */
  curves: { defence: string; values: number[] }[];
}

/** How far and how fast an attack may go: radius and step in pixel units of [0, 1], number of steps. */
export interface AttackBudget {
  eps: number;
  alpha: number;
  steps: number;
  /** The images' standard deviations by channel: then radius and step are in their units, as on normalised images. */
  std?: readonly number[];
  /** Attacks take the classifier's own predictions for labels, as ART, CleverHans and advertorch do without labels. */
  ownLabels?: true;
}

/**
 * The curves on all images of `set` over radii `eps`, in pixel units of [0, 1]; at eps 0 the images are as they are.
 * Steps and the ratio of step to radius are those of `attack`.
 */
export async function epsCurves(gpu: Engine, defences: readonly Purifier[], classifier: Model, set: Batches,
  eps: readonly number[], attack: AttackBudget, options: Omit<GrayBoxOptions, "label"> = {}): Promise<EpsCurves> {
  const { steps } = attack;
  const alpha = attack.alpha / attack.eps;
  const attacks: Attacks = Object.fromEntries(eps.map((radius) => [`eps ${radius}`,
    radius === 0 ? null : ifgsm(classifier, { eps: radius, alpha: alpha * radius, steps })]));
  try {
    const judged = await grayBox(gpu, defences, classifier, attacks, set, { label: "accuracy over eps", ...options });
    const curves = judged.map(({ defence, correct }) => ({ defence, values: Object.values(correct).map(percentOf) }));
    return { eps: [...eps], attack: "I-FGSM", alpha, steps, images: countOf(set) * set.size, curves };
  } finally {
    Object.values(attacks).forEach((a) => a?.dispose());
  }
}
