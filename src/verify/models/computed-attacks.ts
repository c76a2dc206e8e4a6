// Attacks on a linear model, step by step in float64 on the host.

import { fgsm, ifgsm, lossGradient, mifgsm, pgd, type Attack, type AttackReport,
  type Model, type StepSize } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { div, linear, mul, sub } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one } from "../computed-tools.ts";
import { between, gradient, IMAGES, K, LABELS, N, P, runPlan, WEIGHTS } from "./linear-model.ts";

/** How an attack of the loop goes. */
export interface Plan {
  eps: number;
  alpha: StepSize;
  steps: number;
  decay?: number;
  targeted?: boolean;
  /** Of the pixels; [0, 1] by default. */
  bounds?: readonly [number, number];
  /** Factor of eps and alpha, a number a pixel. */
  std?: readonly number[];
  /** Uphill at adv, for its label; of the summed cross-entropy by default. */
  slope?: (adv: readonly number[], label: number) => number[];
  /** Whether an image stays as it is in a step. */
  stays?: (adv: readonly number[], label: number) => boolean;
}

/** Up or, towards targets, down by how much in step `t`. */
export const stepOf = ({ alpha, targeted }: Pick<Plan, "alpha" | "targeted">, t: number): number =>
  (targeted ? -1 : 1) * (typeof alpha === "function" ? alpha(t) : alpha);

/** One image of I-FGSM, and with a decay of MI-FGSM, from clean + noise on. */
export function walk(clean: readonly number[], label: number, plan: Plan, noise = clean.map(() => 0)): number[] {
  const { eps, steps, decay, bounds: [low, high] = [0, 1], std, slope = gradient, stays } = plan;
  const factor = (i: number) => std?.[i] ?? 1;
  let adv = clean.map((v, i) => between(v + noise[i]! * factor(i), low, high));
  let momentum = clean.map(() => 0);
  for (let t = 0; t < steps; t++) {
    if (stays?.(adv, label)) continue;
    const g = slope(adv, label);
    const mean = g.reduce((s, v) => s + Math.abs(v), 0) / g.length;
    momentum = decay === undefined ? g : momentum.map((m, i) => decay * m + (mean === 0 ? 0 : g[i]! / mean));
    const step = stepOf(plan, t);
    adv = adv.map((v, i) => between(clean[i]! + between(v + step * factor(i) * Math.sign(momentum[i]!) - clean[i]!,
      -eps * factor(i), eps * factor(i)), low, high));
  }
  return adv;
}

const DEFAULT = { alpha: 0.05, steps: 10 };
/** Attacks without draws, and how they go; some are given nothing but eps. */
const PLANS: [string, (model: Model) => Attack, Plan][] = [
  ["fgsm", (m) => fgsm(m, { eps: 0.1 }), { eps: 0.1, alpha: 0.1, steps: 1 }],
  ["fgsm, targeted", (m) => fgsm(m, { eps: 0.1, targeted: true }), { eps: 0.1, alpha: 0.1, steps: 1, targeted: true }],
  ["ifgsm", (m) => ifgsm(m, { eps: 0.1, alpha: 0.03, steps: 6 }), { eps: 0.1, alpha: 0.03, steps: 6 }],
  ["ifgsm by default", (m) => ifgsm(m, { eps: 0.6 }), { eps: 0.6, ...DEFAULT }],
  ["ifgsm, targeted", (m) => ifgsm(m, { eps: 0.1, alpha: 0.03, steps: 6, targeted: true }),
    { eps: 0.1, alpha: 0.03, steps: 6, targeted: true }],
  ["mifgsm, decay 0.5", (m) => mifgsm(m, { eps: 0.2, alpha: 0.03, steps: 8, decay: 0.5 }),
    { eps: 0.2, alpha: 0.03, steps: 8, decay: 0.5 }],
  ["mifgsm, decay 0", (m) => mifgsm(m, { eps: 0.2, alpha: 0.03, steps: 4, decay: 0 }),
    { eps: 0.2, alpha: 0.03, steps: 4, decay: 0 }],
  ["mifgsm by default", (m) => mifgsm(m, { eps: 0.6 }), { eps: 0.6, ...DEFAULT, decay: 1 }],
  ["mifgsm, targeted", (m) => mifgsm(m, { eps: 0.2, targeted: true }),
    { eps: 0.2, ...DEFAULT, decay: 1, targeted: true }],
];

/** What every image becomes. */
export const walked = (plan: Plan, images = IMAGES, classes = LABELS, noise?: readonly number[]): number[] =>
  classes.flatMap((label, n) =>
    walk(images.slice(n * P, n * P + P), label, plan, noise?.slice(n * P, n * P + P)));

/**
 * A gradient towards 0.5: its sign turns when a pixel has gone beyond, so what is left of the momentum shows. Twice,
 * since nothing of a batch may be left in the next.
 */
async function runMomentum(gpu: Engine, given: { decay?: number; std?: number[] }): Promise<Check[]> {
  const start = IMAGES.map((v, i) => (i < P ? 0.5 : v)); // the first image's gradient is 0
  const plan = { eps: 0.5, alpha: 0.05, steps: 9, ...given };
  const due = walked({ decay: 1, ...plan, slope: (adv) => adv.map((v) => 0.5 - v) }, start);
  const [x, labels] = [gpu.tensor(start, [N, P, 1, 1]), gpu.tensor(LABELS, [N], "i32")];
  const attack = mifgsm((images) => images, { ...plan, gradient: (images) => sub(0.5, images) });
  const [adv, again] = [attack(x, labels), attack(x, labels)];
  const checks = [await check("the images", adv, due), await check("the images of a second call", again, due)];
  [attack, x, labels, adv, again].forEach((t) => t.dispose());
  return checks;
}

/** Random starts fill the ball: none lies outside, the farthest close to its edge. */
async function runStarts(gpu: Engine): Promise<Check[]> {
  const [n, eps] = [256, 0.2];
  const x = gpu.full([1, n], 0.5);
  const labels = gpu.tensor([0], [1], "i32");
  const attack = pgd((images) => images, { eps, alpha: 1e-6, steps: 1, randomStart: true });
  const adv = attack(x, labels);
  const far = (await adv.data()).reduce((most, v) => Math.max(most, Math.abs(v - 0.5)), 0);
  attack.dispose();
  [x, labels, adv].forEach((t) => t.dispose());
  return [{ what: "beyond the ball", error: Math.max(0, far - eps), limit: 1e-6 },
    { what: "what the farthest of 256 lacks to the edge", error: eps - far, limit: 0.1 * eps }];
}

/** A model that sees only two images, and an attack that goes the wrong way: who has no gradient, who ends milder. */
async function runReport(gpu: Engine): Promise<Check[]> {
  const [w, x] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(IMAGES, [N, P])];
  const [labels, sees] = [gpu.tensor(LABELS, [N], "i32"), gpu.tensor(LABELS.map((_, n) => Number(n < 2)), [N, 1])];
  const heard: AttackReport[] = [];
  const model: Model = (images) => mul(linear(images, w), sees);
  const slope = lossGradient(model);
  const far = div(sees, sub(1, gpu.tensor([0, 0, 0, 0, 0, 1], [N, 1]))); // 0 / 0 for the last image
  const attack = ifgsm(model, { eps: 0.1, gradient: (images, y) => sub(mul(far, 0), slope(images, y)),
    report: (found) => void heard.push(found) });
  const adv = attack(x, labels);
  await adv.data().catch(() => null); // NaN in the last image is an error of its own
  const off = (is: boolean[], due: (n: number) => boolean) => is.filter((said, n) => said !== due(n)).length;
  [w, x, labels, sees, far, adv, attack].forEach((t) => t.dispose());
  const [{ zero, broken, milder }] = heard as [AttackReport];
  return [{ what: "images without a gradient", error: off(zero, (n) => n >= 2 && n < 5), limit: 0 },
    { what: "images with a broken gradient", error: off(broken, (n) => n === 5), limit: 0 },
    { what: "images that end milder", error: off(milder, (n) => n < 2), limit: 0 }];
}

export function attackModelCases(): Case[] {
  return [
    ...PLANS.map(([name, make, plan]) => one("attack", name, (gpu) => runPlan(gpu, make, walked(plan)))),
    one("attack", "pgd, random starts fill the ball", runStarts),
    one("attack", "what an attack reports", runReport),
    ...[{ decay: 0.5 }, {}, { decay: 0.5, std: [1, 0.5, 2, 1, 1.5] }].map((o) =>
      one("attack", `mifgsm ${JSON.stringify(o)}, a gradient that turns`, (gpu) => runMomentum(gpu, o))),
  ];
}
