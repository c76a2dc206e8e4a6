// What is audited, and how hard.

import type { Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkOptions, checkPositive, checkWhole, fail } from "../../kernels/check.ts";
import type { Begin } from "../../report/progress.ts";

/** A defence from functions of tensors: anybody's classifier, and what stands before it. */
export interface Subject {
  /** As in the report. */
  title?: string;
  /** Images [N,C,H,W] in [0,1] to logits [N,K]: the classifier, without what purifies. */
  classify: Model;
  /** Images to images, as deployed; absent where the classifier is the defence. */
  purify?: Model;
  /** Images [N,..] to [draws*N,..], draw after draw, where the purifier is random. */
  sample?: (x: Tensor, draws: number) => Tensor;
  /** A differentiable stand-in, where the purifier has no gradient of use. */
  substitute?: Model;
  /** Another classifier, for attacks that are made against it and carried over. */
  surrogate?: Model;
}

/** How hard an audit attacks; eps alone has no default. */
export interface AuditOptions {
  /** Radius of the L-infinity ball, in pixel units of [0, 1]. */
  eps: number;
  /** Radius of the L2 ball, a length over all pixels; without it no L2 attack is made. */
  epsL2?: number;
  /** Steps of PGD; 40 by default. APGD takes as many, rounded up to 20. */
  steps?: number;
  /** Starts of PGD beyond the first; 2 by default. */
  restarts?: number;
  /** Looks of the black box at the logits; 500 by default. */
  queries?: number;
  /** Pixels by which whole images are shifted, a baseline beside the balls; 2 by default, 0 for none. */
  shift?: number;
  /** Draws a step of EOT; 10 by default. */
  draws?: number;
  /** Draws of the verdicts on a random purifier; 20 by default. */
  fresh?: number;
  /** Images at once, and in a block: see blocksOf; 50 by default. */
  batch?: number;
  /** Every attack on every image; without it one that is broken already is left out by the attacks that come last. */
  full?: boolean;
  /** Of random starts and draws; 0 by default. */
  seed?: number;
}

/** The options of an audit with their defaults. */
export type AuditSettings = Required<Omit<AuditOptions, "epsL2">> & Pick<AuditOptions, "epsL2">;

const NAMES = ["eps", "epsL2", "steps", "restarts", "queries", "shift", "draws", "fresh", "batch", "full",
  "seed"];
const DEFAULTS = { steps: 40, restarts: 2, queries: 500, shift: 2, draws: 10, fresh: 20, batch: 50, full: false,
  seed: 0 };

/** The options with their defaults; throws one sentence for what cannot be. */
export function auditSettings(options: AuditOptions): AuditSettings {
  checkOptions("audit", options, NAMES);
  const given = Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as unknown as
    AuditOptions;
  const o = { ...DEFAULTS, ...given };
  checkPositive("audit", "eps", o.eps);
  checkNumber("audit", "eps", o.eps, 0, 1);
  if (o.epsL2 !== undefined) checkPositive("audit", "epsL2", o.epsL2);
  for (const name of ["steps", "queries", "draws", "fresh", "batch"] as const) checkWhole("audit", name, o[name], 1);
  for (const name of ["restarts", "shift", "seed"] as const) checkWhole("audit", name, o[name], 0);
  return o;
}

export function checkSubject(subject: Subject): void {
  const { title: _, ...functions } = subject;
  for (const [name, value] of Object.entries(functions))
    if (value !== undefined && typeof value !== "function") fail("audit", `${name} is no function of a tensor`);
  if (!subject.classify) fail("audit", "classify is missing; a function of images to logits is due");
  if (subject.sample && !subject.purify) fail("audit", "sample came without purify; give what is deployed, too");
}

/** What a run needs beside them. */
export interface AuditContext {
  gpu: Engine;
  progress?: Begin;
  signal?: AbortSignal;
}
