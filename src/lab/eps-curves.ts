// Accuracy over eps: every defence under I-FGSM of growing radius, made against the bare classifier (gray box).

import { ifgsm } from "../attacks/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { Classifier } from "../model/cnn.ts";
import { accuracy, attackAll, type AttackBudget, type Batches } from "./evaluate.ts";
import { purifier, type Defence } from "./networks.ts";
import type { RowName } from "./names.ts";

export interface EpsCurves {
  eps: number[];
  attack: "I-FGSM";
  /** Step as a share of eps, and number of steps. */
  alpha: number;
  steps: number;
  /** Number of test images. */
  images: number;
  /** Accuracy in percent at each eps. */
  curves: { defence: RowName; values: number[] }[];
}

/**
 * The curves on all images of `set` over radii `eps`, in pixel units of [0, 1]; at eps 0 the images are as they are.
 * Steps and the ratio of step to radius are those of `attack`. One adversarial set is in memory at a time.
 */
export async function epsCurves(gpu: Engine, defences: readonly Defence[], classifier: Classifier, set: Batches,
  eps: readonly number[], attack: AttackBudget, { signal }: { signal?: AbortSignal; } = {}): Promise<EpsCurves> {
  const { steps } = attack;
  const alpha = attack.alpha / attack.eps;
  const curves = defences.map(({ name }) => ({ defence: name, values: [] as number[] }));
  for (const radius of eps) {
    const attacked = await attackAt(gpu, classifier, set, { eps: radius, alpha: alpha * radius, steps }, signal);
    for (const [i, defence] of defences.entries()) {
      signal?.throwIfAborted();
      const purify = purifier(defence);
      curves[i]!.values.push((await accuracy(gpu, (x) => classifier.forward(purify(x)), attacked)).percent);
    }
  }
  return { eps: [...eps], attack: "I-FGSM", alpha, steps, images: set.images.length * set.size, curves };
}

async function attackAt(gpu: Engine, classifier: Classifier, set: Batches, budget: AttackBudget,
  signal?: AbortSignal): Promise<Batches> {
  if (budget.eps === 0) return set;
  const attack = ifgsm((x) => classifier.forward(x), budget);
  try {
    return await attackAll(gpu, `I-FGSM, eps ${budget.eps}`, attack, set, signal);
  } finally {
    attack.dispose();
  }
}
