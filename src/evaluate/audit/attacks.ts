// The attacks of an audit, from those that know least to those that know most. A new one is a line here.

import { apgd, apgdt, bpdaGradient, eotGradient, fab, fgsm, ifgsm, lossGradient, pgd, pgdL2, randomNoise, spatialShift,
  squareAttack, type Attack, type Model, type Report } from "../../attacks/index.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { mean, reshape } from "../../kernels/index.ts";
import type { Victim } from "../victim.ts";
import type { AuditSettings } from "./options.ts";

/** Who is attacked. */
export interface Target extends Victim {
  surrogate?: Model;
  /** Whether something stands before the classifier. */
  purified: boolean;
  classes: number;
}

/** What an attack stays within: a ball, or shifts of whole images, which no ball holds. */
export type AuditNorm = "Linf" | "L2" | "shift";

/** The settings, and who hears of the gradients of what is made. */
export type Plan = AuditSettings & { report?: Report };

export interface AuditAttack {
  name: string;
  title: string;
  /** What the attacker knows. */
  threat: "nothing" | "gray box" | "transfer" | "white box" | "black box";
  norm: AuditNorm;
  /** Made on every image, since the checks compare it; the others leave out what is broken already. */
  always: boolean;
  /** Whether it can be made on this target at all. */
  when?: (t: Target, s: AuditSettings) => boolean;
  make: (t: Target, s: Plan) => Attack;
}

/** Steps that could cross the radius two and a half times, none shorter than a tenth of it. */
export const walk = ({ eps, steps, report }: Pick<Plan, "eps" | "steps" | "report">) =>
  ({ eps, alpha: Math.max((2.5 * eps) / steps, eps / 10), steps, report });

/** The gradient of the loss behind the deployed purifier, or behind what stands in for it. */
export const gradientOf = ({ purify, classify, substitute, deployed }: Target) =>
  substitute ? bpdaGradient(purify, classify, substitute) : lossGradient(deployed);

/** What steers an attack on a random purifier: the mean logits of some draws; else the deployed defence. */
const steering = (t: Target, { draws }: AuditSettings): Model => !t.sampled ? t.deployed : (x: Tensor) => {
  const logits = t.sampled!(x, draws);
  return mean(reshape(logits, [draws, x.shape[0]!, logits.shape[1]!]), { dim: 0 });
};

const plain = (s: Plan) => ({ eps: s.eps, steps: Math.max(20, s.steps), report: s.report });
const randomPurifier = (t: Target): boolean => t.sampled !== null;
const adaptive = (t: Target, s: Plan) => ({ ...plain(s),
  ...(t.sampled ? { gradient: eotGradient(t.sampled, s.draws) } : t.substitute && { gradient: gradientOf(t) }) });
/** Classes that targeted attacks go for. */
const targetsOf = (t: Target): number => Math.min(3, t.classes - 1);
const inL2 = (_: Target, s: AuditSettings): boolean => s.epsL2 !== undefined;
/** DLR and FAB need a gradient of the defence's own, which a stand-in's is not. */
const ownGradient = (t: Target): boolean => t.substitute === undefined;

export const AUDIT_ATTACKS: readonly AuditAttack[] = [
  { name: "noise", title: "random noise", threat: "nothing", norm: "Linf", always: true,
    make: (_, { eps }) => randomNoise({ eps, corners: true }) },
  { name: "shift", title: "shifts of the image", threat: "nothing", norm: "shift", always: true,
    when: (_, s) => s.shift > 0, make: (t, s) => spatialShift(t.deployed, { pixels: s.shift }) },
  { name: "gray-pgd", title: "PGD on the bare classifier", threat: "gray box", norm: "Linf", always: true,
    when: (t) => t.purified, make: (t, s) => pgd(t.classify, walk(s)) },
  { name: "transfer-pgd", title: "PGD on the surrogate", threat: "transfer", norm: "Linf", always: true,
    when: (t) => t.surrogate !== undefined, make: (t, s) => pgd(t.surrogate!, walk(s)) },
  { name: "fgsm", title: "FGSM", threat: "white box", norm: "Linf", always: true,
    make: (t, { eps, report }) => fgsm(t.deployed, { eps, report, gradient: gradientOf(t) }) },
  { name: "pgd", title: "PGD", threat: "white box", norm: "Linf", always: true,
    make: (t, s) => pgd(t.deployed, { ...walk(s), gradient: gradientOf(t) }) },
  { name: "bpda", title: "BPDA, back through the identity", threat: "white box", norm: "Linf", always: false,
    when: (t) => t.purified,
    make: (t, s) => ifgsm(t.deployed, { ...walk(s), gradient: bpdaGradient(t.purify, t.classify) }) },
  { name: "sampler", title: "PGD through the sampler", threat: "white box", norm: "Linf", always: false,
    when: randomPurifier,
    make: (t, s) => pgd(t.deployed, { ...walk(s), gradient: lossGradient((x) => t.sampled!(x, 1)) }) },
  { name: "eot", title: "PGD over draws (EOT)", threat: "white box", norm: "Linf", always: true, when: randomPurifier,
    make: (t, s) => pgd(t.deployed, { ...walk(s), gradient: eotGradient(t.sampled!, s.draws) }) },
  { name: "eot-logits", title: "PGD over draws (EOT of the logits)", threat: "white box", norm: "Linf", always: false,
    when: randomPurifier,
    make: (t, s) => pgd(t.deployed, { ...walk(s), gradient: eotGradient(t.sampled!, s.draws, "logits") }) },
  { name: "pgd-restarts", title: "PGD, further starts", threat: "white box", norm: "Linf", always: false,
    when: (_, s) => s.restarts > 0,
    make: (t, s) => pgd(t.deployed, { ...walk(s), restarts: s.restarts, gradient: gradientOf(t) }) },
  { name: "apgd-ce", title: "APGD-CE", threat: "white box", norm: "Linf", always: false,
    make: (t, s) => apgd(steering(t, s), adaptive(t, s)) },
  { name: "apgd-dlr", title: "APGD-DLR", threat: "white box", norm: "Linf", always: false,
    when: (t) => t.classes >= 3 && ownGradient(t),
    make: (t, s) => apgd(t.deployed, { ...plain(s), loss: "dlr" }) },
  { name: "apgd-t", title: "APGD, targeted", threat: "white box", norm: "Linf", always: false,
    when: (t) => t.classes >= 4 && ownGradient(t),
    make: (t, s) => apgdt(t.deployed, { ...plain(s), targets: targetsOf(t) }) },
  { name: "fab", title: "FAB, targeted", threat: "white box", norm: "Linf", always: false, when: ownGradient,
    make: (t, s) => fab(t.deployed, { ...plain(s), targets: targetsOf(t) }) },
  { name: "square", title: "Square", threat: "black box", norm: "Linf", always: false,
    make: (t, { eps, queries }) => squareAttack(t.deployed, { eps, queries }) },
  { name: "pgd-l2", title: "PGD in L2", threat: "white box", norm: "L2", always: false,
    when: inL2,
    make: (t, s) => pgdL2(t.deployed, { eps: s.epsL2!, alpha: (2.5 * s.epsL2!) / s.steps, steps: s.steps,
      report: s.report, gradient: gradientOf(t) }) },
  { name: "apgd-l2", title: "APGD in L2", threat: "white box", norm: "L2", always: false,
    when: inL2,
    make: (t, s) => apgd(steering(t, s), { ...adaptive(t, s), norm: "L2", eps: s.epsL2! }) },
  { name: "fab-l2", title: "FAB in L2, targeted", threat: "white box", norm: "L2", always: false,
    when: (t, s) => inL2(t, s) && ownGradient(t),
    make: (t, s) => fab(t.deployed, { ...plain(s), norm: "L2", eps: s.epsL2!, targets: targetsOf(t) }) },
  { name: "square-l2", title: "Square in L2", threat: "black box", norm: "L2", always: false, when: inL2,
    make: (t, { epsL2, queries }) => squareAttack(t.deployed, { norm: "L2", eps: epsL2!, queries }) },
];
