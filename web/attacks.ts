// What the attack page computes: an attack, the images on its way, and what classifier and purifiers make of each.

import { apgd, cat, cw, deepfool, fgsm, ifgsm, mifgsm, noGrad, pgd, randomNoise, slice, softmax, type Attack,
  type Engine, type Tensor } from "../src/index.ts";
import { titleOf } from "../src/defences/index.ts";
import type { Images, Lab } from "./lab.ts";
import { followed, type Model } from "./networks.ts";

export interface Budget {
  eps: number;
  alpha: number;
  steps: number;
  targeted: boolean;
}

export interface AttackKind {
  title: string;
  make(model: Model, budget: Budget): Attack;
  /** How often the model is asked about an image; 0 where there are no steps to show. */
  looks(steps: number): number;
  /** It can go towards a class. */
  targets?: true;
}

const LEAST_CW = 20;
const MOST_DEEPFOOL = 10;
const CLASSES = 10;

/** By name; those without a radius look for the nearest image. */
export const ATTACKS: Record<string, AttackKind> = {
  none: { title: "none", make: () => randomNoise({ eps: 0 }), looks: () => 0 },
  noise: { title: "random noise", make: (_, { eps }) => randomNoise({ eps, corners: true }), looks: () => 0 },
  fgsm: { title: "FGSM", make: (m, { eps, targeted }) => fgsm(m, { eps, targeted }), looks: () => 1, targets: true },
  ifgsm: { title: "I-FGSM", make: (m, b) => ifgsm(m, b), looks: (steps) => steps, targets: true },
  pgd: { title: "PGD", make: (m, b) => pgd(m, b), looks: (steps) => steps, targets: true },
  mifgsm: { title: "MI-FGSM", make: (m, b) => mifgsm(m, b), looks: (steps) => steps, targets: true },
  apgd: { title: "APGD", make: (m, { eps, steps }) => apgd(m, { eps, steps: Math.max(5, steps) }),
    looks: (steps) => Math.max(5, steps) },
  cw: { title: "Carlini-Wagner (no radius)", make: (m, { steps, targeted }) => cw(m, { c: 5, lr: 0.05, targeted,
    steps: Math.max(LEAST_CW, steps) }), looks: (steps) => Math.max(LEAST_CW, steps), targets: true },
  deepfool: { title: "DeepFool (no radius)", make: (m, { steps }) =>
    deepfool(m, { steps: Math.min(MOST_DEEPFOOL, steps) }),
    looks: (steps) => (CLASSES + 1) * Math.min(MOST_DEEPFOOL, steps) },
};

/** What is asked: see attack.ts for where it comes from. */
export interface Question {
  attack: string;
  eps: number;
  steps: number;
  /** Length of a step; 0 for one that follows eps and the number of steps. */
  step: number;
  /** "" for the bare classifier, else the purifier that is attacked through. */
  through: string;
  /** The class to go to; -1 for any other. */
  target: number;
  purifiers: string[];
  /** Of the random start. */
  seed: number;
}

/** An image and what the classifier makes of it. */
export interface Seen {
  pixels: Float32Array;
  probabilities: Float32Array;
}

/** What stands at one step of an attack; `purified` in the order asked for. */
export interface Frame {
  attacked: Seen;
  purified: Seen[];
}

export interface Found {
  clean: Seen;
  /** From the start of the attack to its end. */
  frames: Frame[];
}

export const saidOf = ({ probabilities }: Seen): number => probabilities.indexOf(Math.max(...probabilities));

/** A model that keeps the last `count` images [1,C,H,W] that it is asked about, in `history` [count,C,H,W]. */
function watched(model: Model, history: Tensor): Model {
  const { gpu } = history;
  const count = history.shape[0]!;
  return (x) => {
    noGrad(gpu, () => gpu.copy(count > 1 ? cat([slice(history, 0, 1, count), x], 0) : x, history));
    return model(x);
  };
}

const rowsOf = (all: Float32Array, n: number): Float32Array[] =>
  Array.from({ length: n }, (_, i) => all.slice((i * all.length) / n, ((i + 1) * all.length) / n));

/** Each image of a batch, and its probabilities. */
async function see(gpu: Engine, classify: Model, x: Tensor): Promise<Seen[]> {
  const p = gpu.scope(() => softmax(classify(x), { dim: 1 }));
  const n = x.shape[0]!;
  const [pixels, probabilities] = [rowsOf(await x.data(), n), rowsOf(await p.data(), n)];
  p.dispose();
  return pixels.map((own, i) => ({ pixels: own, probabilities: probabilities[i]! }));
}

const isSame = (a: Float32Array, b: Float32Array): boolean => a.every((v, i) => v === b[i]);

/**
 * The images [n,C,H,W] on the way of an attack on one image x [1,C,H,W], the last one its result. The same image twice
 * in a row counts once.
 */
export async function wayOf(gpu: Engine, kind: AttackKind, model: Model, budget: Budget, x: Tensor,
  y: Tensor): Promise<Tensor> {
  const looks = kind.looks(budget.steps);
  const history = gpu.keep(gpu.zeros([Math.max(1, looks), ...x.shape.slice(1)]));
  const attack = kind.make(looks ? watched(model, history) : model, budget);
  const adv = attack(x, y);
  const rows = [...(looks ? rowsOf(await history.data(), looks) : []), await adv.data()];
  [attack, adv, history].forEach((t) => t.dispose());
  const kept = rows.filter((row, i) => i === rows.length - 1 || !isSame(row, rows[i + 1]!));
  const all = new Float32Array(kept.length * kept[0]!.length);
  kept.forEach((row, i) => all.set(row, i * row.length));
  return gpu.tensor(all, [kept.length, ...x.shape.slice(1)]);
}

/**
 * `label`: the true class; the classifier's own answer stands for it where there is none. `told` hears what it is at.
 */
export async function compute(lab: Lab, images: Images, q: Question, pixels: Float32Array,
  label: number | null, told: (what: string) => void): Promise<Found> {
  told("Loading the classifier.");
  const [gpu, networks] = [await lab.gpu(), await lab.networks()];
  const net = await networks.classifier(images.name);
  const classify = (v: Tensor) => net.forward(v);
  const x = gpu.tensor(pixels, [1, ...images.shape]);
  const [clean] = (await see(gpu, classify, x)) as [Seen];
  const kind = ATTACKS[q.attack]!;
  const targeted = q.target >= 0 && kind.targets === true;
  const y = gpu.tensor([targeted ? q.target : label ?? saidOf(clean)], [1], "i32");
  const through = q.through ? followed(await networks.purifier(images.name, q.through)) : null;
  const model = through ? (v: Tensor) => classify(through(v)) : classify;
  told(`${kind.title} on the ${images.title} classifier.`);
  gpu.random.restore([1, q.seed, 0, 0]);
  const alpha = q.step || Math.max((2.5 * q.eps) / q.steps, q.eps / 10);
  const way = await wayOf(gpu, kind, model, { eps: q.eps, alpha, steps: q.steps, targeted }, x, y);
  const attacked = await see(gpu, classify, way);
  const purified: Seen[][] = [];
  for (const name of q.purifiers) {
    told(`Loading and trying ${titleOf(name)}.`);
    const { purify } = await networks.purifier(images.name, name);
    const shown = gpu.scope(() => purify(way));
    purified.push(await see(gpu, classify, shown));
    shown.dispose();
  }
  [x, y, way].forEach((t) => t.dispose());
  return { clean, frames: attacked.map((seen, i) => ({ attacked: seen, purified: purified.map((all) => all[i]!) })) };
}

