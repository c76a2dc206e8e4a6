// The attack of Carlini and Wagner in L2: the nearest image that fools the model, by gradient descent on both at once.

import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkChoice, checkFlag, checkNumber, checkOptions, checkPositive, checkWhole } from "../kernels/check.ts";
import { add, argmax, div, eq, ge, le, log, lt, max, maximum, mul, ne, neg, oneHot, reshape, slice, sqrt, square, sub,
  sum, tanh, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import type { Attack, Model } from "./loop.ts";
import { GradientWatch, type Reports } from "./report.ts";
import { shapedAttack } from "./shaped.ts";
import { perImage, tainted } from "./states.ts";
import { marginLoss } from "./losses.ts";

/** How cw searches. */
export interface CwOptions extends Reports {
  /** What fooling the model is worth against the squared distance; 1 by default. */
  c?: number;
  /** By how much another logit must lead; 0 by default. */
  kappa?: number;
  /** Steps at most; 50 by default. */
  steps?: number;
  /** Rate of Adam; 0.01 by default. */
  lr?: number;
  /** Towards the labels given instead of away from them. */
  targeted?: boolean;
  /**
   * "margin" (the default) is the paper's: the label's logit less the best other one. "torchattacks" takes 0 where
   * either is negative, as that library does, and so gives up where all other logits are: for comparisons with it.
   */
  objective?: "margin" | "torchattacks";
}

type Settings = Required<Omit<CwOptions, "report">> & Reports;
const NAMES = ["c", "kappa", "steps", "lr", "targeted", "objective", "report"];
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
/** tanh of it is 1 in float32: a pixel at the edge of [0, 1] stays there, as with an infinite one. */
const EDGE = 20;

function settingsOf(options: CwOptions): Settings {
  checkOptions("cw", options, NAMES);
  const o = { c: 1, kappa: 0, steps: 50, lr: 0.01, targeted: false, objective: "margin" as const, ...options };
  for (const name of ["c", "kappa"] as const) checkNumber("cw", name, o[name], 0, Number.MAX_VALUE);
  checkWhole("cw", "steps", o.steps, 1);
  checkPositive("cw", "lr", o.lr);
  checkFlag("cw", "targeted", o.targeted);
  checkChoice("cw", "objective", o.objective, ["margin", "torchattacks"]);
  return o;
}

/** atanh(2 x - 1), with EDGE for infinity. */
function toTanhSpace(x: Tensor): Tensor {
  const inner = mul(0.5, log(div(x, sub(1, x))));
  return where(le(x, 0), -EDGE, where(ge(x, 1), EDGE, inner));
}

const fromTanhSpace = (w: Tensor): Tensor => mul(add(tanh(w), 1), 0.5);

/** max(0, the other logits) - max(0, z_y), [N]. */
function clippedMargin(logits: Tensor, y: Tensor): Tensor {
  const label = oneHot(y, logits.shape[1]!);
  return sub(max(mul(logits, sub(1, label)), { dim: 1 }), max(mul(logits, label), { dim: 1 }));
}

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly best: Tensor;
  /** [N]: the squared distance of `best`. */
  readonly nearest: Tensor;
  private readonly w: Tensor;
  private readonly m: Tensor;
  private readonly v: Tensor;
  /** 1 until the cost has risen, then 0; and the cost at the last look. */
  private readonly active: Tensor;
  private readonly cost: Tensor;
  readonly watch: GradientWatch | null;
  readonly step: Captured<[Tensor], Tensor>;
  readonly look: Captured<[Tensor], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model, private readonly o: Settings) {
    const image = () => gpu.keep(gpu.zeros(shape));
    [this.x, this.best, this.w, this.m, this.v] = [image(), image(), image(), image(), image()];
    this.y = gpu.keep(gpu.empty([shape[0]!], "i32"));
    this.nearest = gpu.keep(gpu.zeros([shape[0]!]));
    [this.active, this.cost] = [gpu.keep(gpu.zeros([])), gpu.keep(gpu.zeros([]))];
    this.watch = GradientWatch.of(gpu, shape[0]!, o.report);
    this.step = gpu.capture((corrections: Tensor) => this.descend(corrections, false));
    this.look = gpu.capture((corrections: Tensor) => this.descend(corrections, true));
  }

  begin(x: Tensor, labels: Tensor): void {
    const { gpu } = this;
    gpu.copy(x, this.x);
    gpu.copy(x, this.best);
    gpu.copy(labels, this.y);
    gpu.copy(toTanhSpace(x), this.w);
    for (const t of [this.m, this.v]) gpu.copy(gpu.zeros(t.shape), t);
    gpu.copy(gpu.full(this.nearest.shape, 1e10), this.nearest);
    gpu.copy(gpu.full([], 1), this.active);
    gpu.copy(gpu.full([], 1e30), this.cost);
  }

  private costOf(adv: Tensor): { cost: Tensor; distance: Tensor; logits: Tensor } {
    const { c, kappa, targeted, objective } = this.o;
    const distance = sum(square(sub(adv, this.x)), { dim: adv.shape.map((_, i) => i).slice(1) });
    const logits = this.model(adv);
    const margin = (objective === "margin" ? marginLoss : clippedMargin)(logits, this.y);
    const lead = maximum(targeted ? margin : neg(margin), -kappa);
    return { cost: add(sum(distance), mul(sum(lead), c)), distance, logits };
  }

  /** One step of Adam in tanh space; `looks` ends the descent where the cost has risen since the last look. */
  private descend(corrections: Tensor, looks: boolean): Tensor {
    const { gpu, w, best, nearest } = this;
    const adv = fromTanhSpace(w);
    const { value: [cost, distance, logits], grads: [dw] } = holdStatistics(gpu, () => valueAndGrad(() => {
      const found = this.costOf(fromTanhSpace(w));
      return [found.cost, found.distance, found.logits] as const;
    }, [w]));
    this.watch?.see(dw!);
    this.adam(dw!, corrections);
    const said = argmax(logits, { dim: 1 });
    const fooled = this.o.targeted ? eq(said, this.y) : ne(said, this.y);
    const taken = mul(mul(fooled, lt(distance, nearest)), this.active);
    gpu.copy(where(perImage(taken, adv.shape.length), adv, best), best);
    gpu.copy(where(taken, distance, add(nearest, mul(distance, 0))), nearest);
    if (looks) {
      gpu.copy(mul(this.active, le(cost, this.cost)), this.active);
      gpu.copy(cost, this.cost);
    }
    return best;
  }

  /** corrections = [1 - beta1^t, 1 - beta2^t] */
  private adam(dw: Tensor, corrections: Tensor): void {
    const { gpu, w } = this;
    const m = add(mul(this.m, BETA1), mul(dw, 1 - BETA1));
    const v = add(mul(this.v, BETA2), mul(square(dw), 1 - BETA2));
    const part = (i: number) => reshape(slice(corrections, 0, i, i + 1), []);
    const step = div(div(m, part(0)), add(sqrt(div(v, part(1))), EPSILON));
    gpu.copy(sub(w, mul(step, this.o.lr)), w);
    gpu.copy(m, this.m);
    gpu.copy(v, this.v);
  }

  dispose(): void {
    [this.step, this.look, this.x, this.y, this.best, this.nearest, this.w, this.m, this.v, this.active,
      this.cost, this.watch].forEach((part) => part?.dispose());
  }
}

/**
 * The L2 attack of Carlini and Wagner: minimises |adv - x|^2 + c max(z_y - max z_i, -kappa) by Adam over the images in
 * tanh space, so that pixels stay in [0, 1]; of each image the nearest that fooled the model is kept, and one that
 * none did ends as it was. Carlini and Wagner, "Towards evaluating the robustness of neural networks", IEEE S&P 2017;
 * one value of c, and an end when the cost rises over a tenth of the steps, as torchattacks' CW. Defaults: c 1, kappa
 * 0, 50 steps, lr 0.01.
 *
 *     const adv = cw(model, { c: 10, steps: 100 })(images, labels);
 */
export function cw(model: Model, options: CwOptions = {}): Attack {
  const o = settingsOf(options);
  return shapedAttack("cw", model, (gpu, shape) => new State(gpu, shape, model, o), (s, x, labels) => {
    s.begin(x, labels);
    s.watch?.begin();
    for (let t = 1; t <= o.steps; t++) {
      const corrections = x.gpu.tensor([1 - BETA1 ** t, 1 - BETA2 ** t]);
      if ((t - 1) % Math.max(Math.floor(o.steps / 10), 1) === 0) s.look(corrections);
      else s.step(corrections);
    }
    const adv = tainted(s.best, s.nearest);
    s.watch?.tell({ model, x, adv, y: labels, targeted: o.targeted });
    return adv;
  }, o.targeted);
}
