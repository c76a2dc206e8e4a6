// What an attack can say of a batch once it is done: where it had no gradient, and where it did worse than nothing.

import type { Engine } from "../engine/engine.ts";
import { noGrad } from "../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../engine/tensor.ts";
import { fail } from "../kernels/check.ts";
import { abs, cat, eq, gt, lt, max, maximum, sub } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { marginLoss, type AttackLoss } from "./losses.ts";

/** One entry an image of the batch. */
export interface AttackReport {
  /** Whether its gradient was all zero at some step: there the attack stood still. */
  zero: boolean[];
  /** Whether a number of its gradient was NaN or infinite at some step. */
  broken: boolean[];
  /** Whether it ends with a lower loss (targeted: a higher one) than it began with. */
  milder: boolean[];
}

/** Called by the first read after an attack, before what is read is there; what it throws is thrown there. */
export type Report = (found: AttackReport) => void;

/** An option of every attack that follows a gradient. */
export interface Reports {
  /** Hears of each batch, image by image, where gradients were zero or not finite; without it nobody looks. */
  report?: Report;
}

/** What is compared in the end: the loss at the images and at what became of them, as the model sees both. */
interface Climbed {
  model: (x: Tensor) => Tensor;
  /** The margin to the best other class by default. */
  loss?: AttackLoss;
  x: Tensor;
  adv: Tensor;
  y: Tensor;
  targeted?: boolean;
}

const LARGEST = 3.4028234663852886e38;

/** Looks at the gradients of one batch shape. */
export class GradientWatch {
  /** [N] each: 1 where one was seen. */
  private readonly zero: Tensor;
  private readonly broken: Tensor;

  private constructor(private readonly gpu: Engine, n: number, private readonly report: Report) {
    [this.zero, this.broken] = [gpu.keep(gpu.zeros([n])), gpu.keep(gpu.zeros([n]))];
  }

  /** A watch, or null where nobody asks. */
  static of(gpu: Engine, n: number, report: Report | undefined): GradientWatch | null {
    if (report !== undefined && typeof report !== "function") fail("attack", `report is ${describeValue(report)}; a ` +
      `function is due`);
    return report ? new GradientWatch(gpu, n, report) : null;
  }

  begin(): void {
    for (const t of [this.zero, this.broken]) this.gpu.scope(() => this.gpu.copy(this.gpu.zeros(t.shape), t));
  }

  /** A gradient of the batch, [N,..]; may be captured. */
  see(dx: Tensor): void {
    const most = max(abs(dx), { dim: dx.shape.map((_, i) => i).slice(1) });
    this.gpu.copy(maximum(this.zero, eq(most, 0)), this.zero);
    this.gpu.copy(maximum(this.broken, sub(1, lt(most, LARGEST))), this.broken); // NaN is not smaller either
  }

  /** Has the report made. */
  tell({ model, loss = marginLoss, x, adv, y, targeted = false }: Climbed): void {
    const { gpu, zero, broken, report } = this;
    if (gpu.recording || gpu.tape) return;
    gpu.scope(() => noGrad(gpu, () => {
      const at = (images: Tensor) => holdStatistics(gpu, () => loss(model(images), y));
      const [before, after] = [at(x), at(adv)];
      const found = cat([zero, broken, targeted ? gt(after, before) : lt(after, before)]);
      gpu.expect(found, (flags) => {
        const part = (k: number) => Array.from(flags.subarray((k * flags.length) / 3, ((k + 1) * flags.length) / 3),
          (flag) => flag === 1);
        try {
          report({ zero: part(0), broken: part(1), milder: part(2) });
        } catch (error) {
          return (error as Error).message;
        }
        return null;
      });
    }));
  }

  dispose(): void {
    [this.zero, this.broken].forEach((t) => t.dispose());
  }
}

/**
 * A report that makes one of `runs`, an attack's on the same images one after the other: what was seen in any, and
 * milder where all ends are. Undefined where nobody asks.
 */
export function joined(runs: number, report: Report | undefined): Report | undefined {
  let heard: AttackReport[] = [];
  return report && ((found) => {
    heard.push(found);
    if (heard.length < runs) return;
    const all = heard;
    heard = [];
    const any = (of: (r: AttackReport) => boolean[]) => of(found).map((_, i) => all.some((r) => of(r)[i]));
    report({ zero: any(({ zero }) => zero), broken: any(({ broken }) => broken),
      milder: found.milder.map((_, i) => all.every(({ milder }) => milder[i])) });
  });
}

/** Numbers of images in some reports. */
export const countReports = (reports: readonly AttackReport[]): { zero: number; broken: number; milder: number } => {
  const count = (of: (report: AttackReport) => boolean[]) => reports.flatMap(of).filter(Boolean).length;
  return { zero: count(({ zero }) => zero), broken: count(({ broken }) => broken),
    milder: count(({ milder }) => milder) };
};
