// Adversarial training against float64 on the host: every batch that the network is shown, and what it learns.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { cat, flatten, linear, mul, reshape, square, sub, sum } from "../../kernels/index.ts";
import { sgd } from "../../model/optim.ts";
import { makeParameters } from "../../model/params.ts";
import { adversarialUpdate, freeUpdate, type Learner } from "../../train/adversarial.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, LIMIT } from "../computed-tools.ts";

export const HILL = [0.45, 0.55];

/** Logits [4 |x - HILL|^2, 0]: an attack on class 0 runs to HILL and past it, so that its gradient turns round. */
export function hill(x: Tensor): Tensor {
  const centre = x.gpu.tensor(HILL, [1, 1, 1, 2]);
  const z = reshape(sum(square(sub(x, centre)), { dim: [1, 2, 3] }), [x.shape[0]!, 1]);
  return cat([mul(z, 4), mul(z, 0)], 1);
}

interface Climb {
  alpha: number;
  eps: number;
  steps: number;
  accumulate: boolean;
}

/** What the network is shown of one image x of class y, from x + start on. */
function climb(x: number[], y: number, start: number[], { alpha, eps, steps, accumulate }: Climb): number[][] {
  let delta = start.slice();
  let total = x.map(() => 0);
  const shown = [x.map((v, i) => v + delta[i]!)];
  for (let k = 0; k < steps; k++) {
    const away = shown[k]!.map((v, i) => v - HILL[i]!);
    const z = 4 * away.reduce((s, a) => s + a * a, 0);
    const slope = 1 / (1 + Math.exp(-z)) - (y === 0 ? 1 : 0);
    total = away.map((a, i) => (accumulate ? total[i]! : 0) + slope * 8 * a);
    const moves = !accumulate || y === 0; // z > 0: class 0 is what it says
    if (moves)
      delta = delta.map((d, i) => {
        const moved = Math.max(-eps, Math.min(eps, d + alpha * Math.sign(total[i]!)));
        return Math.max(-x[i]!, Math.min(1 - x[i]!, moved));
      });
    shown.push(x.map((v, i) => v + delta[i]!));
  }
  return shown;
}

/** A learner that learns nothing: only what its network is shown counts. */
function idle(gpu: Engine, model: (x: Tensor) => Tensor): Learner {
  const params = makeParameters(gpu, { none: { shape: [1], init: "zeros" } }, 0);
  return { model, params: [params], optimizer: sgd([params], { lr: 0 }) };
}

function disposeLearner({ params, optimizer }: Learner): void {
  [...params, optimizer].forEach((t) => t.dispose());
}

const IMAGES = [[0.2, 0.75], [0.3, 0.9]];
const START = [[0.05, -0.05], [0.02, 0.04]];

async function runPgd(gpu: Engine, accumulate: boolean): Promise<Check[]> {
  const o = { eps: 0.4, alpha: 0.17, steps: 5, accumulate };
  const [x, noise] = [gpu.tensor(IMAGES.flat(), [2, 1, 1, 2]), gpu.tensor(START.flat(), [2, 1, 1, 2])];
  const labels = gpu.tensor([0, 1], [2], "i32");
  const frames = Array.from({ length: o.steps + 1 }, () => gpu.keep(gpu.zeros(x.shape)));
  let at = 0;
  const learner = idle(gpu, hill);
  const loss = adversarialUpdate(learner, x, labels, { ...o, noise, watch: (t) => gpu.copy(t, frames[at++]!) });
  const paths = IMAGES.map((image, n) => climb(image, n, START[n]!, o));
  const checks = await Promise.all(frames.map((frame, k) =>
    check(`batch ${k}`, frame, paths.flatMap((path) => path[k]!))));
  [x, noise, labels, loss, ...frames].forEach((t) => t.dispose());
  disposeLearner(learner);
  return checks;
}

/** The gradients of the mean cross-entropy of x W^T, x [N,2], W [2,2]: of x and of W. */
function gradients(x: number[][], y: number[], w: number[]): { dx: number[][]; dw: number[] } {
  const dw = [0, 0, 0, 0];
  const dx = x.map((row, n) => {
    const logits = [0, 1].map((k) => row[0]! * w[2 * k]! + row[1]! * w[2 * k + 1]!);
    const total = logits.reduce((s, v) => s + Math.exp(v), 0);
    const d = logits.map((v, k) => (Math.exp(v) / total - Number(y[n] === k)) / x.length);
    d.forEach((slope, k) => row.forEach((v, i) => (dw[2 * k + i]! += slope * v)));
    return row.map((_, i) => d[0]! * w[i]! + d[1]! * w[2 + i]!);
  });
  return { dx, dw };
}

const WEIGHTS = [0.5, -0.25, -1, 0.75];
const [LR, EPS, REPLAYS] = [0.5, 0.1, 3];

/** Free in float64: the weights and the perturbation after some replays. */
function freeByHand(): { w: number[]; delta: number[][] } {
  let w = WEIGHTS;
  let delta = IMAGES.map((row) => row.map(() => 0));
  for (let i = 0; i < REPLAYS; i++) {
    const shown = IMAGES.map((row, n) => row.map((v, j) => v + delta[n]![j]!));
    const { dx, dw } = gradients(shown, [0, 1], w);
    delta = delta.map((row, n) => row.map((d, j) => {
      const moved = Math.max(-EPS, Math.min(EPS, d + EPS * Math.sign(dx[n]![j]!)));
      return Math.max(0, Math.min(1, IMAGES[n]![j]! + moved)) - IMAGES[n]![j]!;
    }));
    w = w.map((v, j) => v - LR * dw[j]!);
  }
  return { w, delta };
}

async function runFree(gpu: Engine): Promise<Check[]> {
  const params = makeParameters(gpu, { w: { shape: [2, 2], init: WEIGHTS } }, 0);
  const learner = { model: (x: Tensor) => linear(flatten(x), params.get("w")), params: [params],
    optimizer: sgd([params], { lr: LR }) };
  const [x, labels] = [gpu.tensor(IMAGES.flat(), [2, 1, 1, 2]), gpu.tensor([0, 1], [2], "i32")];
  const delta = gpu.zeros(x.shape);
  for (let i = 0; i < REPLAYS; i++) freeUpdate(learner, x, labels, delta, { eps: EPS }).dispose();
  const due = freeByHand();
  const checks = [await check("the weights", params.get("w"), due.w),
    await check("the perturbation", delta, due.delta.flat())];
  [x, labels, delta].forEach((t) => t.dispose());
  disposeLearner(learner);
  return checks;
}

/** Random starts lie in the ball, and in [0,1] unless that is let go; the farthest is near the ball's edge. */
async function runStart(gpu: Engine, start: "random" | "unclamped" | "zero"): Promise<Check[]> {
  const [eps, n] = [0.25, 256];
  const x = gpu.full([1, 1, 1, n], 0.9);
  const [labels, frame] = [gpu.tensor([0], [1], "i32"), gpu.keep(gpu.zeros(x.shape))];
  const learner = idle(gpu, (images) => linear(flatten(images), gpu.zeros([2, n])));
  let at = 0;
  const watch = (t: Tensor) => { if (at++ === 0) gpu.copy(t, frame); };
  const loss = adversarialUpdate(learner, x, labels, { eps, alpha: 0, steps: 1, start, watch });
  const shown = await frame.data();
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const due = { random: [0.65, 1], unclamped: [0.65, 1.15], zero: [0.9, 0.9] }[start];
  [x, labels, frame, loss].forEach((t) => t.dispose());
  disposeLearner(learner);
  return [{ what: "least and largest pixel of the start", error: relativeError([least, most], due),
    limit: start === "zero" ? LIMIT : 0.05 }, { what: "beyond the ball", limit: 1e-6,
    error: Math.max(0, due[0]! - least, most - due[1]!) }];
}

export const trainingModelCases = (): Case[] => [
  one("adversarial training", "PGD, step by step", (gpu) => runPgd(gpu, false)),
  one("adversarial training", "PGD along summed gradients, of right images", (gpu) => runPgd(gpu, true)),
  one("adversarial training", "Free, three replays", runFree),
  ...(["random", "unclamped", "zero"] as const).map((start) =>
    one("adversarial training", `start ${start}`, (gpu) => runStart(gpu, start))
  ),
];
