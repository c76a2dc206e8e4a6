// Options of the gradient attacks, on the linear model of computed-attacks.ts: in float64 on the host, from the same
// random numbers.

import { fgsm, ifgsm, makeAttack, mifgsm, pgd, pgdL2, type Attack, type AttackOptions,
  type Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, clamp, eq, gt, linear, mul, rand, randn, reshape, slice } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { computedCase as one, drawn } from "../computed-tools.ts";
import { stepOf, walked, type Plan } from "./computed-attacks.ts";
import { argmaxOf, between, entropy, gradient, IMAGES, K, LABELS, length, logitsOf, margin, N, P, rowOf, runPlan,
  slopeOf, WEIGHTS } from "./linear-model.ts";

/** The difference of logits ratio of three classes. */
const dlr = (x: readonly number[], label: number): number => {
  const z = logitsOf(x);
  return margin(x, label) / (Math.max(...z) - Math.min(...z) + 1e-12);
};

const STD = [0.25, 0.5, 1, 1.5, 2];
const WIDE: readonly [number, number] = [-1, 2];
const wide = IMAGES.map((v) => Math.fround(3 * v - 1));
const SAID = LABELS.map((_, n) => argmaxOf(logitsOf(rowOf(IMAGES, n))));

const short = { eps: 0.2, alpha: 0.06, steps: 5 };
const inUnits = { ...short, bounds: WIDE, std: STD };

/** Other bounds and units, losses and labels. */
const plans = (): Case[] => [
  one("attack", "ifgsm within bounds, a step for each channel", (gpu) =>
    runPlan(gpu, (m) => ifgsm(m, inUnits), walked(inUnits, wide), wide)),
  one("attack", "ifgsm within bounds", (gpu) =>
    runPlan(gpu, (m) => ifgsm(m, { ...short, eps: 0.9, alpha: 0.3, bounds: WIDE }),
      walked({ ...short, eps: 0.9, alpha: 0.3, bounds: WIDE }, wide), wide)),
  one("attack", "mifgsm of each channel's units, targeted", (gpu) => {
    const plan = { ...short, std: STD, decay: 0.5, targeted: true };
    return runPlan(gpu, (m) => mifgsm(m, plan), walked(plan));
  }),
  one("attack", "fgsm without labels", (gpu) =>
    runPlan(gpu, (m) => fgsm(m, { eps: 0.1 }), walked({ eps: 0.1, alpha: 0.1, steps: 1 }, IMAGES, SAID), IMAGES, null)),
  ...([["margin", margin], ["dlr", dlr]] as const).map(([loss, value]) =>
    one("attack", `ifgsm of the ${loss} loss`, (gpu) => runPlan(gpu, (m) => ifgsm(m, { ...short, loss }),
      walked({ ...short, slope: (x, label) => slopeOf((v) => value(v, label), x) })))),
  one("attack", "every part of one's own", (gpu) => runPlan(gpu, (m) => makeAttack(m, own), ownByHand())),
  one("attack", "mifgsm, ever larger steps", (gpu) => {
    const plan = { ...short, alpha: growing, decay: 0.5 };
    return runPlan(gpu, (m) => mifgsm(m, plan), walked(plan));
  }),
  one("attack", "ifgsm, images of a class stay", (gpu) =>
    runPlan(gpu, (m) => ifgsm(m, { ...short, stop: (_, y) => eq(y, 1) }),
      walked({ ...short, stays: (_, label) => label === 1 }))),
  one("attack", "pgdL2 in steps of its own, images of a class stay", (gpu) =>
    runPlan(gpu, (m) => pgdL2(m, { eps: 0.6, alpha: growing, steps: 4, randomStart: false, stop: (_, y) => eq(y, 1) }),
      allL2({ eps: 0.6, alpha: growing, steps: 4, stays: (_, label) => label === 1 }, (x) => x))),
  one("attack", "what is out of bounds or not finite is said", runWatch),
];

const growing = (step: number): number => 0.01 * (step + 1);

/** From 0.8 x + 0.1 along the gradient within [0.2, 0.7], until the first pixel is above 0.5. */
const own: AttackOptions = { eps: 0.1, alpha: growing, steps: 4, start: (x) => add(mul(x, 0.8), 0.1),
  direction: (dx) => mul(dx, 2), project: (moved) => clamp(moved, 0.2, 0.7),
  stop: (adv) => gt(reshape(slice(adv, 1, 0, 1), [N]), 0.5) };

const ownByHand = (): number[] => LABELS.flatMap((label, n) => {
  let adv = rowOf(IMAGES, n).map((v) => 0.8 * v + 0.1);
  for (let t = 0; t < 4 && adv[0]! <= 0.5; t++) {
    const g = gradient(adv, label);
    adv = adv.map((v, i) => between(v + growing(t) * 2 * g[i]!, 0.2, 0.7));
  }
  return adv;
});

/** What the first read after an attack throws. */
async function saidOf(gpu: Engine, image: number[], gradient?: (adv: Tensor) => Tensor, bounds?: [number, number]) {
  const [x, labels, w] = [gpu.tensor(image, [1, P]), gpu.zeros([1], "i32"), gpu.tensor(WEIGHTS, [K, P])];
  const attack = ifgsm((v) => linear(v, w), { eps: 0.1, ...(gradient && { gradient }), ...(bounds && { bounds }) });
  const adv = attack(x, labels);
  const said = await adv.data().then(() => "", (error: Error) => error.message);
  [x, labels, w, adv, attack].forEach((t) => t.dispose());
  return said;
}

/** The loss decides between starts: one that is NaN must not be passed over. */
async function saidOfStarts(gpu: Engine): Promise<string> {
  const [x, label] = [gpu.full([1, P], 0.5), gpu.zeros([1], "i32")];
  const attack = pgd((v) => mul(v, NaN), { eps: 0.1, restarts: 2, gradient: (adv) => mul(adv, 1) });
  const adv = attack(x, label);
  const said = await adv.data().then(() => "", (error: Error) => error.message);
  [x, label, adv, attack].forEach((t) => t.dispose());
  return said;
}

async function runWatch(gpu: Engine): Promise<Check[]> {
  const image = rowOf(IMAGES, 0);
  const [high, low] = [[...image.slice(1), 1.001], [...image.slice(1), -0.001]];
  const broken = (adv: Tensor) => mul(adv, NaN);
  const due: [string, string, RegExp][] = [
    ["a sound image", await saidOf(gpu, image), /^$/],
    ["a pixel above 1", await saidOf(gpu, high), /pixels outside of \[0, 1\]/],
    ["a pixel below 0", await saidOf(gpu, low), /pixels outside of \[0, 1\]/],
    ["NaN", await saidOf(gpu, [...image.slice(1), NaN]), /pixels outside of \[0, 1\], or NaN/],
    ["wider bounds", await saidOf(gpu, high, undefined, [0, 1.5]), /^$/],
    ["a gradient that is NaN", await saidOf(gpu, image, broken), /not finite/],
    ["a loss that is NaN", await saidOfStarts(gpu), /not finite/],
  ];
  return due.map(([what, said, pattern]) =>
    ({ what: `${what}: "${said}"`, error: Number(!pattern.test(said)), limit: 0 }));
}

// ---- random starts --------------------------------------------------------------------------------------------------

/** Of each image the end with the largest loss for its label, or the least one. */
function best(ends: readonly number[][], targeted = false): number[] {
  return LABELS.flatMap((label, n) => {
    const loss = (end: readonly number[]) => (targeted ? -1 : 1) * entropy(rowOf(end, n), label);
    return rowOf(ends.reduce((a, b) => (loss(b) > loss(a) ? b : a)), n);
  });
}

async function runPgd(gpu: Engine, plan: Plan, restarts: number, images = IMAGES): Promise<Check[]> {
  const shape = [N, P, 1, 1];
  const twice = [...Array(2 * restarts).keys()]; // runPlan calls twice; the second call draws anew
  const starts = await drawn(gpu, twice.map(() => () => rand(gpu, shape, -1, 1)));
  const ends = starts.map((u) => walked(plan, images, LABELS, u.map((v) => plan.eps * v)));
  const due = [best(ends.slice(0, restarts), plan.targeted), best(ends.slice(restarts), plan.targeted)];
  return runBoth(gpu, (m) => pgd(m, { ...plan, restarts }), due, images);
}

/** As runPlan, where the second call has other random numbers. */
async function runBoth(gpu: Engine, make: (model: Model) => Attack, due: readonly number[][],
  images = IMAGES): Promise<Check[]> {
  const saved = await gpu.random.save();
  const [first] = await runPlan(gpu, make, due[0]!, images);
  gpu.random.restore(saved);
  const [, second] = await runPlan(gpu, make, due[1]!, images);
  return [first!, second!];
}

const projected = (x: readonly number[], delta: readonly number[], eps: number): number[] => {
  const factor = Math.min(1, eps / (length(delta) + 1e-10));
  return x.map((v, i) => between(v + factor * delta[i]!, 0, 1));
};

interface PlanL2 extends Pick<Plan, "eps" | "alpha" | "steps" | "targeted" | "stays"> {
  restarts?: number;
}

/** One image of PGD in L2 from a point on. */
function walkL2(x: readonly number[], label: number, start: readonly number[], o: PlanL2): number[] {
  let adv = [...start];
  for (let t = 0; t < o.steps; t++) {
    if (o.stays?.(adv, label)) continue;
    const g = gradient(adv, label);
    const step = stepOf(o, t) / (length(g) + 1e-10);
    adv = projected(x, adv.map((v, i) => v + step * g[i]! - x[i]!), o.eps);
  }
  return adv;
}

const allL2 = (o: PlanL2, startOf: (x: readonly number[], n: number) => readonly number[]): number[] =>
  LABELS.flatMap((label, n) => walkL2(rowOf(IMAGES, n), label, startOf(rowOf(IMAGES, n), n), o));

/** Each start a random direction and a distance from 0 to eps. */
async function runPgdL2(gpu: Engine, o: PlanL2, given: Partial<PlanL2> & { eps: number } = o): Promise<Check[]> {
  const { restarts = 1 } = o;
  const draws = [...Array(2 * restarts).keys()].flatMap(() =>
    [() => randn(gpu, [N, P, 1, 1]), () => rand(gpu, [N, 1, 1, 1], 0, o.eps)]);
  const numbers = await drawn(gpu, draws);
  const ends = [...Array(2 * restarts).keys()].map((k) => allL2(o, (x, n) => {
    const [direction, distance] = [rowOf(numbers[2 * k]!, n), numbers[2 * k + 1]![n]!];
    const by = distance / (length(direction) + 1e-10);
    return x.map((v, i) => between(v + by * direction[i]!, 0, 1));
  }));
  const due = [best(ends.slice(0, restarts), o.targeted), best(ends.slice(restarts), o.targeted)];
  return runBoth(gpu, (m) => pgdL2(m, given), due);
}

export const optionCases = (): Case[] => [
  ...plans(),
  one("attack", "pgd by default", async (gpu) => {
    const plan = { eps: 0.6, alpha: 0.05, steps: 10 };
    const starts = await drawn(gpu, [0, 1].map(() => () => rand(gpu, [N, P, 1, 1], -1, 1)));
    return runBoth(gpu, (m) => pgd(m, { eps: 0.6 }), starts.map((u) =>
      walked(plan, IMAGES, LABELS, u.map((v) => 0.6 * v))));
  }),
  one("attack", "pgd, three starts", (gpu) => runPgd(gpu, { eps: 0.3, alpha: 0.02, steps: 2 }, 3)),
  one("attack", "pgd, three starts, targeted", (gpu) =>
    runPgd(gpu, { eps: 0.3, alpha: 0.02, steps: 2, targeted: true }, 3)),
  one("attack", "pgd within bounds, a start for each channel", (gpu) => runPgd(gpu, inUnits, 1, wide)),
  one("attack", "pgdL2", (gpu) => {
    const o = { eps: 0.3, alpha: 0.08, steps: 6 };
    return runPlan(gpu, (m) => pgdL2(m, { ...o, randomStart: false }), allL2(o, (x) => x));
  }),
  one("attack", "pgdL2, targeted", (gpu) => {
    const o = { eps: 0.3, alpha: 0.08, steps: 6, targeted: true };
    return runPlan(gpu, (m) => pgdL2(m, { ...o, randomStart: false }), allL2(o, (x) => x));
  }),
  one("attack", "pgdL2 by default", (gpu) => runPgdL2(gpu, { eps: 0.7, alpha: 0.2, steps: 10 }, { eps: 0.7 })),
  one("attack", "pgdL2, two starts", (gpu) => runPgdL2(gpu, { eps: 0.5, alpha: 0.05, steps: 2, restarts: 2 })),
];
