// Does the defence hold, and does it hide its gradient? The checks of Carlini and others, "On evaluating adversarial
// robustness" (2019), and Tramer, Carlini, Brendel and Madry, "On adaptive attacks to adversarial example defenses"
// (2020), each with its figure, a sentence and what to try. A defence that passes them may still be weak; one that
// fails has not been attacked well.

import type { Evidence } from "./evidence.ts";

/** Of a check: nothing speaks against the figures, something may, or they cannot be believed. */
export type Mark = "pass" | "suspicious" | "fail";

/** One check whether the figures can be believed. */
export interface CheckResult {
  name: string;
  mark: Mark;
  /** What was measured, as in "FGSM leaves 41.0 %, PGD 12.0 %". */
  figure: string;
  /** What the mark means here. */
  says: string;
  /** What to try; absent where it passes. */
  next?: string;
}

/** Percent of the images that may be on the wrong side without a word (or one image, if that is more), and at most. */
const [SLACK, MOST] = [1, 5];
const slack = (e: Evidence): number => Math.max(SLACK, 100 / e.n) + 1e-9;

const percent = (v: number): string => `${v.toFixed(1)} %`;
const markOf = (e: Evidence, excess: number): Mark =>
  (excess <= slack(e) ? "pass" : excess <= Math.max(MOST, 3 * slack(e)) ? "suspicious" : "fail");

type Check = (e: Evidence) => CheckResult | null;

/** A check on `stronger`, which should leave no more images right than `weaker`. */
function notWeaker(e: Evidence, name: string, [weak, weaker]: [string, number], [strong, stronger]: [string, number],
  [good, bad, next]: [string, string, string]): CheckResult {
  const mark = markOf(e, stronger - weaker);
  return { name, mark, figure: `${weak} leaves ${percent(weaker)}, ${strong} ${percent(stronger)}`,
    says: mark === "pass" ? good : bad, ...(mark !== "pass" && { next }) };
}

/** Above chance, or the defence might as well guess. */
const holds: Check = (e) => {
  const [left, chance] = [e.robust(), 100 / e.classes()];
  const mark: Mark = left.percent <= chance ? "fail" : left.interval[0] <= chance ? "suspicious" : "pass";
  return { name: "something holds", mark, figure: `${percent(left.percent)} right under every L-infinity attack, ` +
    `${percent(chance)} by chance`, says: mark === "pass" ? "more is left than by guessing" : mark === "fail" ?
    "no more is left than by guessing: the defence is broken" : "what is left may be chance",
    ...(mark === "suspicious" && { next: "more images" }) };
};

const iterative: Check = (e) => notWeaker(e, "many steps beat one", ["FGSM", e.accuracy("fgsm")],
  ["PGD", e.accuracy("pgd")], ["steps help, as on a smooth loss", "one large step does better than many small ones: " +
    "the gradient misleads", "attack through a smooth stand-in (BPDA) or without gradients (Square, SPSA)"]);

const whiteBeats = (name: string, title: string): Check => (e) => !e.has(name) ? null
  : notWeaker(e, `white box beats ${title}`, [`the ${title} attack`, e.accuracy(name)],
    ["the best white-box attack", e.worst("white box")],
    ["who knows more does better", `an attack that knows less does better: the white-box gradient misleads`,
      "use a stand-in with a useful gradient, more draws, more steps"]);

const blackBox: Check = (e) => !e.has("square") ? null
  : notWeaker(e, "white box beats black box", ["Square", e.robustAfter("square")], ["the white-box attacks before it",
    e.robustBefore("square")], ["looking at logits alone finds nothing new", "a search that sees logits alone breaks " +
      "what gradients did not", "the gradient is masked: attack through a stand-in, or with more queries"]);

const unbounded: Check = (e) => {
  const left = e.unbounded();
  const mark = markOf(e, left);
  return { name: "without a radius nothing is left", mark, figure: `PGD over all of [0, 1] leaves ${percent(left)}`,
    says: mark === "pass" ? "an attacker who may do anything wins" : "an attack that may change every pixel to any " +
      "value does not win: it does not find its way", ...(mark !== "pass" && { next: "mend the attack before you " +
      "believe any figure: its gradient, its step size, its loss (DLR)" }) };
};

const falls: Check = (e) => {
  const curve = e.radii();
  const rise = Math.max(0, ...curve.slice(1).map(({ percent: now }, i) => now - curve[i]!.percent));
  const mark = markOf(e, rise);
  return { name: "accuracy falls with eps", mark,
    figure: curve.map(({ eps, percent: p }) => `${percent(p)} at ${eps.toPrecision(2)}`).join(", "),
    says: mark === "pass" ? "a larger ball never helps the defence" : "a larger ball leaves more images right",
    ...(mark !== "pass" && { next: "raise steps and restarts; look at the gradient's sign at large eps" }) };
};

const noise: Check = (e) => {
  const [lost, found] = [e.clean() - e.accuracy("noise"), e.clean() - e.worst("white box")];
  const mark: Mark = lost <= slack(e) || lost <= found / 2 ? "pass" : lost <= found ? "suspicious" : "fail";
  return { name: "random noise of that size is harmless", mark,
    figure: `noise costs ${percent(Math.max(0, lost))}, the best white-box attack ${percent(found)}`,
    says: mark === "pass" ? "it takes a direction, not only a length" : "noise without a direction does most of what " +
      "the attack does", ...(mark !== "pass" && { next: "the defence breaks under noise, or the attack finds no " +
      "direction: try both at other radii" }) };
};

const gradients: Check = (e) => {
  const [zero, broken] = [e.share("zero"), e.share("broken")];
  const mark: Mark = broken > 0 || zero > 10 ? "fail" : zero > slack(e) ? "suspicious" : "pass";
  return { name: "gradients are there", mark,
    figure: `${percent(zero)} of the images have an all-zero gradient, ${percent(broken)} one that is not finite`,
    says: mark === "pass" ? "every image tells the attacker where to go" : "where the gradient is zero or broken, " +
      "PGD stands still and shows nothing", ...(mark !== "pass" && { next: "a loss on logits (DLR, margin), a " +
      "stand-in for steps that cut the gradient, or attacks without one" }) };
};

const draws: Check = (e) => {
  const more = e.moreDraws();
  return more === null ? null : notWeaker(e, "more draws do not help further", ["EOT with twice the draws", more],
    ["EOT", e.accuracy("eot")], ["the draws are enough", "with more draws the attack still gains",
      "raise the draws until the figure stands still"]);
};

const grows: Check = (e) => {
  const curve = e.steps();
  const [first, last] = [curve[0]!, curve.at(-1)!];
  const drops = curve.slice(1).filter(({ loss }, i) => loss < curve[i]!.loss * 0.95 - 1e-6).length;
  const mark: Mark = last.loss <= first.loss ? "fail" : drops > 1 ? "suspicious" : "pass";
  return { name: "the loss grows along the steps", mark,
    figure: curve.map(({ at, loss }) => `${loss.toPrecision(3)} after ${at}`).join(", "),
    says: mark === "pass" ? "steps climb" : "steps do not climb the loss that they follow",
    ...(mark !== "pass" && { next: "a smaller step, or a gradient averaged over draws" }) };
};

const converged: Check = (e) => {
  const curve = e.steps();
  const [at, twice] = [curve.at(-2)!, curve.at(-1)!];
  return notWeaker(e, "the attack has converged", [`PGD with ${twice.at} steps`, twice.percent],
    [`with ${at.at}`, at.percent], ["twice the steps find nothing more", "twice the steps still find more",
      "raise the steps until the figure stands still"]);
};

const CHECKS: readonly Check[] = [holds, iterative, whiteBeats("gray-pgd", "gray-box"),
  whiteBeats("transfer-pgd", "transfer"), blackBox, unbounded, falls, noise, gradients, draws, grows, converged];

/** All checks that the evidence allows. */
export const runChecks = (evidence: Evidence): CheckResult[] => CHECKS.flatMap((check) => check(evidence) ?? []);

const ORDER: Mark[] = ["pass", "suspicious", "fail"];

/** The worst mark of some. */
export const worstMark = (checks: readonly CheckResult[]): Mark =>
  checks.reduce<Mark>((worst, { mark }) => (ORDER.indexOf(mark) > ORDER.indexOf(worst) ? mark : worst), "pass");
