// Attacks on a linear model, step by step in float64 on the host.

import { fgsm, ifgsm, lossGradient, mifgsm, pgd, type Attack, type AttackReport,
  type Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { div, linear, mul, sub } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";

export const [N, P, K] = [6, 5, 3];
export const WEIGHTS = numbers("attack w", P * K).map((v) => 3 * v);
WEIGHTS.fill(0, 2 * P, 3 * P); // class 2 sees nothing
export const IMAGES = numbers("attack x", N * P).map((v) => Math.fround((v + 1) / 2));
export const LABELS = [0, 1, 2, 0, 1, 2];

interface Plan {
  eps: number;
  alpha: number;
  steps: number;
  decay?: number;
  targeted?: boolean;
}

/** The gradient of the summed cross-entropy of x W^T at image n, by hand. */
export function gradient(x: readonly number[], label: number): number[] {
  const logits = Array.from({ length: K }, (_, k) => x.reduce((s, v, i) => s + v * WEIGHTS[k * P + i]!, 0));
  const most = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return x.map((_, i) =>
    powers.reduce((s, p, k) => s + (p / total - Number(k === label)) * WEIGHTS[k * P + i]!, 0)
  );
}

export const between = (v: number, lo: number, hi: number): number => Math.min(Math.max(v, lo), hi);

/** I-FGSM, and with a decay MI-FGSM, of all images. */
function attackByHand({ eps, alpha, steps, decay, targeted = false }: Plan): number[] {
  return LABELS.flatMap((label, n) => {
    const clean = IMAGES.slice(n * P, n * P + P);
    let adv = clean;
    let momentum = clean.map(() => 0);
    for (let t = 0; t < steps; t++) {
      const g = gradient(adv, label);
      const mean = g.reduce((s, v) => s + Math.abs(v), 0) / P;
      momentum = decay === undefined ? g : momentum.map((m, i) => decay * m + (mean === 0 ? 0 : g[i]! / mean));
      const step = targeted ? -alpha : alpha;
      adv = adv.map((v, i) =>
        between(clean[i]! + between(v + step * Math.sign(momentum[i]!) - clean[i]!, -eps, eps), 0, 1)
      );
    }
    return adv;
  });
}

const PLANS: [string, (model: Model) => Attack, Plan][] = [
  ["fgsm", (m) => fgsm(m, { eps: 0.1 }), { eps: 0.1, alpha: 0.1, steps: 1 }],
  ["ifgsm", (m) => ifgsm(m, { eps: 0.1, alpha: 0.03, steps: 6 }), { eps: 0.1, alpha: 0.03, steps: 6 }],
  ["ifgsm, targeted", (m) => ifgsm(m, { eps: 0.1, alpha: 0.03, steps: 6, targeted: true }),
    { eps: 0.1, alpha: 0.03, steps: 6, targeted: true }],
  ["mifgsm, decay 0.5", (m) => mifgsm(m, { eps: 0.2, alpha: 0.03, steps: 8, decay: 0.5 }),
    { eps: 0.2, alpha: 0.03, steps: 8, decay: 0.5 }],
  ["mifgsm, decay 0", (m) => mifgsm(m, { eps: 0.2, alpha: 0.03, steps: 4, decay: 0 }),
    { eps: 0.2, alpha: 0.03, steps: 4, decay: 0 }],
];

async function runAttack(gpu: Engine, make: (model: Model) => Attack, plan: Plan): Promise<Check[]> {
  const [w, x] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(IMAGES, [N, P])];
  const labels = gpu.tensor(LABELS, [N], "i32");
  const attack = make((images) => linear(images, w));
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, attackByHand(plan))];
  attack.dispose();
  [w, x, labels, adv].forEach((t) => t.dispose());
  return checks;
}

/** A gradient towards 0.5: its sign turns when a pixel has gone beyond, so what is left of the momentum shows. */
async function runMomentum(gpu: Engine): Promise<Check[]> {
  const start = IMAGES.map((v, i) => (i < P ? 0.5 : v)); // the first image's gradient is 0
  const [eps, alpha, steps, decay] = [0.5, 0.05, 9, 0.5];
  const due = LABELS.flatMap((_, n) => {
    let adv = start.slice(n * P, n * P + P);
    let momentum = adv.map(() => 0);
    for (let t = 0; t < steps; t++) {
      const g = adv.map((v) => 0.5 - v);
      const mean = g.reduce((sum, v) => sum + Math.abs(v), 0) / P;
      momentum = momentum.map((m, i) => decay * m + (mean === 0 ? 0 : g[i]! / mean));
      adv = adv.map((v, i) => between(v + alpha * Math.sign(momentum[i]!), 0, 1));
    }
    return adv;
  });
  const [x, labels] = [gpu.tensor(start, [N, P]), gpu.tensor(LABELS, [N], "i32")];
  const attack = mifgsm((images) => images, { eps, alpha, steps, decay, gradient: (images) => sub(0.5, images) });
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, due)];
  attack.dispose();
  [x, labels, adv].forEach((t) => t.dispose());
  return checks;
}

/**
 * With restarts an image ends with the start that serves the attack best: the largest loss, or the least to a target.
 */
async function runRestarts(gpu: Engine, targeted: boolean): Promise<Check[]> {
  const lossOf = (images: ArrayLike<number>) => LABELS.map((label, n) => {
    const logits = Array.from({ length: K }, (_, k) =>
      Array.from({ length: P }, (_, i) => images[n * P + i]! * WEIGHTS[k * P + i]!).reduce((a, b) => a + b, 0));
    const most = Math.max(...logits);
    return most + Math.log(logits.reduce((s, v) => s + Math.exp(v - most), 0)) - logits[label]!;
  });
  const w = gpu.tensor(WEIGHTS, [K, P]);
  const [x, labels] = [gpu.tensor(IMAGES, [N, P]), gpu.tensor(LABELS, [N], "i32")];
  const draws = await gpu.random.save();
  const losses = async (restarts: number): Promise<number[]> => {
    gpu.random.restore(draws);
    const attack = pgd((images) => linear(images, w), { eps: 0.3, alpha: 0.02, steps: 1, restarts, targeted });
    const adv = attack(x, labels);
    const values = lossOf(await adv.data());
    attack.dispose();
    adv.dispose();
    return values;
  };
  const [one, many] = [await losses(1), await losses(6)];
  const worse = many.reduce((sum, v, n) => sum + Math.max(0, targeted ? v - one[n]! : one[n]! - v), 0);
  const better = many.reduce((sum, v, n) => sum + Math.abs(v - one[n]!), 0);
  [w, x, labels].forEach((t) => t.dispose());
  return [{ what: "what six starts lose against the first", error: worse, limit: 1e-5 },
    { what: "no start was better than the first", error: better > 0 ? 0 : 1, limit: 0 }];
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
    ...PLANS.map(([name, make, plan]) => one("attack", name, (gpu) => runAttack(gpu, make, plan))),
    one("attack", "pgd, random starts fill the ball", runStarts),
    one("attack", "what an attack reports", runReport),
    one("attack", "mifgsm, decay 0.5, a gradient that turns", runMomentum),
    ...[false, true].map((targeted) =>
      one("attack", `pgd, six starts${targeted ? ", targeted" : ""}`, (gpu) => runRestarts(gpu, targeted))
    ),
  ];
}
