// Attacks that ask for no gradient, from the random numbers that they draw: noise, SPSA's differences, shifts.

import { randomNoise, spatialShift, spsaGradient, type SpsaOptions } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { flatten, linear, rand } from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase as one, drawn, numbers } from "../computed-tools.ts";
import { between, dot, entropy, IMAGES, K, LABELS, margin, N, P, rowOf, WEIGHTS } from "./linear-model.ts";

const inUnit = (seed: string, n: number): number[] => numbers(seed, n).map((v) => Math.fround((v + 1) / 2));

async function runNoise(gpu: Engine, corners: boolean): Promise<Check[]> {
  const [shape, eps] = [[4, 1, 9, 7], 0.2];
  const images = inUnit("noise", 252);
  const [u] = await drawn(gpu, [() => rand(gpu, shape, -1, 1)]) as [number[]];
  const x = gpu.tensor(images, shape);
  const attack = randomNoise({ eps, ...(corners && { corners }) });
  const adv = attack(x);
  const due = images.map((v, i) => between(v + eps * (corners ? Math.sign(u[i]!) : u[i]!), 0, 1));
  const checks = [await check("the images", adv, due)];
  [x, adv, attack].forEach((t) => t.dispose());
  return checks;
}

/** Differences along random directions of a loss of the linear model; some looks are cut off by the box. */
async function runSpsa(gpu: Engine, given: SpsaOptions): Promise<Check[]> {
  const { samples = 32, delta = 0.01, loss = "ce" } = given;
  const lossOf = loss === "ce" ? entropy : margin;
  const images = IMAGES.map((v, i) => (i % 7 === 0 ? 1 : v));
  const draws = await drawn(gpu, Array.from({ length: samples }, () => () => rand(gpu, [N, P, 1, 1])));
  const due = LABELS.flatMap((label, n) => {
    const x = rowOf(images, n);
    const total = draws.map((u) => rowOf(u, n).map((v) => Math.sign(v - 0.5))).map((direction) => {
      const look = (by: number) => lossOf(x.map((v, i) => between(v + by * direction[i]!, 0, 1)), label);
      return direction.map((d) => d * (look(delta) - look(-delta)));
    }).reduce((a, b) => a.map((v, i) => v + b[i]!));
    return total.map((v) => v / (2 * delta * samples));
  });
  const [w, x, labels] = [gpu.tensor(WEIGHTS, [K, P]), gpu.tensor(images, [N, P, 1, 1]),
    gpu.tensor(LABELS, [N], "i32")];
  const dx = spsaGradient((v) => linear(flatten(v), w), given)(x, labels);
  const checks = [await check("the gradient", dx, due, 2e-4)]; // of a difference of two losses
  [w, x, labels, dx].forEach((t) => t.dispose());
  return checks;
}

/** Two classes on images of 4 x 5: every shift by hand, and of each image the one with the largest margin. */
async function runShift(gpu: Engine, pixels: number, given: { pixels?: number }): Promise<Check[]> {
  const [n, H, W] = [6, 4, 5];
  const images = inUnit("shift x", n * H * W);
  const slope = numbers("shift w", H * W);
  const along = Array.from({ length: 2 * pixels + 1 }, (_, i) => i - pixels);
  const moved = (x: number[], down: number, right: number) => x.map((_, i) => {
    const [h, w] = [Math.floor(i / W) - down, (i % W) - right];
    return h >= 0 && h < H && w >= 0 && w < W ? x[h * W + w]! : 0;
  });
  const due = Array.from({ length: n }, (_, i) => {
    const x = images.slice(i * H * W, (i + 1) * H * W);
    const all = along.flatMap((down) => along.map((right) => moved(x, down, right)));
    return all.reduce((a, b) => (dot(b, slope) > dot(a, slope) ? b : a));
  });
  const [x, w, labels] = [gpu.tensor(images, [n, 1, H, W]), gpu.tensor([...slope.map((v) => -v), ...slope], [2, H * W]),
    gpu.zeros([n], "i32")];
  const attack = spatialShift((v) => linear(v.view([n, H * W]), w), given);
  const adv = attack(x, labels);
  const checks = [await check("the images", adv, due.flat())];
  [x, w, labels, adv, attack].forEach((t) => t.dispose());
  return checks;
}

export const blackBoxCases = (): Case[] => [
  one("attack", "randomNoise", (gpu) => runNoise(gpu, false)),
  one("attack", "randomNoise at corners", (gpu) => runNoise(gpu, true)),
  one("attack", "spsaGradient", (gpu) => runSpsa(gpu, { samples: 3, delta: 0.1 })),
  one("attack", "spsaGradient by default", (gpu) => runSpsa(gpu, {})),
  one("attack", "spsaGradient of the margin", (gpu) => runSpsa(gpu, { samples: 2, delta: 0.1, loss: "margin" })),
  ...[1, 2].map((pixels) =>
    one("attack", `spatialShift, ${pixels} pixels`, (gpu) => runShift(gpu, pixels, { pixels }))),
  one("attack", "spatialShift by default", (gpu) => runShift(gpu, 3, {})),
];
