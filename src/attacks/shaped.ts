// Attacks that are told by what they keep for a batch shape and how they run on one batch.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { watchImages } from "./kernels.ts";
import { checkBatch, labelsOr, type Attack, type Model } from "./loop.ts";
import { statesByShape, type Disposable } from "./states.ts";

/** An attack from what it keeps for a batch shape and how it runs on one batch; `run` may return what it keeps. */
export function shapedAttack<S extends Disposable>(op: string, model: Model, make: (gpu: Engine, shape: Shape) => S,
  run: (state: S, x: Tensor, labels: Tensor) => Tensor, targeted = false): Attack {
  const states = statesByShape(make);
  const attack = (x: Tensor, given?: Tensor): Tensor => {
    checkBatch(op, x, given);
    const gpu = engineOf(x);
    const state = states.of(x);
    return gpu.scope(() => {
      const adv = gpu.empty(x.shape);
      gpu.copy(run(state, x, labelsOr(op, model, x, given, targeted)), adv);
      watchImages(op, x, adv);
      return adv;
    });
  };
  return Object.assign(attack, { dispose: () => states.dispose() });
}
