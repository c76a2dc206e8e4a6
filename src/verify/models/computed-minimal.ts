// DeepFool and the attack of Carlini and Wagner on the linear model, step by step in float64 on the host.

import { cw, deepfool, type CwOptions } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { linear } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one } from "../computed-tools.ts";
import { argmaxOf, between, dot, IMAGES, LABELS, length, logitsOf, otherOf, rowOf, runAgainst, runPlan, SAID,
  WEIGHTS } from "./linear-model.ts";

function deepfoolByHand(x: number[], label: number, overshoot: number, steps: number): number[] {
  let adv = x;
  for (let t = 0; t < steps && argmaxOf(logitsOf(adv)) === label; t++) {
    const z = logitsOf(adv);
    const others = [0, 1, 2].filter((k) => k !== label).map((k) => {
      const w = rowOf(WEIGHTS, k).map((v, i) => v - rowOf(WEIGHTS, label)[i]!);
      return { w, lead: Math.abs(z[k]! - z[label]!), far: Math.abs(z[k]! - z[label]!) / length(w) };
    });
    const { w, lead } = others.reduce((a, b) => (b.far < a.far ? b : a));
    adv = adv.map((v, i) => between(v + ((1 + overshoot) * lead * w[i]!) / dot(w, w), 0, 1));
  }
  return adv;
}

/** The class whose logit is next is flat, so that its boundary is far; that of the other is a tenth away. */
async function runFlat(gpu: Engine): Promise<Check[]> {
  const [w, bias] = [gpu.tensor([0, 0, 0.01, 0, 5, 0], [3, 2]), gpu.tensor([1, 0.895, -2], [3])];
  const [x, label] = [gpu.full([1, 2], 0.5), gpu.zeros([1], "i32")];
  const attack = deepfool((images) => linear(images, w, bias), { steps: 1 });
  const adv = attack(x, label);
  const checks = [await check("the image", adv, [0.5 + 1.02 * 0.1, 0.5])];
  [w, bias, x, label, adv, attack].forEach((t) => t.dispose());
  return checks;
}

const row = (k: number): number[] => rowOf(WEIGHTS, k);
const ZERO = row(2); // class 2 sees nothing

/** max(other - label, or the other way round; -kappa), and its gradient; as torchattacks, 0 in the place of less. */
function lead(adv: readonly number[], label: number, o: CwOptions): { value: number; slope: number[] } {
  const { kappa = 0, targeted = false, objective } = o;
  const z = logitsOf(adv);
  const other = otherOf(z, label);
  const clipped = (k: number) => (objective === "torchattacks" && z[k]! <= 0 ? { v: 0, w: ZERO } : { v: z[k]!,
    w: row(k) });
  const [a, b] = targeted ? [clipped(other), clipped(label)] : [clipped(label), clipped(other)];
  const active = a.v - b.v > -kappa;
  return { value: active ? a.v - b.v : -kappa, slope: active ? a.w.map((v, i) => v - b.w[i]!) : ZERO };
}

/** One image on its way. */
interface Descent {
  x: number[];
  label: number;
  w: number[];
  m: number[];
  v: number[];
  best: number[];
  nearest: number;
}

/** A step of an image, and what it cost before. */
function descend(s: Descent, t: number, active: boolean, o: CwOptions): number {
  const { c = 1, lr = 0.01, targeted = false } = o;
  const adv = s.w.map((u) => (Math.tanh(u) + 1) / 2);
  const change = adv.map((u, i) => u - s.x[i]!);
  const distance = dot(change, change);
  const fooled = (argmaxOf(logitsOf(adv)) === s.label) === targeted;
  if (active && fooled && distance < s.nearest) [s.best, s.nearest] = [adv, distance];
  const { value, slope } = lead(adv, s.label, o);
  const g = adv.map((u, i) => (2 * change[i]! + c * slope[i]!) * (1 - (2 * u - 1) ** 2) / 2);
  s.m = s.m.map((u, i) => 0.9 * u + 0.1 * g[i]!);
  s.v = s.v.map((u, i) => 0.999 * u + 0.001 * g[i]! ** 2);
  s.w = s.w.map((u, i) => u - (lr * s.m[i]!) / (1 - 0.9 ** t) / (Math.sqrt(s.v[i]! / (1 - 0.999 ** t)) + 1e-8));
  return distance + c * value;
}

/** All images at once: ten looks at their cost, and an end where it has risen. */
function cwByHand(o: CwOptions, images = IMAGES, classes = LABELS): number[] {
  const { steps = 50 } = o;
  const all: Descent[] = classes.map((label, n) => {
    const x = rowOf(images, n);
    return { x, label, w: x.map((v) => Math.atanh(2 * v - 1)), m: x.map(() => 0), v: x.map(() => 0), best: x,
      nearest: Infinity };
  });
  let [active, last] = [true, Infinity];
  for (let t = 1; t <= steps; t++) {
    const cost = all.map((s) => descend(s, t, active, o)).reduce((a, b) => a + b, 0);
    if ((t - 1) % Math.max(Math.floor(steps / 10), 1) !== 0) continue;
    active &&= cost <= last;
    last = cost;
  }
  return all.flatMap((s) => s.best);
}

/** So close to a boundary that small steps cross it: one image in the last of 50. */
const CLOSE = SAID.flatMap((label, n) => {
  const x = rowOf(IMAGES, n);
  return deepfoolByHand(x, label, 0, 5).map((v, i) => Math.fround(x[i]! + 0.82 * (v - x[i]!)));
});

/** Long steps carry roundings on. */
const ROUNDED = 5e-4;
/** With steps so long they come back and over the boundary again; the cost rises in the end, and ends them. */
const CWS: [string, CwOptions][] = [
  ["cw", { c: 2, lr: 0.1, steps: 9 }],
  ["cw, kappa 0.3", { c: 1, lr: 1, kappa: 0.3, steps: 50 }],
  ["cw, targeted", { c: 2, lr: 0.3, steps: 90, targeted: true }],
  ["cw, torchattacks' objective", { c: 1, lr: 0.1, kappa: 0.3, steps: 90, objective: "torchattacks" }],
  ["cw, torchattacks' objective, targeted",
    { c: 5, lr: 0.1, kappa: 0.3, steps: 90, objective: "torchattacks", targeted: true }],
];

export const minimalModelCases = (): Case[] => [
  one("attack", "deepfool", (gpu) => runAgainst(gpu, (m) => deepfool(m, { steps: 5 }),
    (x, label) => deepfoolByHand(x, label, 0.02, 5), SAID)),
  one("attack", "deepfool by default", (gpu) => runAgainst(gpu, (m) => deepfool(m),
    (x, label) => deepfoolByHand(x, label, 0.02, 50), SAID)),
  one("attack", "deepfool, overshoot 0.3, one step", (gpu) =>
    runAgainst(gpu, (m) => deepfool(m, { steps: 1, overshoot: 0.3 }),
      (x, label) => deepfoolByHand(x, label, 0.3, 1), SAID)),
  one("attack", "deepfool, a flat class", runFlat),
  one("attack", "cw by default", (gpu) => runPlan(gpu, (m) => cw(m), cwByHand({}, CLOSE, SAID), CLOSE, SAID, ROUNDED)),
  ...CWS.map(([name, o]) =>
    one("attack", name, (gpu) => runPlan(gpu, (m) => cw(m, o), cwByHand(o), IMAGES, LABELS, ROUNDED))),
];
