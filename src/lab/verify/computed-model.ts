// What lies above the ops, against float64 on the host: optimisers, schedules, losses of the autoencoders, attacks.

import { linear, sub } from "../../kernels/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { fgsm, ifgsm, mifgsm, pgd, type Attack, type Model } from "../../attacks/index.ts";
import type { Autoencoder } from "../../model/autoencoder.ts";
import { vaeLoss } from "../../model/losses.ts";
import { oneCycle, sgd, stepLr } from "../../model/optim.ts";
import { makeParameters } from "../../model/params.ts";
import { relativeError, type Case, type Check } from "./case.ts";
import { seeded } from "./table/table.ts";

const LIMIT = 2e-5;

/** Numbers from -1 to 1 by a text seed, rounded to float32. */
function numbers(seed: string, n: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: n }, () => Math.fround(2 * random() - 1));
}

const check = async (what: string, got: Tensor, due: ArrayLike<number>, limit = LIMIT): Promise<Check> =>
  ({ what, error: relativeError(await got.data(), due), limit });

// ---- optimisers and schedules ---------------------------------------------------------------------------------------

interface Sgd {
  lr: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

/** torch.optim.SGD for constant gradients. */
function sgdByHand(p: number[], g: number[], o: Sgd, steps: number): number[] {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = o;
  return p.map((start, i) => {
    let [value, moved] = [start, 0];
    for (let t = 0; t < steps; t++) {
      const d = g[i]! + weightDecay * value;
      moved = t === 0 ? d : momentum * moved + (1 - dampening) * d;
      value -= lr * (momentum === 0 ? d : nesterov ? d + momentum * moved : moved);
    }
    return value;
  });
}

const SGDS: Sgd[] = [
  { lr: 0.1 }, { lr: 0.1, weightDecay: 0.3 }, { lr: 0.05, momentum: 0.9 },
  { lr: 0.05, momentum: 0.9, weightDecay: 0.2, nesterov: true }, { lr: 0.05, momentum: 0.8, dampening: 0.4 },
];

async function runSgd(gpu: Engine, options: Sgd): Promise<Check[]> {
  const [p, g] = [numbers("sgd p", 7), numbers("sgd g", 7)];
  const params = makeParameters(gpu, { w: { shape: [7], init: p } }, 0);
  const optimizer = sgd([params], options);
  for (let i = 0; i < 3; i++) gpu.scope(() => optimizer.step([gpu.tensor(g)]));
  const checks = [await check("w after 3 steps", params.get("w"), sgdByHand(p, g, options, 3))];
  optimizer.dispose();
  params.dispose();
  return checks;
}


/** oneCycle as torch.optim.lr_scheduler.OneCycleLR, here down to 0, and stepLr as StepLR. */
async function runSchedules(): Promise<Check[]> {
  const [cycle, step] = [oneCycle(0.2, 10, { endDiv: 1e12 }), stepLr(1, 3)];
  const error = (got: number[], due: number[]) => relativeError(got, due);
  // its rise goes over 0.3 * 10 - 1 = 2 steps, its fall over the other 7
  const rise = [0, 1, 2].map((t) => 0.2 + ((0.008 - 0.2) * (1 + Math.cos((Math.PI * t) / 2))) / 2);
  const fall = [1, 2, 3, 4, 5, 6, 7].map((t) => (0.2 * (1 + Math.cos((Math.PI * t) / 7))) / 2);
  return [
    { what: "oneCycle", error: error([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(cycle), [...rise, ...fall]), limit: 1e-9 },
    { what: "stepLr", error: error([0, 2, 3, 6].map(step), [1, 1, 0.1, 0.01]), limit: 1e-12 },
  ];
}

// ---- losses ---------------------------------------------------------------------------------------------------------

/** A linear autoencoder whose posterior is so narrow that the draw of z does not show. */
function narrow(gpu: Engine, logvar: number): Autoencoder {
  const [encoder, decoder] = [makeParameters(gpu, { e: { shape: [2, 3], init: numbers("vae e", 6) } }, 0),
    makeParameters(gpu, { d: { shape: [3, 2], init: numbers("vae d", 6) } }, 0)];
  return { latent: 2, encoder, decoder,
    encode: (x) => {
      const mu = linear(x, encoder.get("e"));
      return { mu, logvar: gpu.full(mu.shape, logvar) };
    },
    decode: (z) => linear(z, decoder.get("d")) };
}

async function runVae(gpu: Engine): Promise<Check[]> {
  const [logvar, lam, kl] = [-40, 3, 0.25];
  const [x, e, d] = [numbers("vae x", 12), numbers("vae e", 6), numbers("vae d", 6)];
  const net = narrow(gpu, logvar);
  const input = gpu.tensor(x, [4, 3]);
  const loss = gpu.keep(gpu.scope(() => vaeLoss(net, input, input, lam, kl)));
  const images = [0, 1, 2, 3].map((n) => x.slice(3 * n, 3 * n + 3));
  const due = images.map((row) => {
    const mu = [0, 1].map((j) => row.reduce((s, v, i) => s + v * e[3 * j + i]!, 0));
    const made = [0, 1, 2].map((i) => mu.reduce((s, m, j) => s + m * d[2 * i + j]!, 0));
    const divergence = mu.reduce((s, m) => s + 0.5 * (m * m + Math.exp(logvar) - 1 - logvar), 0);
    return (lam / 2) * made.reduce((s, v, i) => s + (v - row[i]!) ** 2, 0) + kl * divergence;
  });
  const checks = [await check("vaeLoss", loss, [due.reduce((a, b) => a + b, 0) / 4])];
  [loss, input, net.encoder, net.decoder].forEach((t) => t.dispose());
  return checks;
}

// ---- attacks --------------------------------------------------------------------------------------------------------

const [N, P, K] = [6, 5, 3];
const WEIGHTS = numbers("attack w", P * K).map((v) => 3 * v);
WEIGHTS.fill(0, 2 * P, 3 * P); // class 2 sees nothing
const IMAGES = numbers("attack x", N * P).map((v) => Math.fround((v + 1) / 2));
const LABELS = [0, 1, 2, 0, 1, 2];

interface Plan {
  eps: number;
  alpha: number;
  steps: number;
  decay?: number;
  targeted?: boolean;
}

/** The gradient of the summed cross-entropy of x W^T at image n, by hand. */
function gradient(x: readonly number[], label: number): number[] {
  const logits = Array.from({ length: K }, (_, k) => x.reduce((s, v, i) => s + v * WEIGHTS[k * P + i]!, 0));
  const most = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return x.map((_, i) =>
    powers.reduce((s, p, k) => s + (p / total - Number(k === label)) * WEIGHTS[k * P + i]!, 0)
  );
}

const between = (v: number, lo: number, hi: number): number => Math.min(Math.max(v, lo), hi);

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

export function modelCases(): Case[] {
  const one = (op: string, name: string, run: (gpu: Engine) => Promise<Check[]>): Case =>
    ({ id: `computed/${op} ${name}`, op, run });
  return [
    ...SGDS.map((o) => one("sgd", JSON.stringify(o), (gpu) => runSgd(gpu, o))),
    one("schedules", "one cycle and steps", runSchedules),
    one("vaeLoss", "kl 0.25", runVae),
    ...PLANS.map(([name, make, plan]) => one("attack", name, (gpu) => runAttack(gpu, make, plan))),
    one("attack", "pgd, random starts fill the ball", runStarts),
    one("attack", "mifgsm, decay 0.5, a gradient that turns", runMomentum),
    ...[false, true].map((targeted) =>
      one("attack", `pgd, six starts${targeted ? ", targeted" : ""}`, (gpu) => runRestarts(gpu, targeted))
    ),
  ];
}
