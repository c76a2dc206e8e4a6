// How much work the parts are, roughly: passes of one image through one network.

import type { WhiteBoxSettings } from "../evaluate/settings.ts";
import type { AttackBudget } from "../evaluate/eps-curves.ts";

/** Of so many steps with a gradient: forward, and about twice that backward. */
export const gradientPasses = (steps: number): number => 3 * steps;

/** For each image: so many iterative attacks, and the verdicts of so many rows on each. */
export const grayBoxPasses = ({ attack: { steps } }: { attack: AttackBudget }, attacks: number, rows: number): number =>
  attacks * (gradientPasses(steps) + rows);

/** Attacks of Table 1, as so many iterative ones: there are three, and FGSM. */
export const TABLE1_ATTACKS = 3.2;

/** For each row of Table 2: BPDA without a bound, and at each eps PGD in its ways; EOT goes through several draws. */
export const whiteBoxPasses = ({ images, eps, bpda, pgd, eot }: WhiteBoxSettings): number =>
  gradientPasses(bpda.images * bpda.steps) +
    gradientPasses(images * eps.length * (3 * pgd.steps * pgd.restarts + eot.steps * eot.draws));
