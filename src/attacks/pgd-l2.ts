import type { Tensor } from "../engine/tensor.ts";
import { add, clamp, div, minimum, mul, norm, rand, randn, sub } from "../kernels/index.ts";
import { makeAttack, type Attack, type AttackOptions, type Model, type OptionName } from "./loop.ts";

const NAMES: OptionName[] = ["eps", "alpha", "steps", "targeted", "randomStart", "restarts", "noise", "gradient",
  "loss", "stop", "report"];

/** Keeps a gradient of length 0 from becoming NaN, as in torchattacks. */
const TINY = 1e-10;

/** The length of each image, [N,1,..]. */
export const lengths = (x: Tensor): Tensor => norm(x, { dim: x.shape.map((_, i) => i).slice(1), keepdim: true });

/** The images moved back to a distance of eps from x, and into [0,1]. */
export function projectL2(moved: Tensor, x: Tensor, eps: number): Tensor {
  const delta = sub(moved, x);
  return clamp(add(x, mul(delta, minimum(div(eps, add(lengths(delta), TINY)), 1))), 0, 1);
}

/** A point of the ball: a random direction, a uniform distance from 0 to eps. */
export function startL2(x: Tensor, eps: number): Tensor {
  const direction = randn(x.gpu, x.shape);
  const distance = rand(x.gpu, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)], 0, eps);
  return clamp(add(x, mul(direction, div(distance, add(lengths(direction), TINY)))), 0, 1);
}

/** As of PGD, in [0,1]: eps and alpha are lengths over all pixels of an image. */
export type PgdL2Options = Omit<AttackOptions,
  "decay" | "generator" | "start" | "direction" | "project" | "bounds" | "std">;

/**
 * PGD, L2: steps of length `alpha` along the gradient, projected to the ball of radius `eps` around each image and to
 * [0, 1] (Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR 2018). eps and alpha are
 * Euclidean lengths over all pixels of an image in [0, 1]. Defaults as torchattacks' PGDL2: alpha 0.2, 10 steps, random
 * start.
 *
 *     const adv = pgdL2(model, { eps: 2 })(images, labels);
 */
export function pgdL2(model: Model, options: PgdL2Options): Attack {
  const o = { alpha: 0.2, steps: 10, randomStart: true, ...options };
  const direction = (dx: Tensor) => div(dx, add(lengths(dx), TINY));
  const project = (moved: Tensor, x: Tensor) => projectL2(moved, x, o.eps);
  const start = o.randomStart ? (x: Tensor) => startL2(x, o.eps) : undefined;
  return makeAttack(model, { ...o, direction, project, ...(start && { start }) }, "pgdL2",
    [...NAMES, "start", "direction", "project"]);
}
