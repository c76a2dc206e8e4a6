// What tells a defence that is hard to attack from one that hides its gradient: how PGD does over its steps, over the
// radius and without any, and what its gradients look like. Raw figures; checks.ts says what they mean.

import { eotGradient, makeAttack, pgd, type Attack } from "../../attacks/index.ts";
import type { ImageSet } from "../../data/images.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { pieces } from "../pieces.ts";
import { attackSet } from "../search.ts";
import type { Exam, Examiner } from "../victim.ts";
import { gradientOf, walk, type Target } from "./attacks.ts";
import type { AuditContext, AuditSettings } from "./options.ts";

/** One number or verdict an image. */
export interface Look {
  right: boolean[];
  loss: number[];
}

export interface Probes {
  /** Images whose gradient at the clean image is all zero, or has a number that is not finite. */
  gradients: { zero: boolean[]; broken: boolean[] };
  /** After how many steps of PGD, up to twice those of the attack, and what was right then. */
  steps: (Look & { at: number })[];
  /** PGD at so many times the radius. */
  radii: (Look & { times: number })[];
  /** PGD that may change every pixel to any value. */
  unbounded: Look;
  /** EOT with twice the draws; null without randomness. */
  moreDraws: Look | null;
}

/** In the order in which they are made. */
export const PROBES = ["gradients", "steps", "radii", "unbounded", "moreDraws"] as const;

type Probed = { [Name in (typeof PROBES)[number]]: () => Promise<Probes[Name]> };

/** Where the curve over steps is looked at, as shares of the attack's steps. */
const SHARES = [0, 0.05, 0.125, 0.25, 0.5, 1, 2];
/** Radii of the curve over eps, in multiples; at the radius itself the attack "pgd" stands for it. */
const TIMES = [0.5, 2, 4];

const lookOf = ({ right, loss }: Exam): Look => ({ right: Array.from(right, (v) => v === 1), loss: [...loss] });

/** Each probe of a block of images by its name. */
export class Prober implements Probed {
  constructor(private readonly o: AuditContext, private readonly t: Target, private readonly s: AuditSettings,
    private readonly clean: ImageSet, private readonly examiner: Examiner) {}

  /** What is right after an attack, which is disposed. */
  private async after(attack: Attack, from = this.clean): Promise<{ look: Look; images: ImageSet }> {
    try {
      const images = await attackSet(this.o.gpu, attack, from, this.s.batch, this.o.signal);
      return { look: lookOf(await this.examiner.examine(images)), images };
    } finally {
      attack.dispose();
    }
  }

  async gradients(): Promise<Probes["gradients"]> {
    const { gpu } = this.o;
    const { images, labels, n, shape } = this.clean;
    const [x, y] = [gpu.tensor(images, [n, ...shape]), gpu.tensor(labels, [n], "i32")];
    const dx = gpu.scope(() => gradientOf(this.t)(x, y));
    const data = await dx.data();
    [x, y, dx].forEach((t) => t.dispose());
    const size = data.length / n;
    const each = (test: (row: Float32Array) => boolean) =>
      Array.from({ length: n }, (_, i) => test(data.subarray(i * size, (i + 1) * size)));
    return { zero: each((row) => row.every((v) => v === 0)), broken: each((row) => !row.every(Number.isFinite)) };
  }

  /** PGD that is stopped for a look and goes on from there. */
  async steps(): Promise<Probes["steps"]> {
    const { steps, batch } = this.s;
    const looks = [...new Set(SHARES.map((share) => Math.round(share * steps)))];
    const found: Probes["steps"] = [{ at: 0, ...lookOf(await this.examiner.examine(this.clean)) }];
    let [images, at] = [this.clean, 0];
    for (const next of looks.filter((step) => step > 0)) {
      const parts = pieces(images, batch).map(({ piece }) => piece.images);
      const climb = makeAttack(this.t.deployed, { ...walk(this.s), steps: next - at, gradient: gradientOf(this.t),
        ...(at === 0 ? { randomStart: true } : { start: (x: Tensor) => x.gpu.tensor(parts.shift()!, x.shape) }) });
      const { look, images: reached } = await this.after(climb);
      found.push({ at: next, ...look });
      [images, at] = [reached, next];
    }
    return found;
  }

  private pgdAt(eps: number): Attack {
    return pgd(this.t.deployed, { ...walk({ ...this.s, eps }), gradient: gradientOf(this.t) });
  }

  async radii(): Promise<Probes["radii"]> {
    const found: Probes["radii"] = [];
    for (const times of TIMES)
      found.push({ times, ...(await this.after(this.pgdAt(Math.min(1, times * this.s.eps)))).look });
    return found;
  }

  async unbounded(): Promise<Look> {
    return (await this.after(this.pgdAt(1))).look;
  }

  async moreDraws(): Promise<Look | null> {
    const { sampled, deployed } = this.t;
    if (!sampled) return null;
    const attack = pgd(deployed, { ...walk(this.s), gradient: eotGradient(sampled, 2 * this.s.draws) });
    return (await this.after(attack)).look;
  }
}
