// FAB: along the nearest boundary of the linearised model, ever closer to the image.

import type { Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkChoice, checkNumber, checkOptions, checkWhole } from "../kernels/check.ts";
import { abs, add, argmax, clamp, div, flatten, le, lt, max, maximum, minimum, mul, ne, norm, rand, randn, reshape, sub,
  sum, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { boundaryTo, nearestBoundary } from "./boundary.ts";
import { toHyperplane, type Norm } from "./hyperplane.ts";
import type { Attack, Model } from "./loop.ts";
import { marginLoss } from "./losses.ts";
import { GradientWatch, type Reports } from "./report.ts";
import { shapedAttack } from "./shaped.ts";
import { perImage, tainted } from "./states.ts";
import { targetOf } from "./targets.ts";

/** How fab searches. */
export interface FabOptions extends Reports {
  /** An image that was found further away than this is not taken: "Linf" in pixel units of [0, 1], "L2" a length. */
  eps: number;
  /** What is made small: "Linf" by default. */
  norm?: Norm;
  /** Number of steps; 100 by default. */
  steps?: number;
  /** Starts an image, the first at the image itself, the others within eps / 2 of it; 1 by default. */
  restarts?: number;
  /** How far a step may lean towards the image, at most; 0.1 by default. */
  alphaMax?: number;
  /** A step goes so many times as far as the boundary; 1.05 by default. */
  eta?: number;
  /** Where the model is wrong, the way back to the image: this share of the distance is left; 0.9 by default. */
  beta?: number;
  /**
   * Goes for the boundary to each of so many likeliest other classes in turn, as AutoAttack does, in the place of the
   * nearest of all: two passes a step and class instead of one a class.
   */
  targets?: number;
}

type Settings = Required<Omit<FabOptions, "targets" | "report">> & Pick<FabOptions, "targets" | "report">;

function settingsOf(options: FabOptions): Settings {
  checkOptions("fab", options, ["eps", "norm", "steps", "restarts", "alphaMax", "eta", "beta", "targets",
    "report"]);
  const o = { norm: "Linf" as const, steps: 100, restarts: 1, alphaMax: 0.1, eta: 1.05, beta: 0.9, ...options };
  checkNumber("fab", "eps", o.eps, 0, Number.MAX_VALUE);
  checkChoice("fab", "norm", o.norm, ["Linf", "L2"]);
  for (const name of ["steps", "restarts"] as const) checkWhole("fab", name, o[name], 1);
  for (const name of ["alphaMax", "beta"] as const) checkNumber("fab", name, o[name], 0, 1);
  checkNumber("fab", "eta", o.eta, 1, Number.MAX_VALUE);
  if (o.targets !== undefined) checkWhole("fab", "targets", o.targets, 1);
  return o;
}

const FAR = 1e10;
/** A step shorter than this counts as so long. */
const LEAST = 1e-8;

/** The length of each row of [N,P], [N]. */
const lengthOf = (d: Tensor, by: Norm): Tensor => (by === "Linf" ? max(abs(d), { dim: 1 }) : norm(d, { dim: 1 }));

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  /** The class that is gone for, where `targets` are given. */
  readonly target: Tensor;
  private readonly adv: Tensor;
  private readonly best: Tensor;
  /** [N]: the distance of `best`; FAR where nothing fooled the model yet. */
  private readonly nearest: Tensor;
  readonly watch: GradientWatch | null;
  readonly begin: Captured<[], Tensor>;
  readonly restart: Captured<[], Tensor>;
  readonly step: Captured<[], Tensor>;
  readonly result: Captured<[], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model, private readonly o: Settings) {
    const image = () => gpu.keep(gpu.zeros(shape));
    [this.x, this.adv, this.best] = [image(), image(), image()];
    this.y = gpu.keep(gpu.zeros([shape[0]!], "i32"));
    this.target = gpu.keep(gpu.zeros([shape[0]!], "i32"));
    this.nearest = gpu.keep(gpu.zeros([shape[0]!]));
    this.watch = GradientWatch.of(gpu, shape[0]!, o.report);
    this.begin = gpu.capture(() => this.beginAt());
    this.restart = gpu.capture(() => this.startAt(this.around()));
    this.step = gpu.capture(() => holdStatistics(gpu, () => this.move()));
    this.result = gpu.capture(() => this.taken());
  }

  /** What was found within eps; NaN where logits or gradients were. */
  private taken(): Tensor {
    const { x, best, nearest, o } = this;
    return tainted(where(perImage(le(nearest, o.eps), x.shape.length), best, x), nearest);
  }

  private wrong(images: Tensor): Tensor {
    return ne(argmax(holdStatistics(this.gpu, () => this.model(images)), { dim: 1 }), this.y);
  }

  /** An image that is wrong already is its own nearest. */
  private beginAt(): Tensor {
    const { gpu, x, y, model } = this;
    const margin = holdStatistics(gpu, () => marginLoss(model(x), y));
    gpu.copy(x, this.best);
    gpu.copy(add(where(this.wrong(x), 0, FAR), mul(margin, 0)), this.nearest);
    return this.startAt(x);
  }

  startAt(images: Tensor): Tensor {
    this.gpu.copy(images, this.adv);
    return this.adv;
  }

  /** A point whose distance is eps / 2 in a random direction, cut to [0, 1]. */
  private around(): Tensor {
    const { x, o, gpu } = this;
    const direction = o.norm === "Linf" ? rand(gpu, x.shape, -1, 1) : randn(gpu, x.shape);
    const length = perImage(maximum(lengthOf(flatten(direction), o.norm), LEAST), x.shape.length);
    return clamp(add(x, mul(direction, div(o.eps / 2, length))), 0, 1);
  }

  private boundary() {
    const { model, adv, y, target, o } = this;
    if (o.targets !== undefined) return boundaryTo(model, adv, y, target);
    const dual = (w: Tensor) => (o.norm === "Linf" ? sum(abs(flatten(w)), { dim: 1 }) : norm(flatten(w), { dim: 1 }));
    return nearestBoundary(model, adv, y, (lead, dx) => div(abs(lead), add(dual(dx), 1e-12)));
  }

  /** A step towards the boundary from where the images are and, for a small part, from the clean images. */
  private towards(): Tensor {
    const { x, adv, o: { norm: by, alphaMax, eta } } = this;
    const { lead, dx } = this.boundary();
    this.watch?.see(dx);
    const [w, now, clean] = [flatten(dx), flatten(adv), flatten(x)];
    const here = toHyperplane(now, w, lead, by);
    const back = toHyperplane(clean, w, add(lead, sum(mul(w, sub(clean, now)), { dim: 1 })), by);
    const [far, farBack] = [here, back].map((d) => maximum(lengthOf(d, by), LEAST)) as [Tensor, Tensor];
    const alpha = perImage(minimum(div(far, add(far, farBack)), alphaMax), 2);
    const moved = add(mul(add(now, mul(here, eta)), sub(1, alpha)), mul(add(clean, mul(back, eta)), alpha));
    return reshape(clamp(moved, 0, 1), x.shape);
  }

  private move(): Tensor {
    const { gpu, x, adv, best, nearest, o } = this;
    const rank = x.shape.length;
    const moved = this.towards();
    const wrong = this.wrong(moved);
    const far = lengthOf(flatten(sub(moved, x)), o.norm);
    const closer = mul(wrong, lt(far, nearest));
    gpu.copy(where(perImage(closer, rank), moved, best), best);
    gpu.copy(where(closer, far, add(nearest, mul(far, 0))), nearest);
    gpu.copy(where(perImage(wrong, rank), add(x, mul(sub(moved, x), o.beta)), moved), adv);
    return adv;
  }

  dispose(): void {
    [this.begin, this.restart, this.step, this.result, this.x, this.y, this.target, this.adv, this.best,
      this.nearest, this.watch].forEach((part) => part?.dispose());
  }
}

/** All starts towards one boundary. */
function search(s: State, o: Settings, first: boolean): void {
  for (let start = 0; start < o.restarts; start++) {
    if (start > 0) s.restart();
    else if (!first) s.startAt(s.x);
    for (let i = 0; i < o.steps; i++) s.step();
  }
}

/**
 * FAB, the fast adaptive boundary attack: looks for the nearest image that the model gets wrong. Each step goes just
 * beyond the boundary of the linearised model, the nearest of all or those to `targets`, leaning towards the image;
 * from an image that is wrong it goes a tenth of the way back. Croce and Hein, "Minimally distorted adversarial
 * examples with a fast adaptive boundary attack", ICML 2020, as in their code (auto-attack). What is found within `eps`
 * is taken; an image that is wrong already or where nothing is found ends as it was. Images [N,..] in [0, 1]. Defaults,
 * as AutoAttack: L-infinity, 100 steps, 1 start, alphaMax 0.1, eta 1.05, beta 0.9. A step takes a forward and a
 * backward pass a class, with `targets` one of each a target.
 *
 *     const adv = fab(model, { eps: 8 / 255, targets: 9 })(images, labels);
 */
export function fab(model: Model, options: FabOptions): Attack {
  const o = settingsOf(options);
  return shapedAttack("fab", model, (gpu, shape) => new State(gpu, shape, model, o), (s, x, labels) => {
    const { gpu } = x;
    gpu.copy(x, s.x);
    gpu.copy(labels, s.y);
    s.begin();
    s.watch?.begin();
    for (let rank = 0; rank < (o.targets ?? 1); rank++) {
      if (o.targets !== undefined) gpu.copy(targetOf("fab", model, x, labels, rank), s.target);
      search(s, o, rank === 0);
    }
    const adv = s.result();
    s.watch?.tell({ model, x, adv, y: labels });
    return adv;
  });
}
