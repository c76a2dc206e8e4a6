// Whether batch norms in training leave their running statistics as they are: an attack runs a network to look at it,
// whatever mode it is in.

import { refusePromise } from "../../engine/results.ts";
import type { Runtime } from "../../engine/tensor.ts";

const holding = new WeakSet<Runtime>();

export const statisticsAreHeld = (gpu: Runtime): boolean => holding.has(gpu);

/**
 * Runs `fn` and returns what it does; no batch norm moves its running statistics meanwhile, though in training it uses
 * the batch's own. Attacks do so by themselves. `fn` is not asynchronous.
 *
 *     const logits = holdStatistics(gpu, () => net.forward(x, true));
 */
export function holdStatistics<T>(gpu: Runtime, fn: () => T): T {
  if (holding.has(gpu)) return fn();
  holding.add(gpu);
  try {
    const result = fn();
    refusePromise("holdStatistics", result);
    return result;
  } finally {
    holding.delete(gpu);
  }
}
