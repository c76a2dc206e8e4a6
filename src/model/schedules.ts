// Learning-rate schedules: pure functions from the step (0, 1, ..) to the learning rate.

import { checkNumber, checkOptions, checkPositive, checkWhole, fail } from "../kernels/check.ts";

/** The learning rate at a step; the first step is 0. */
export type Schedule = (step: number) => number;

/** The learning rate `lr` >= 0 at every step. Throws one sentence for another number. */
export function constant(lr: number): Schedule {
  checkNumber("constant", "lr", lr, 0, Number.MAX_VALUE);
  return () => lr;
}

const anneal = (from: number, to: number, share: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;

/** Half a cosine from `from` down to `from * toFraction` over `steps` steps, then constant. */
export function cosine(from: number, toFraction: number, steps: number): Schedule {
  checkNumber("cosine", "from", from, 0, Number.MAX_VALUE);
  checkNumber("cosine", "toFraction", toFraction, 0, Number.MAX_VALUE);
  checkPositive("cosine", "steps", steps);
  return (step) => anneal(from, from * toFraction, Math.min(1, step / steps));
}

/** Straight from `from` to `peak` over half of the steps, and straight back: torch's CyclicLR, triangular. */
export function triangle(from: number, peak: number, steps: number): Schedule {
  checkNumber("triangle", "from", from, 0, Number.MAX_VALUE);
  checkNumber("triangle", "peak", peak, 0, Number.MAX_VALUE);
  checkPositive("triangle", "steps", steps);
  return (step) => from + (peak - from) * Math.max(0, 1 - Math.abs((2 * step) / steps - 1));
}

/** Form of oneCycle: 0.3, 25 and 10,000 by default. PyTorch's final_div_factor divides the first rate, endDiv max. */
export interface OneCycleOptions {
  /** Share of the steps that the rate rises. */
  warm?: number;
  /** The first rate is max / startDiv. */
  startDiv?: number;
  /** The last rate is max / endDiv. */
  endDiv?: number;
}

/** Up from max / startDiv to max and down to max / endDiv, each along half a cosine: as torch's OneCycleLR. */
export function oneCycle(max: number, steps: number, options: OneCycleOptions = {}): Schedule {
  checkOptions("oneCycle", options, ["warm", "startDiv", "endDiv"]);
  const { warm = 0.3, startDiv = 25, endDiv = 1e4 } = options;
  checkNumber("oneCycle", "warm", warm, 0, 1);
  for (const [name, value] of Object.entries({ max, steps, startDiv, endDiv })) checkPositive("oneCycle", name, value);
  const peak = Math.max(0, warm * steps - 1);
  const down = Math.max(1, steps - 1 - peak);
  return (
    step,
  ) => (step < peak ? anneal(max / startDiv, max, step / peak)
    : anneal(max, max / endDiv, Math.min(1, (step - peak) / down)));
}

/** lr * gamma^k after k of the milestones; a number n stands for every n steps. As torch's StepLR and MultiStepLR. */
export function stepLr(lr: number, milestones: number | readonly number[], gamma = 0.1): Schedule {
  checkNumber("stepLr", "lr", lr, 0, Number.MAX_VALUE);
  checkNumber("stepLr", "gamma", gamma, 0, Number.MAX_VALUE);
  if (typeof milestones !== "number" && !Array.isArray(milestones)) fail("stepLr", "milestones are due as a number " +
    "of steps or an array of them");
  if (typeof milestones === "number") {
    checkWhole("stepLr", "milestones", milestones, 1);
    return (step) => lr * gamma ** Math.floor(step / milestones);
  }
  milestones.forEach((m, i) => checkWhole("stepLr", `milestones[${i}]`, m, 0));
  return (step) => lr * gamma ** milestones.filter((m) => m <= step).length;
}
