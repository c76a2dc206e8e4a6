// APGD on a hill, whose slope turns round, and its targeted form on a linear model: step by step in float64 on the
// host, from the same random numbers.

import { apgd, apgdt, dlrLoss, type ApgdOptions } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Shape, Tensor } from "../../engine/tensor.ts";
import { add, argmax, flatten, linear, rand, randn } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { HILL, hill } from "./computed-training.ts";
import { argmaxOf, between, dot, length, slopeOf } from "./linear-model.ts";

/** What an image gives: its loss, the slope of it, and whether it is right. */
interface Point {
  loss: number;
  dx: number[];
  right: boolean;
}

type At = (x: readonly number[]) => Point;

/** Logits [4 |x - HILL|^2 - height, 0]: an image of class 0 climbs to the hill's foot, where it is wrong, and over. */
const hillAt = (height: number): At => (x) => {
  const away = x.map((v, i) => v - HILL[i]!);
  const z = 4 * dot(away, away) - height;
  const p = 1 / (1 + Math.exp(-z));
  return { loss: -Math.log(p), dx: away.map((a) => (p - 1) * 8 * a), right: z > 0 };
};

interface End {
  adv: number[];
  loss: number;
  right: boolean;
}

type Options = Pick<ApgdOptions, "eps" | "norm" | "steps" | "rho">;

/** x + the change to a point, cut to the ball, within [0, 1]. */
const ballOf = (x: readonly number[], { eps, norm }: Options) => (to: readonly number[]): number[] => {
  const change = to.map((v, i) => v - x[i]!);
  const factor = Math.min(1, eps / (length(change) + 1e-10));
  return x.map((v, i) => between(v + (norm === "L2" ? factor * change[i]! : between(change[i]!, -eps, eps)), 0, 1));
};

/** One image of APGD: looks after .22 of the steps, each time .03 of them sooner, at least .06 apart. */
function apgdByHand(x: readonly number[], start: readonly number[], o: Options, at: At): End {
  const { eps, norm, steps = 100, rho = 0.75 } = o;
  const part = (share: number) => Math.max(1, Math.floor(share * steps));
  const ball = ballOf(x, o);
  const along = (dx: number[]) => dx.map((g) => (norm === "L2" ? g / (length(dx) + 1e-12) : Math.sign(g)));
  let [adv, old] = [[...start], [...start]];
  let [best, { dx, loss: bestLoss }] = [adv, at(adv)];
  let [bestDx, size] = [dx, 2 * eps];
  let found = at(adv).right ? null : adv;
  let [seen, halved, rises, last, since, counted] = [bestLoss, true, 0, 0, part(0.22), 0];
  for (let t = 0; t < steps; t++) {
    const share = t === 0 ? 1 : 0.75;
    const way = along(dx);
    const plain = ball(adv.map((v, i) => v + size * way[i]!));
    const next = ball(adv.map((v, i) => v + share * (plain[i]! - v) + (1 - share) * (v - old[i]!)));
    const here = at(next);
    [old, adv, dx] = [adv, next, here.dx];
    if (!here.right) found = adv;
    rises += Number(here.loss > last);
    last = here.loss;
    if (here.loss > bestLoss) [best, bestDx, bestLoss] = [adv, dx, here.loss];
    if (++counted < since) continue;
    const halve = rises <= rho * since || (!halved && seen >= bestLoss);
    if (halve) [size, adv, dx] = [size / 2, best, bestDx];
    [halved, seen, rises, counted, since] = [halve, bestLoss, 0, 0, Math.max(since - part(0.03), part(0.06))];
  }
  return { adv: found ?? best, loss: bestLoss, right: !found };
}

/** Of several ends of an image the first that is wrong, else the one of the highest loss. */
const worst = (ends: readonly End[]): End => ends.reduce((kept, now) =>
  ({ adv: kept.right && (!now.right || now.loss > kept.loss) ? now.adv : kept.adv,
    loss: Math.max(kept.loss, now.loss), right: kept.right && now.right }));

/** Where a step back from the ball's edge is large, float32 is off by more than usual: 1.6e-4 after 100 steps. */
const ROUNDED = 5e-4;
/** Numbers without a pattern: two points of the same loss would leave open which is kept. */
const CLIMBED = [[0.2137, 0.7473], [0.3181, 0.8719], [0.6273, 0.3097], [0.5031, 0.4817]];
const STARTS = [[0.0517, -0.0471], [0.0213, 0.0367], [-0.1031, 0.0829], [-0.0527, 0.0639]];
const SHAPE: Shape = [CLIMBED.length, 1, 1, 2];

/** A start of every image from the draws that the attack will make, and how many lists of numbers it takes. */
const starts = (norm: Options["norm"]) => (gpu: Engine, shape: Shape, eps: number): (() => Tensor)[] =>
  norm === "L2" ? [() => randn(gpu, shape), () => rand(gpu, [shape[0]!, 1, 1, 1], 0, eps)]
    : [() => rand(gpu, shape, -eps, eps)];

/** The first start is x + noise, the others are drawn. */
async function startsOf(gpu: Engine, images: readonly number[][], o: Options, drawnStarts: number) {
  const shape = [images.length, 1, 1, images[0]!.length];
  const each = starts(o.norm)(gpu, shape, o.eps).length;
  const numbers = await drawn(gpu, Array.from({ length: drawnStarts }, () => starts(o.norm)(gpu, shape, o.eps)).flat());
  return Array.from({ length: drawnStarts }, (_, k) => images.map((x, n) => {
    const [direction, distance] = numbers.slice(k * each, (k + 1) * each) as [number[], number[]];
    const own = direction.slice(n * x.length, (n + 1) * x.length);
    const by = o.norm === "L2" ? distance[n]! / (length(own) + 1e-10) : 1;
    return x.map((v, i) => between(v + by * own[i]!, 0, 1));
  }));
}

async function runHill(gpu: Engine, o: Options & { restarts?: number }, height = 0, given: ApgdOptions = o):
  Promise<Check[]> {
  const [x, noise] = [gpu.tensor(CLIMBED.flat(), SHAPE), gpu.tensor(STARTS.flat(), SHAPE)];
  const labels = gpu.zeros([CLIMBED.length], "i32");
  const bias = gpu.tensor([-height, 0], [1, 2]);
  const first = CLIMBED.map((image, n) => image.map((v, i) => between(v + STARTS[n]![i]!, 0, 1)));
  const all = [first, ...await startsOf(gpu, CLIMBED, o, (o.restarts ?? 1) - 1)];
  const due = CLIMBED.map((image, n) => worst(all.map((start) => apgdByHand(image, start[n]!, o, hillAt(height)))));
  const attack = apgd((images) => add(hill(images), bias), { ...given, noise });
  const { adv, loss, right } = attack.run(x, labels);
  const checks = [await check("the images", adv, due.flatMap((end) => end.adv), ROUNDED),
    await check("their losses", loss, due.map((end) => end.loss), ROUNDED),
    await check("who is right", right, due.map((end) => Number(end.right)), 0)];
  [x, noise, labels, bias, adv, loss, right, attack].forEach((t) => t.dispose());
  return checks;
}

// ---- linear models --------------------------------------------------------------------------------------------------

const [PIXELS, CLASSES] = [6, 5];
const WEIGHTS = numbers("apgdt w", PIXELS * CLASSES);
const IMAGES = [0, 1, 2].map((n) => numbers(`apgdt x ${n}`, PIXELS).map((v) => Math.fround(0.5 + 0.4 * v)));
const logitsOf = (x: readonly number[]) =>
  Array.from({ length: CLASSES }, (_, k) => dot(x, WEIGHTS.slice(k * PIXELS, (k + 1) * PIXELS)));
const LABELS = IMAGES.map((x) => argmaxOf(logitsOf(x)));
const sorted = (z: readonly number[]) => [...z].sort((a, b) => b - a) as [number, number, number, number];
/** The other classes, the likeliest first. */
const ranked = (z: readonly number[], label: number) =>
  [...z.keys()].filter((k) => k !== label).sort((a, b) => z[b]! - z[a]!);

const dlr = (label: number) => (x: readonly number[]): number => {
  const z = logitsOf(x);
  const [first, , third] = sorted(z);
  return (z[ranked(z, label)[0]!]! - z[label]!) / (first - third + 1e-12);
};
const dlrTowards = (label: number, target: number) => (x: readonly number[]): number => {
  const z = logitsOf(x);
  const [first, , third, fourth] = sorted(z);
  return (z[target]! - z[label]!) / (first - (third + fourth) / 2 + 1e-12);
};
const pointOf = (label: number, loss: (x: readonly number[]) => number): At => (x) =>
  ({ loss: loss(x), dx: slopeOf(loss, x), right: argmaxOf(logitsOf(x)) === label });

/** Ends of all images, one start each a loss. */
async function ends(gpu: Engine, o: Options, losses: (label: number, n: number) => ((x: readonly number[]) => number)[],
  count: number): Promise<End[]> {
  const all = await startsOf(gpu, IMAGES, o, count);
  return IMAGES.map((x, n) => worst(losses(LABELS[n]!, n).map((loss, k) =>
    apgdByHand(x, all[k]![n]!, o, pointOf(LABELS[n]!, loss)))));
}

async function runLinear(gpu: Engine, o: Options & { targets?: number }): Promise<Check[]> {
  const [w, x] = [gpu.tensor(WEIGHTS, [CLASSES, PIXELS]), gpu.tensor(IMAGES.flat(), [3, 1, 1, PIXELS])];
  const labels = gpu.tensor(LABELS, [3], "i32");
  const { targets } = o;
  const due = await ends(gpu, o, (label, n) => targets === undefined ? [dlr(label)]
    : ranked(logitsOf(IMAGES[n]!), label).slice(0, targets).map((target) => dlrTowards(label, target)), targets ?? 1);
  const model = (images: Tensor) => linear(flatten(images), w);
  const attack = targets === undefined ? apgd(model, { ...o, loss: dlrLoss }) : apgdt(model, { ...o, targets });
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, due.flatMap((end) => end.adv), ROUNDED)];
  [w, x, labels, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** The two likeliest others run beside the label, so that nothing leads to them; a step leads to the third. */
async function runThird(gpu: Engine, targets: number): Promise<Check[]> {
  const own = [1, -2, 1];
  const rows = [own, own, own, own.map((v) => -v), [0, 0, 0]];
  const [w, bias] = [gpu.tensor(rows.flat(), [5, 3]), gpu.tensor([0, -0.01, -0.02, -1.2, -9])];
  const [x, label] = [gpu.tensor([0.51, 0.49, 0.53], [1, 1, 1, 3]), gpu.zeros([1], "i32")];
  const model = (images: Tensor) => linear(flatten(images), w, bias);
  const attack = apgdt(model, { eps: 0.2, steps: 5, targets });
  const adv = attack(x, label);
  const said = gpu.scope(() => argmax(model(adv), { dim: 1 }));
  const checks = [await check("the class", said, [targets < 3 ? 0 : 3], 0)];
  [w, bias, x, label, adv, said, attack].forEach((t) => t.dispose());
  return checks;
}

const NORMS = ["Linf", "L2"] as const;

export const apgdCases = (): Case[] => [
  ...[3, 8, 14].map((steps) => one("attack", `apgd, ${steps} steps`, (gpu) => runHill(gpu, { eps: 0.371, steps }))),
  one("attack", "apgd by default", (gpu) =>
    runHill(gpu, { eps: 0.371, norm: "Linf", steps: 100, rho: 0.75 }, 0, { eps: 0.371 })),
  one("attack", "apgd, rho by default", (gpu) =>
    runHill(gpu, { eps: 0.2, steps: 23, rho: 0.75 }, 0, { eps: 0.2, steps: 23 })),
  one("attack", "apgd, rho 0.3", (gpu) => runHill(gpu, { eps: 0.371, steps: 14, rho: 0.3 })),
  ...[4, 14].map((steps) =>
    one("attack", `apgd, L2, ${steps} steps`, (gpu) => runHill(gpu, { eps: 0.371, norm: "L2", steps }))),
  ...NORMS.map((norm) => one("attack", `apgd, ${norm}, some found`, (gpu) =>
    runHill(gpu, { eps: 0.171, norm, steps: 12 }, 0.05))),
  ...NORMS.map((norm) => one("attack", `apgd, ${norm}, three starts`, (gpu) =>
    runHill(gpu, { eps: 0.1, norm, steps: 2, restarts: 3 }, 0.004))),
  ...[2, 3].map((targets) => one("attack", `apgdt, ${targets} targets, the third matters`, (gpu) =>
    runThird(gpu, targets))),
  one("attack", "apgd of the dlr loss", (gpu) => runLinear(gpu, { eps: 0.05, steps: 6 })),
  ...NORMS.map((norm) => one("attack", `apgdt, ${norm}, three targets`, (gpu) =>
    runLinear(gpu, { eps: norm === "L2" ? 0.2 : 0.05, norm, steps: 6, targets: 3 }))),
];
