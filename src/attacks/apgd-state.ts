// What APGD keeps of each image, and its captured steps.

import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { add, argmax, clamp, div, eq, ge, gt, le, maximum, minimum, mul, sign, sub, sum,
  where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { perImage, tainted } from "./states.ts";
import type { Model } from "./loop.ts";
import { lossOf, type LossOption } from "./losses.ts";
import { lengths, projectL2 } from "./pgd-l2.ts";
import { GradientWatch, type Reports } from "./report.ts";

/** How APGD attacks; eps alone has no default. */
export interface ApgdOptions extends Reports {
  /** Radius of the ball. */
  eps: number;
  /** Of the ball: "Linf" by default. */
  norm?: "Linf" | "L2";
  /** Number of steps; 100 by default, as AutoAttack has it. */
  steps?: number;
  /** "ce" by default; "dlr" does not vanish where softmax saturates. */
  loss?: LossOption;
  /** Starts an image; 1 by default. */
  restarts?: number;
  /** Share of steps that must have raised the loss since the last look for the step size to stay; 0.75 by default. */
  rho?: number;
  /** The first start is clamp(x + noise, 0, 1), f32 like x. */
  noise?: Tensor;
  /**
   * d loss / d x at adv for labels y, in place of that of `model`: for a purifier without a gradient (bpdaGradient), or
   * over draws (eotGradient). The losses and verdicts that steer the attack are the model's.
   */
  gradient?: (adv: Tensor, y: Tensor) => Tensor;
}

export type ApgdSettings = Required<Omit<ApgdOptions, "noise" | "gradient" | "loss" | "report">> & ApgdOptions;

/** Tensors of one attack at one batch shape, and its captured pieces. */
export class ApgdState {
  readonly x: Tensor;
  readonly y: Tensor;
  /** The images now, those before them, and those of the highest loss and the gradient there. */
  private readonly adv: Tensor;
  private readonly old: Tensor;
  private readonly dx: Tensor;
  private readonly best: Tensor;
  private readonly bestDx: Tensor;
  /** The last images that the model had wrong, of each that it has had wrong; 1 where it never had. */
  private readonly found: Tensor;
  readonly right: Tensor;
  /** [N] each: step size, losses, steps that raised the loss since the last look, whether that look halved the step. */
  private readonly size: Tensor;
  private readonly loss: Tensor;
  readonly bestLoss: Tensor;
  private readonly seenLoss: Tensor;
  private readonly rises: Tensor;
  private readonly halved: Tensor;
  readonly watch: GradientWatch | null;
  readonly begin: Captured<[Tensor], Tensor>;
  readonly first: Captured<[], Tensor>;
  readonly step: Captured<[], Tensor>;
  readonly look: Captured<[Tensor], Tensor>;
  readonly result: Captured<[], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model,
    private readonly o: ApgdSettings) {
    const image = () => gpu.keep(gpu.zeros(shape));
    const each = () => gpu.keep(gpu.zeros([shape[0]!]));
    [this.x, this.adv, this.old, this.dx] = [image(), image(), image(), image()];
    [this.best, this.bestDx, this.found] = [image(), image(), image()];
    this.y = gpu.keep(gpu.empty([shape[0]!], "i32"));
    [this.right, this.size, this.loss, this.bestLoss] = [each(), each(), each(), each()];
    [this.seenLoss, this.rises, this.halved] = [each(), each(), each()];
    this.watch = GradientWatch.of(gpu, shape[0]!, o.report);
    this.begin = gpu.capture((start: Tensor) => this.beginAt(start));
    this.first = gpu.capture(() => this.move(1));
    this.step = gpu.capture(() => this.move(0.75));
    this.look = gpu.capture((least: Tensor) => this.lookAt(least));
    this.result = gpu.capture(() =>
      tainted(where(perImage(this.right, shape.length), this.best, this.found), this.bestLoss));
  }

  private set(...pairs: [from: Tensor, to: Tensor][]): void {
    for (const [from, to] of pairs) this.gpu.copy(from, to);
  }

  /** Loss [N], verdict [N] and gradient at the images. */
  private evaluate(adv: Tensor): { loss: Tensor; right: Tensor; dx: Tensor } {
    const { y, o } = this;
    return holdStatistics(this.gpu, () => {
      const run = () => {
        const logits = this.model(adv);
        return { logits, loss: lossOf("apgd", o.loss)(logits, y) };
      };
      const right = (logits: Tensor) => eq(argmax(logits, { dim: 1 }), y);
      if (o.gradient) {
        const { logits, loss } = run();
        return { loss, right: right(logits), dx: o.gradient(adv, y) };
      }
      const { value, grads } = valueAndGrad(() => {
        const { logits, loss } = run();
        return [sum(loss), loss, logits] as const;
      }, [adv]);
      return { loss: value[1], right: right(value[2]), dx: grads[0]! };
    });
  }

  private beginAt(start: Tensor): Tensor {
    const { gpu, o } = this;
    const { loss, right, dx } = this.evaluate(start);
    this.watch?.see(dx);
    const n = [start.shape[0]!];
    this.set([start, this.adv], [start, this.old], [start, this.best], [start, this.found], [dx, this.dx],
      [dx, this.bestDx], [right, this.right], [loss, this.bestLoss], [loss, this.seenLoss],
      [gpu.full(n, 2 * o.eps), this.size], [gpu.full(n, 1), this.halved], [gpu.zeros(n), this.rises],
      [gpu.zeros(n), this.loss]); // the first loss counts as a rise from 0, as in the authors' code
    return this.adv;
  }

  /** Images moved along the gradient, and by `1 - share` of the last move on top of `share` of that. */
  private moved(share: number): Tensor {
    const { x, adv, old, dx, o } = this;
    const size = perImage(this.size, x.shape.length);
    const ball = (to: Tensor) => o.norm === "L2" ? projectL2(to, x, o.eps)
      : clamp(add(x, clamp(sub(to, x), -o.eps, o.eps)), 0, 1);
    const along = o.norm === "L2" ? div(dx, add(lengths(dx), 1e-12)) : sign(dx);
    const plain = ball(add(adv, mul(size, along)));
    return share === 1 ? plain : ball(add(add(adv, mul(sub(plain, adv), share)), mul(sub(adv, old), 1 - share)));
  }

  private move(share: number): Tensor {
    const { adv, old, best, bestDx, found } = this;
    const next = this.moved(share);
    const { loss, right, dx } = this.evaluate(next);
    this.watch?.see(dx);
    const rank = next.shape.length;
    const better = gt(loss, this.bestLoss);
    this.set([adv, old], [next, adv], [dx, this.dx],
      [where(perImage(right, rank), found, next), found], [minimum(right, this.right), this.right],
      [where(perImage(better, rank), next, best), best], [where(perImage(better, rank), dx, bestDx), bestDx],
      [maximum(loss, this.bestLoss), this.bestLoss], [add(this.rises, gt(loss, this.loss)), this.rises],
      [loss, this.loss]);
    return adv;
  }

  /** Halves the step size of images that had no more than `least` rises, or no new best since a look that kept it. */
  private lookAt(least: Tensor): Tensor {
    const { adv, dx, best, bestDx, bestLoss, seenLoss, size, rises } = this;
    const stuck = mul(sub(1, this.halved), ge(seenLoss, bestLoss));
    const halve = maximum(le(rises, least), stuck);
    const images = perImage(halve, adv.shape.length);
    this.set([where(halve, mul(size, 0.5), size), size], [where(images, best, adv), adv],
      [where(images, bestDx, dx), dx], [halve, this.halved], [bestLoss, seenLoss], [mul(rises, 0), rises]);
    return adv;
  }

  dispose(): void {
    [this.begin, this.first, this.step, this.look, this.result].forEach((part) => part.dispose());
    [this.x, this.y, this.adv, this.old, this.dx, this.best, this.bestDx, this.found, this.right, this.size, this.loss,
      this.bestLoss, this.seenLoss, this.rises, this.halved, this.watch].forEach((t) => t?.dispose());
  }
}
