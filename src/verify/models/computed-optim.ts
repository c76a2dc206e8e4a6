// Optimisers, schedules and clipped gradients against float64 on the host.

import type { Engine } from "../../engine/engine.ts";
import { clipGradNorm } from "../../model/clip.ts";
import { adam, adamw, constant, cosine, oneCycle, rmsprop, sgd, stepLr, triangle, type AdamOptions, type Optimizer,
  type RmspropOptions, type SgdOptions } from "../../model/optim.ts";
import { makeParameters, type Parameters } from "../../model/params.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";

/** One number's way: from p by the gradients g(t), t from 1. */
type Rule = (p: number, g: (t: number) => number, steps: number) => number;

const sgdRule = (o: SgdOptions): Rule => (p, g, steps) => {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = o;
  let [value, moved] = [p, 0];
  for (let t = 1; t <= steps; t++) {
    const d = g(t) + weightDecay * value;
    moved = t === 1 ? d : momentum * moved + (1 - dampening) * d;
    value -= lr * (momentum === 0 ? d : nesterov ? d + momentum * moved : moved);
  }
  return value;
};

const adamRule = (o: AdamOptions, decoupled: boolean): Rule => (p, g, steps) => {
  const { lr, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, weightDecay = decoupled ? 0.01 : 0 } = o;
  let [value, m, v] = [p, 0, 0];
  for (let t = 1; t <= steps; t++) {
    const d = g(t) + (decoupled ? 0 : weightDecay * value);
    if (decoupled) value *= 1 - lr * weightDecay;
    m = beta1 * m + (1 - beta1) * d;
    v = beta2 * v + (1 - beta2) * d * d;
    value -= (lr * m) / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + eps);
  }
  return value;
};

const rmspropRule = (o: RmspropOptions): Rule => (p, g, steps) => {
  const { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0 } = o;
  let [value, v] = [p, 0];
  for (let t = 1; t <= steps; t++) {
    const d = g(t) + weightDecay * value;
    v = alpha * v + (1 - alpha) * d * d;
    value -= (lr * d) / (Math.sqrt(v) + eps);
  }
  return value;
};

type Row = [name: string, options: SgdOptions, (params: Parameters[]) => Optimizer, Rule];

const sgdRow = (o: SgdOptions): Row => ["sgd", o, (p) => sgd(p, o), sgdRule(o)];
const adamRow = (o: AdamOptions): Row => ["adam", o, (p) => adam(p, o), adamRule(o, false)];
const adamwRow = (o: AdamOptions): Row => ["adamw", o, (p) => adamw(p, o), adamRule(o, true)];
const rmspropRow = (o: RmspropOptions): Row => ["rmsprop", o, (p) => rmsprop(p, o), rmspropRule(o)];

const ROWS: Row[] = [
  sgdRow({ lr: 0.1 }), sgdRow({ lr: 0.1, weightDecay: 0.3 }), sgdRow({ lr: 0.05, momentum: 0.9 }),
  sgdRow({ lr: 0.05, momentum: 0.9, weightDecay: 0.2, nesterov: true }),
  sgdRow({ lr: 0.05, momentum: 0.8, dampening: 0.4, weightDecay: 0.1 }),
  adamRow({ lr: 0.1 }), adamRow({ lr: 0.1, betas: [0.5, 0.8], eps: 0.3, weightDecay: 0.4 }),
  adamwRow({ lr: 0.1 }), adamwRow({ lr: 0.1, betas: [0.5, 0.8], eps: 0.3, weightDecay: 0.4 }),
  rmspropRow({ lr: 0.1 }), rmspropRow({ lr: 0.1, alpha: 0.6, eps: 0.3, weightDecay: 0.4 }),
];

const [STEPS, SIZES] = [6, [7, 4, 33]];

/** Two Parameters of several tensors, gradients that change, of one number in a million too. */
async function runOptimizer(gpu: Engine, make: Row[2], rule: Rule): Promise<Check[]> {
  const p = SIZES.map((n, i) => numbers(`optim p ${i}`, n));
  const g = (t: number) => SIZES.map((n, i) => numbers(`optim g ${t} ${i}`, n).map((v, j) => (j ? v : 1e-6 * v)));
  const gradients = [...Array(STEPS).keys()].map((t) => g(t + 1));
  const params = [makeParameters(gpu, { a: { shape: [7], init: p[0]! }, b: { shape: [2, 2], init: p[1]! } }, 0),
    makeParameters(gpu, { c: { shape: [33], init: p[2]! } }, 0)];
  const optimizer = make(params);
  for (const step of gradients) gpu.scope(() =>
    optimizer.step(step.map((v, i) => gpu.tensor(v, [[7], [2, 2], [33]][i]!))));
  const tensors = params.flatMap((each) => each.list());
  const checks = await Promise.all(tensors.map((t, i) => check(`parameter ${i} after ${STEPS} steps`, t,
    p[i]!.map((v, j) => rule(v, (at) => gradients[at - 1]![i]![j]!, STEPS)))));
  [...params, optimizer].forEach((t) => t.dispose());
  return checks;
}

/** The learning rate and the momentum of SGD, set between two steps. */
async function runChanged(gpu: Engine): Promise<Check[]> {
  const params = makeParameters(gpu, { w: { shape: [3], init: [1, 2, 3] } }, 0);
  const optimizer = sgd([params], { lr: 0.1, momentum: 0.5 });
  const step = () => gpu.scope(() => optimizer.step([gpu.tensor([1, 2, 4])]));
  step(); // m = g, moved by 0.1 g
  optimizer.lr = 0.3;
  step(); // m = 1.5 g, by 0.45 g
  optimizer.momentum = 0.2;
  step(); // m = 1.3 g, by 0.39 g
  const checks = [await check("w", params.get("w"), [1, 2, 4].map((g, i) => i + 1 - 0.94 * g))];
  [params, optimizer].forEach((t) => t.dispose());
  return checks;
}

/** As torch.optim.lr_scheduler's OneCycleLR, StepLR, MultiStepLR, CosineAnnealingLR and CyclicLR. */
async function runSchedules(): Promise<Check[]> {
  const due = (what: string, schedule: (t: number) => number, rates: number[], at = rates.map((_, t) => t)): Check =>
    ({ what, error: relativeError(at.map(schedule), rates), limit: 1e-9 });
  const half = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  const steps = (n: number) => Array.from({ length: n }, (_, t) => t + 1);
  return [
    // its rise goes over 0.3 * 10 - 1 = 2 steps, its fall over the other 7
    due("oneCycle", oneCycle(0.2, 10), [0.2 / 25, half(0.2 / 25, 0.2, 0.5), 0.2,
      ...steps(7).map((t) => half(0.2, 0.2 / 1e4, t / 7))]),
    due("oneCycle, other divisors", oneCycle(1, 12, { warm: 0.5, startDiv: 4, endDiv: 10 }),
      [0, 1, 2, 3, 4, 5].map((t) => half(0.25, 1, t / 5)).concat(steps(6).map((t) => half(1, 0.1, t / 6)), 0.1)),
    due("stepLr", stepLr(1, 3), [1, 1, 1, 0.1, 0.1, 0.1, 0.01]),
    due("stepLr, milestones", stepLr(2, [2, 4], 0.5), [2, 2, 1, 1, 0.5, 0.5]),
    due("cosine", cosine(0.3, 0.1, 4), [0, 1, 2, 3, 4, 4].map((t) => half(0.3, 0.03, t / 4))),
    due("triangle", triangle(0.1, 0.5, 8), [0.1, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1]),
    due("constant", constant(0.3), [0.3, 0.3], [0, 1000]),
  ];
}

async function runClip(gpu: Engine): Promise<Check[]> {
  const [a, b] = [numbers("clip a", 6), numbers("clip b", 5)];
  const norm = Math.hypot(...a, ...b);
  const grads = [gpu.tensor(a, [2, 3]), gpu.tensor(b)];
  const checks: Check[] = [];
  for (const most of [0.5, norm + 1, 1e-6, 0]) {
    const { grads: cut, totalNorm } = clipGradNorm(grads, most);
    const factor = Math.min(1, most / (norm + 1e-6));
    checks.push(await check(`the first, ${most}`, cut[0]!, a.map((v) => factor * v)),
      await check(`the second, ${most}`, cut[1]!, b.map((v) => factor * v)),
      await check("the norm", totalNorm, [norm]));
    [...cut, totalNorm].forEach((t) => t.dispose());
  }
  const small = clipGradNorm([gpu.tensor([3e-6, 4e-6])], 5e-6); // 1e-6 is added to the norm
  checks.push(await check("of a small norm", small.grads[0]!, [2.5e-6, 4e-6 / 1.2]));
  [...small.grads, small.totalNorm, ...grads].forEach((t) => t.dispose());
  return checks;
}

export const optimCases = (): Case[] => [
  ...ROWS.map(([name, o, make, rule]) =>
    one("optim", `${name} ${JSON.stringify(o)}`, (gpu) => runOptimizer(gpu, make, rule))),
  one("optim", "sgd, another rate and momentum", runChanged),
  one("schedules", "of every kind", runSchedules),
  one("clipGradNorm", "of two gradients", runClip),
];
