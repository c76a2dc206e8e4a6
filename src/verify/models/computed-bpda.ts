// BPDA on a purifier that squares, and the losses of EOT: in float64 on the host.

import { bpda, eotLoss, type BpdaOptions, type EotAverage } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { flatten, grad, linear, mul, square, sum, type Tensor } from "../../index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";
import { argmaxOf, between, gradient, IMAGES, K, LABELS, logitsOf, N, P, rowOf, slopeOf, WEIGHTS } from
  "./linear-model.ts";

type Options = Omit<BpdaOptions, "substitute" | "watch">;

/** One image: adv + lr g, g the gradient at adv^2, times the substitute's slope; until the image is wrong. */
function bpdaByHand(x: readonly number[], label: number, o: Options, slope: (v: number) => number): number[] {
  const { lr = 0.1, steps = 1000, eps = Infinity } = o;
  let adv = [...x];
  for (let t = 0; t < steps; t++) {
    const shown = adv.map((v) => v * v);
    if (argmaxOf(logitsOf(shown)) !== label) break;
    const g = gradient(shown, label);
    adv = adv.map((v, i) => between(between(v + lr * g[i]! * slope(v), x[i]! - eps, x[i]! + eps), 0, 1));
  }
  return adv;
}

const SAID = LABELS.map((_, n) => argmaxOf(logitsOf(rowOf(IMAGES, n).map((v) => v * v))));

async function runBpda(gpu: Engine, o: Options, smooth: boolean, given: BpdaOptions = o): Promise<Check[]> {
  const classes = SAID.map((said, n) => (n === 0 ? (said + 1) % K : said)); // the first image is wrong from the start
  const [w, x, labels] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(IMAGES, [N, P, 1, 1]),
    gpu.tensor(classes, [N], "i32")];
  const heard: number[] = [];
  const attack = bpda(square, (v) => linear(flatten(v), w), { ...given, watch: (step, left) => heard.push(step, left),
    ...(smooth && { substitute: (v: Tensor) => mul(square(v), 0.5) }) });
  const due = (steps: number) => classes.map((label, n) =>
    bpdaByHand(rowOf(IMAGES, n), label, { ...o, steps }, smooth ? (v) => v : () => 1));
  const adv = [await attack(x, labels), await attack(x, labels)];
  const at = due(o.steps!).flat();
  const checks = [await check("the images", adv[0]!, at), await check("the images of a second call", adv[1]!, at)];
  const left = due(49).filter((v, n) => argmaxOf(logitsOf(v.map((u) => u * u))) === classes[n]).length;
  const told = o.steps! < 50 ? 0 : Number(heard[0] !== 50 || heard[1] !== left);
  [w, x, labels, ...adv, attack].forEach((t) => t.dispose());
  return [...checks, { what: `what is left after 50 steps: ${heard}`, error: told, limit: 0 }];
}

const [DRAWS, IMAGES_OF, CLASSES] = [3, 2, 4];

/** One image's loss over its draws, [draws][classes]. */
function expected(draws: readonly number[][], label: number, average: EotAverage): number {
  const lse = (z: readonly number[]) => Math.log(z.reduce((s, v) => s + Math.exp(v), 0));
  const loss = (z: readonly number[]) => lse(z) - z[label]!;
  if (average === "gradients") return draws.reduce((s, z) => s + loss(z), 0) / draws.length;
  if (average === "logits") return loss(draws[0]!.map((_, k) => draws.reduce((s, z) => s + z[k]!, 0) / draws.length));
  return -Math.log(draws.reduce((s, z) => s + Math.exp(-loss(z)), 0) / draws.length);
}

async function runEot(gpu: Engine, average?: EotAverage): Promise<Check[]> {
  const each = IMAGES_OF * CLASSES;
  const logits = numbers("eot", DRAWS * each).map((v) => 3 * v);
  const labels = [1, 3];
  const lossOf = (all: readonly number[]) => labels.map((label, n) => expected(
    Array.from({ length: DRAWS }, (_, k) => all.slice(k * each + n * CLASSES, k * each + (n + 1) * CLASSES)), label,
    average ?? "gradients"));
  const [x, y] = [gpu.tensor(logits, [DRAWS * IMAGES_OF, CLASSES]), gpu.tensor(labels, [IMAGES_OF], "i32")];
  const loss = gpu.scope(() => eotLoss(x, y, ...(average ? [average] : [])));
  const dx = gpu.scope(() => grad(() => sum(eotLoss(x, y, ...(average ? [average] : []))), [x])[0]!);
  const checks = [await check("the loss of each image", loss, lossOf(logits)), await check("the gradient", dx,
    slopeOf((all) => lossOf(all).reduce((a, b) => a + b), logits))];
  [x, y, loss, dx].forEach((t) => t.dispose());
  return checks;
}

export const bpdaCases = (): Case[] => [
  one("attack", "bpda", (gpu) => runBpda(gpu, { lr: 0.02, steps: 60 }, false)),
  one("attack", "bpda by default, 9 steps", (gpu) => runBpda(gpu, { lr: 0.1, steps: 9 }, false, { steps: 9 })),
  one("attack", "bpda, eps 0.1, a substitute", (gpu) => runBpda(gpu, { lr: 0.05, steps: 12, eps: 0.1 }, true)),
  one("attack", "eotLoss by default", (gpu) => runEot(gpu)),
  ...(["logits", "probabilities"] as const).map((average) =>
    one("attack", `eotLoss, ${average}`, (gpu) => runEot(gpu, average))),
];
