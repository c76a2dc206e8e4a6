// APGD: PGD with a momentum and a step size that each image halves for itself when it makes no progress.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { checkChoice, checkNumber, checkOptions, checkShape, checkWhole } from "../kernels/check.ts";
import { add, clamp, gt, maximum, minimum, mul, rand, sub, where } from "../kernels/index.ts";
import { ApgdState, type ApgdOptions, type ApgdSettings } from "./apgd-state.ts";
import { watchImages } from "./kernels.ts";
import { perImage, statesByShape } from "./states.ts";
import { checkBatch, labelsOr, type Attack, type Model } from "./loop.ts";
import { lossOf } from "./losses.ts";
import { startL2 } from "./pgd-l2.ts";

const NAMES = ["eps", "norm", "steps", "loss", "restarts", "rho", "noise", "gradient", "report"];
function settingsOf(options: ApgdOptions): ApgdSettings {
  checkOptions("apgd", options, NAMES);
  const o = { norm: "Linf" as const, steps: 100, restarts: 1, rho: 0.75, ...options };
  checkNumber("apgd", "eps", o.eps, 0, Number.MAX_VALUE);
  checkChoice("apgd", "norm", o.norm, ["Linf", "L2"]);
  checkWhole("apgd", "steps", o.steps, 1);
  checkWhole("apgd", "restarts", o.restarts, 1);
  checkNumber("apgd", "rho", o.rho, 0, 1);
  lossOf("apgd", o.loss);
  return o;
}

/** The steps after which each image's step size is looked at: at first 0.22 of all, then ever more often. */
export function looks(steps: number): { at: number; since: number }[] {
  const share = (s: number) => Math.max(Math.floor(s * steps), 1);
  const found: { at: number; since: number }[] = [];
  for (let [since, at] = [share(0.22), share(0.22)]; at <= steps; at += since) {
    found.push({ at, since });
    since = Math.max(since - share(0.03), share(0.06));
  }
  return found;
}

/** Where APGD ended: the images, the highest loss that each reached, [N], and 1 where it stayed right, [N]. */
export interface Ended {
  adv: Tensor;
  loss: Tensor;
  right: Tensor;
}

/** Of each image the first end that the model gets wrong, else the one of the higher loss. */
export function worseOf(kept: Ended, now: Ended): Ended {
  const taken = mul(kept.right, maximum(sub(1, now.right), gt(now.loss, kept.loss)));
  return { adv: where(perImage(taken, now.adv.shape.length), now.adv, kept.adv), loss: maximum(now.loss, kept.loss),
    right: minimum(now.right, kept.right) };
}

/** APGD, as any attack. */
export interface Apgd extends Attack {
  /** As the attack itself, with what it found out on the way. */
  run(x: Tensor, labels?: Tensor): Ended;
}

function startOf(x: Tensor, restart: number, o: ApgdSettings): Tensor {
  const { gpu } = x;
  if (restart === 0 && o.noise) return clamp(add(x, o.noise), 0, 1);
  return o.norm === "L2" ? startL2(x, o.eps) : clamp(add(x, rand(gpu, x.shape, -o.eps, o.eps)), 0, 1);
}

/** One start and all its steps. */
function climb(s: ApgdState, restart: number, o: ApgdSettings): void {
  const { gpu } = s.x;
  s.begin(startOf(s.x, restart, o));
  const at = new Map(looks(o.steps).map((look) => [look.at, look.since]));
  for (let i = 1; i <= o.steps; i++) {
    if (i === 1) s.first();
    else s.step();
    const since = at.get(i);
    if (since !== undefined) s.look(gpu.tensor([since * o.rho], [1]));
  }
}

/**
 * APGD: PGD whose step size, 2 eps at first, is halved image by image where the loss no longer rises, going back to
 * the best point: Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks", ICML 2020, as in their code (auto-attack). An image that the model gets wrong at some step
 * ends as it was then, the others where their loss was highest. Defaults: L-infinity, 100 steps, cross-entropy.
 *
 *     const adv = apgd(model, { eps: 8 / 255, loss: "dlr" })(images, labels);
 */
export function apgd(model: Model, options: ApgdOptions): Apgd {
  const o = settingsOf(options);
  const states = statesByShape((gpu, shape) => new ApgdState(gpu, shape, model, o));
  const run = (x: Tensor, given?: Tensor) => {
    checkBatch("apgd", x, given);
    if (o.noise) checkShape("apgd", "noise", o.noise, x.shape);
    const gpu = engineOf(x);
    return gpu.scope(() => {
      const [state, labels] = [states.of(x), labelsOr("apgd", model, x, given)];
      state.watch?.begin();
      const ended = runAll(gpu, state, x, labels, o);
      state.watch?.tell({ model, loss: lossOf("apgd", o.loss), x, adv: ended.adv, y: labels });
      return ended;
    });
  };
  const attack = (x: Tensor, labels?: Tensor): Tensor => {
    const { adv, loss, right } = run(x, labels);
    [loss, right].forEach((t) => t.dispose());
    return adv;
  };
  return Object.assign(attack, { run, dispose: () => states.dispose() });
}

/** All starts, the worst of each image. */
function runAll(gpu: Engine, s: ApgdState, x: Tensor, labels: Tensor, o: ApgdSettings): Ended {
  gpu.copy(x, s.x);
  gpu.copy(labels, s.y);
  let kept: Ended | undefined;
  for (let restart = 0; restart < o.restarts; restart++) {
    climb(s, restart, o);
    const now = { adv: add(s.result(), 0), loss: add(s.bestLoss, 0), right: add(s.right, 0) };
    kept = kept ? worseOf(kept, now) : now;
  }
  watchImages("apgd", x, kept!.adv);
  return kept!;
}
