// FAB, step by step in float64 on the host: on the linear model, and on a hill, where each step
// meets another boundary. The way to a hyperplane is found by halving an interval, not as the attack finds it.

import { fab, type FabOptions } from "../../attacks/index.ts";
import { toHyperplane, type Norm } from "../../attacks/hyperplane.ts";
import type { Engine } from "../../engine/engine.ts";
import { add, linear, rand, randn } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { HILL, hill } from "./computed-training.ts";
import { argmaxOf, between, dot, length, logitsOf, rowOf, runAgainst, SAID, WEIGHTS } from "./linear-model.ts";

const sizeOf = (d: readonly number[], norm: Norm): number =>
  norm === "Linf" ? Math.max(...d.map(Math.abs)) : length(d);

/** The shortest d with w . d = -gap and x + d in [0, 1], or the corner nearest to it. */
function projected(x: readonly number[], w: readonly number[], gap: number, norm: Norm): number[] {
  const along = w.map((v) => (gap >= 0 ? v : -v));
  const at = (t: number): number[] => along.map((v, i) => {
    const room = v > 0 ? x[i]! : 1 - x[i]!;
    return -Math.sign(v) * Math.min(norm === "Linf" ? t : t * Math.abs(v), room);
  });
  let [low, high] = [0, 1e9];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (-dot(along, at(middle)) < Math.abs(gap)) low = middle;
    else high = middle;
  }
  return at(high);
}

/** What a model gives at an image: whether it is right, and of each other class its lead and the slope of that. */
interface Point {
  right: boolean;
  others: { k: number; lead: number; dx: number[] }[];
}

/** One image of FAB from `start`; `o` as the attack takes it. */
function fabByHand(x: number[], at: (adv: readonly number[]) => Point, o: FabOptions, start = x): number[] {
  const { eps, norm = "Linf", steps = 100, alphaMax = 0.1, eta = 1.05, beta = 0.9 } = o;
  const dual = (w: readonly number[]) => (norm === "Linf" ? w.reduce((sum, v) => sum + Math.abs(v), 0) : length(w));
  let [adv, best, nearest] = [start, x, Infinity];
  if (!at(x).right) return x;
  for (let t = 0; t < steps; t++) {
    const { lead, dx } = at(adv).others.reduce((a, b) =>
      (Math.abs(b.lead) / dual(b.dx) < Math.abs(a.lead) / dual(a.dx) ? b : a));
    const here = projected(adv, dx, lead, norm);
    const back = projected(x, dx, lead + dot(dx, x.map((v, i) => v - adv[i]!)), norm);
    const [far, farBack] = [Math.max(sizeOf(here, norm), 1e-8), Math.max(sizeOf(back, norm), 1e-8)];
    const alpha = Math.min(far / (far + farBack), alphaMax);
    adv = adv.map((v, i) =>
      between((v + eta * here[i]!) * (1 - alpha) + (x[i]! + eta * back[i]!) * alpha, 0, 1));
    if (at(adv).right) continue;
    const now = sizeOf(adv.map((v, i) => v - x[i]!), norm);
    if (now < nearest) [best, nearest] = [adv, now];
    adv = adv.map((v, i) => x[i]! + beta * (v - x[i]!));
  }
  return nearest <= eps ? best : x;
}

/** The same towards the `targets` likeliest other classes in turn: the nearest of what they find. */
function towardsEach(x: number[], label: number, o: FabOptions & { targets: number }): number[] {
  const z = logitsOf(x);
  const ranked = [0, 1, 2].filter((k) => k !== label).sort((a, b) => z[b]! - z[a]!).slice(0, o.targets);
  const ends = ranked.map((k) => fabByHand(x, (adv) => {
    const { right, others } = linearAt(label)(adv);
    return { right, others: others.filter((other) => other.k === k) };
  }, o));
  const far = (end: number[]) => sizeOf(end.map((v, i) => v - x[i]!), o.norm!) || Infinity;
  return ends.reduce((a, b) => (far(b) < far(a) ? b : a));
}

/** Of the linear model, for an image of class `label`. */
const linearAt = (label: number) => (x: readonly number[]): Point => {
  const z = logitsOf(x);
  return { right: argmaxOf(z) === label, others: [0, 1, 2].filter((k) => k !== label).map((k) =>
    ({ k, lead: z[k]! - z[label]!, dx: rowOf(WEIGHTS, k).map((v, i) => v - rowOf(WEIGHTS, label)[i]!) })) };
};

/** Of the hill, logits [4 |x - HILL|^2, 0], for an image of class 1, at its foot. */
function hillAt(x: readonly number[]): Point {
  const away = x.map((v, i) => v - HILL[i]!);
  const z = 4 * dot(away, away) - HEIGHT;
  return { right: z < 0, others: [{ k: 0, lead: z, dx: away.map((a) => 8 * a) }] };
}

const HEIGHT = 0.5;
const CLIMBED = [[0.5137, 0.4473], [0.6181, 0.3719], [0.4273, 0.6097], [0.2031, 0.4817]];

async function runHill(gpu: Engine, o: FabOptions): Promise<Check[]> {
  const n = CLIMBED.length;
  const [x, labels] = [gpu.tensor(CLIMBED.flat(), [n, 1, 1, 2]), gpu.full([n], 1, "i32")];
  const bias = gpu.tensor([-HEIGHT, 0], [1, 2]);
  const attack = fab((images) => add(hill(images), bias), o);
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, CLIMBED.flatMap((image) => fabByHand(image, hillAt, o)), 1e-4)];
  [x, labels, bias, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** From the middle of the hill, where there is no slope: the first start stays there, the second finds the way. */
async function runSecondStart(gpu: Engine, norm: Norm): Promise<Check[]> {
  const o = { norm, eps: 0.6, steps: 1, restarts: 2 };
  const middle = HILL.map(Math.fround);
  const [x, bias] = [gpu.tensor(middle, [1, 1, 1, 2]), gpu.tensor([-HEIGHT, 0], [1, 2])];
  const label = gpu.full([1], 1, "i32");
  const [direction] = await drawn(gpu, [() => (norm === "Linf" ? rand(gpu, x.shape, -1, 1) : randn(gpu, x.shape))]);
  const start = middle.map((v, i) => between(v + ((o.eps / 2) * direction![i]!) / sizeOf(direction!, norm), 0, 1));
  const attack = fab((images) => add(hill(images), bias), o);
  const adv = attack(x, label);
  const checks = [await check("the image", adv, fabByHand(middle, hillAt, o, start), 1e-4)];
  [x, label, bias, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** The likeliest other class is so flat that its boundary is out of reach; that of the second is a tenth away. */
async function runSecondTarget(gpu: Engine): Promise<Check[]> {
  const [w, bias] = [gpu.tensor([0, 0, 0.01, 0, 5, 0], [3, 2]), gpu.tensor([1, 0.895, -2], [3])];
  const [x, label] = [gpu.full([1, 2], 0.5), gpu.zeros([1], "i32")];
  const attack = fab((images) => linear(images, w, bias), { eps: 1, steps: 1, targets: 2 });
  const adv = attack(x, label);
  const checks = [await check("the image", adv, [0.5 + 1.05 * 0.1, 0.5])];
  [w, bias, x, label, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** Points of the box, slopes with zeros among them, and gaps: both signs, small, large, none, out of reach. */
async function runHyperplane(gpu: Engine, norm: Norm): Promise<Check[]> {
  const [n, P] = [8, 9];
  const w = numbers("hyperplane w", n * P).map((v, i) => (i % 5 === 0 ? 0 : v));
  const edges: Record<number, number> = { 7: 0, 9: 1 };
  const x = numbers("hyperplane x", n * P).map((v, i) => edges[i % 11] ?? Math.fround((v + 1) / 2));
  const gaps = [0.01, -0.01, 0.3, -0.3, 0.8, -0.8, 0, 1e3];
  const row = (all: readonly number[], i: number) => all.slice(i * P, i * P + P);
  const due = gaps.flatMap((gap, i) => projected(row(x, i), row(w, i), gap, norm));
  const made = gpu.scope(() => toHyperplane(gpu.tensor(x, [n, P]), gpu.tensor(w, [n, P]), gpu.tensor(gaps, [n]), norm));
  const checks = [await check("the way", made, due, 1e-5)];
  made.dispose();
  return checks;
}

const NORMS: readonly Norm[] = ["Linf", "L2"];

function linearCase(name: string, o: FabOptions & { targets?: number }): Case {
  const byHand = (x: number[], label: number): number[] => {
    const { targets } = o;
    return targets === undefined ? fabByHand(x, linearAt(label), o) : towardsEach(x, label, { ...o, targets });
  };
  return one("attack", `fab, ${o.norm}${name}`, (gpu) => runAgainst(gpu, (m) => fab(m, o), byHand, SAID));
}

export const boundaryCases = (): Case[] => [one("attack", "fab, the second target", runSecondTarget), ...byNorm()];

const byNorm = (): Case[] => NORMS.flatMap((norm) => [
  one("attack", `the way to a hyperplane, ${norm}`, (gpu) => runHyperplane(gpu, norm)),
  linearCase("", { norm, eps: 1, steps: 4 }),
  linearCase(", not beyond eps", { norm, eps: norm === "Linf" ? 0.4 : 0.6, steps: 4 }),
  ...[1, 2].map((targets) => linearCase(`, ${targets} targets`, { norm, eps: 1, steps: 3, targets })),
  ...[1, 3, 9].map((steps) =>
    one("attack", `fab, ${norm}, a hill, ${steps} steps`, (gpu) => runHill(gpu, { norm, eps: 1, steps,
      alphaMax: 0.2, eta: 1.1, beta: 0.8 }))),
  one("attack", `fab, ${norm}, a second start`, (gpu) => runSecondStart(gpu, norm)),
]);
