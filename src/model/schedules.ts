// Learning-rate schedules: pure functions from the step (0, 1, ..) to the learning rate.

export type Schedule = (step: number) => number;

export const constant = (lr: number): Schedule => () => lr;

const anneal = (from: number, to: number, share: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;

/** Half a cosine from `from` down to `from * toFraction` over `steps` steps, then constant. */
export const cosine = (from: number, toFraction: number, steps: number): Schedule => (step) =>
  anneal(from, from * toFraction, Math.min(1, step / steps));

export interface OneCycleOptions {
  /** Share of the steps that the rate rises. */
  warm?: number;
  /** The first rate is max / startDiv. */
  startDiv?: number;
  /** The last rate is max / endDiv. */
  endDiv?: number;
}

/** Up from max / startDiv to max and down to max / endDiv, each along half a cosine: as torch's OneCycleLR. */
export function oneCycle(max: number, steps: number, { warm = 0.3, startDiv = 25, endDiv = 1e4 }: OneCycleOptions = {}): Schedule {
  const peak = Math.max(0, warm * steps - 1);
  const down = Math.max(1, steps - 1 - peak);
  return (step) => (step < peak ? anneal(max / startDiv, max, step / peak) : anneal(max, max / endDiv, Math.min(1, (step - peak) / down)));
}

/** lr * gamma^k after k of the milestones; a number n stands for every n steps. As torch's StepLR and MultiStepLR. */
export const stepLr = (lr: number, milestones: number | readonly number[], gamma = 0.1): Schedule => (step) =>
  lr * gamma ** (typeof milestones === "number" ? Math.floor(step / milestones) : milestones.filter((m) => m <= step).length);
