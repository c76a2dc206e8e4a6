// How hard a white-box evaluation tries.

export interface WhiteBoxSettings {
  /** Test images attacked within each eps, and how many at once. */
  images: number;
  batch: number;
  eps: readonly number[];
  /** The paper's setting: raw gradients, no budget. */
  bpda: { lr: number; steps: number; images: number };
  /** alpha as a share of eps. */
  pgd: { alpha: number; steps: number; restarts: number };
  eot: { draws: number; steps: number; average: "gradients" | "logits" };
  /** Without it APGD is left out. */
  apgd?: { steps: number };
  /** Draws of z for the verdict. */
  fresh: number;
}
