// Early stopping of Fast: a network that comes to know one step alone loses its accuracy under PGD within an epoch and
// never finds it again ("catastrophic overfitting": Wong, Rice and Kolter, "Fast is better than free", ICLR 2020).

import { pgd, type Model } from "../attacks/index.ts";
import type { Engine } from "../engine/engine.ts";
import { checkNumber, checkOptions, checkWhole } from "../kernels/check.ts";
import { indexSelect } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { accuracy } from "../model/accuracy.ts";
import { makeParameters, type Parameters } from "../model/params.ts";
import { imagesAt, type Batch, type Data } from "../model/train.ts";

export interface EarlyStopOptions {
  /** Of PGD, in pixel units of [0, 1]. */
  eps: number;
  /** 2/255 by default. */
  alpha?: number;
  /** 5 by default. */
  steps?: number;
  /** The share of what the last epoch got right that may be lost by the next; 0.5 by default. */
  drop?: number;
}

export interface EarlyStop {
  /** For `fit`: looks at the epoch's first batch under PGD; true where too many are lost, else keeps the weights. */
  onEpoch(first: Batch): Promise<boolean>;
  /** The weights of the last good epoch and its accuracy, for checkpoints. */
  kept: Parameters[];
  /** Gives the network the weights of the last good epoch. */
  restore(): void;
  dispose(): void;
}

/**
 * As the scripts' --early-stop, with three differences: the attack leaves the statistics of batch norms alone, the
 * images are augmented anew, and what counts is the share of the last accuracy. The scripts stop when 20 points are
 * lost, half of what a network of published width has; one of a quarter of it has 25 and may not lose so many.
 * `model` [B,C,H,W] in [0,1] to logits, in the mode it trains in; `weights`: all that training moves, statistics too.
 */
export function earlyStop(gpu: Engine, data: Data, model: Model, weights: readonly Parameters[],
  options: EarlyStopOptions): EarlyStop {
  checkOptions("earlyStop", options, ["eps", "alpha", "steps", "drop"]);
  const { eps, alpha = 2 / 255, steps = 5, drop = 0.5 } = options;
  checkNumber("earlyStop", "drop", drop, 0, 1);
  checkWhole("earlyStop", "steps", steps, 1);
  const attack = pgd(model, { eps, alpha, steps });
  const copies = weights.map((w) => w.likeZero());
  const last = makeParameters(gpu, { accuracy: { shape: [1], init: "zeros" } }, 0);
  const robust = (index: Batch) => gpu.scope(() => {
    const at = gpu.tensor(index.data, index.shape, index.dtype);
    const y = indexSelect(data.labels, 0, at);
    const adv = attack(imagesAt(data, at), y);
    return accuracy(holdStatistics(gpu, () => model(adv)), y);
  });
  return {
    kept: [...copies, last],
    async onEpoch(first) {
      const [now, before] = [await robust(first).item(), await last.get("accuracy").item()];
      if (now < (1 - drop) * before) return true;
      weights.forEach((w, i) => gpu.copy(w.flat, copies[i]!.flat));
      last.load({ accuracy: { shape: [1], data: [now] } });
      return false;
    },
    restore: () => weights.forEach((w, i) => gpu.copy(copies[i]!.flat, w.flat)),
    dispose: () => [attack, last, ...copies].forEach((t) => t.dispose()),
  };
}
