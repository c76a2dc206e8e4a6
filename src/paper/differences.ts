// What is done otherwise than in the paper, and why: facts of the method, with the numbers of the run's settings.

import { counted } from "../report/words.ts";
import { experimentOn, paperOf } from "./experiments.ts";
import { paperTable2 } from "./numbers.ts";
import type { Results } from "./results.ts";
import type { PaperNumbers, Settings } from "./settings.ts";
import type { Table2Row } from "../evaluate/white-box.ts";

/** Topic and explanation, for the parts that were run. */
export function differences(results: Results): Record<string, string> {
  const settings = results.settings as Partial<Settings>;
  const { notes } = experimentOn(settings.dataset ?? "mnist");
  return { ...method(settings), ...noise(settings), ...(results.table1 && { ...notes(settings), ...seen(settings) }),
    ...(results.table2 && whiteBox(results)) };
}

function method({ warmUp }: Partial<Settings>): Record<string, string> {
  const epochs = warmUp ? counted(warmUp.epochs, "epoch") : "A short training";
  return {
    "Sign in Eq. 9": "The paper prints minus 1/2 |z \u2212 mu_y|\u00b2; with it the loss has no lower bound. The " +
      "derivation gives plus, which is used.",
    "Factors in Eqs. 3 and 7": "Eq. 3 means the logarithm of a ratio, not a ratio of logarithms; P(z|y) has the " +
      "factor (2 pi)^(\u2212d/2), printed is \u2212d/4.",
    "Q(y|z) in closed form": "Q(y|z) = softmax over y of \u22121/2 |z \u2212 mu_y|\u00b2, the best one for given " +
      "means, in place of a learned network.",
    "Start of the clusters": "The means mu_y start from k-means on the encoder's mu(x) and are then learned; the " +
      "code that the paper cites starts them at zero.",
    "Warm-up": `${epochs} as a VAE with a tenth of the KL term. VAE and C-VAE both begin from it; without it a VAE ` +
      `falls behind for a reason that has nothing to do with clusters.`,
    "Equal schedules": "A VAE row and the C-VAE row beside it have the same networks, steps, learning rates and " +
      "noise, so that their difference is what the clusters contribute.",
  };
}

function seen({ trainImages }: Partial<Settings>): Record<string, string> {
  return {
    ...(trainImages && { "Training images": `The networks of this run saw ${counted(trainImages, "image")}.` }),
    "Weights": "All numbers come from the weights as they are kept, in half precision.",
  };
}

/** Whether a row has a kind of noise; a result file that names no rows has the signed one. */
const has = (rows: readonly string[] | undefined, kind: string): boolean =>
  rows ? rows.some((name) => name.endsWith(kind)) : kind === "+g-signed";

function noise({ phase2, rows }: Partial<Settings>): Record<string, string> {
  const strength = (most?: number) => (most === undefined ? "" : ` up to ${most}`);
  const signed = `The rows +G (signed) are no part of the paper. Their noise is a random sign for each pixel, smooth ` +
    `at several scales and leaning towards another training image, of a strength${strength(phase2?.signed)}. It ` +
    `knows the family of the attack, bounded changes of every pixel by the same amount; it knows no labels, no ` +
    `classifier and no gradients. The rows +G are the paper's Gaussian noise.`;
  const ring = `The rows +G (ring) are no part of the paper. Their noise has one strength, ${phase2?.ring}, and a ` +
    `spectrum like a ring, found by looking at gradients of classifiers; it is drawn again when the purifier is used.`;
  return {
    "Strength of the noise": `+G draws a strength${strength(phase2?.gaussian)} for each image instead of one for ` +
      `all: noise of a single strength blurs clean images as well.`,
    ...(has(rows, "+g-signed") && { "Signed noise": signed }),
    ...(has(rows, "+g-ring") && { "Ring noise": ring }),
  };
}

function whiteBox({ table2, settings }: Results): Record<string, string> {
  const { images, bpda, eot, fresh } = (settings as Partial<Settings>).whiteBox ?? {};
  const [first] = table2!.rows;
  const [unbounded, within] = [bpda?.images ?? first?.paper.acc_raw.n, images ?? first?.clean.mean_latent.n];
  const n = unbounded === within ? unbounded : `${unbounded} without a bound and ${within} within eps`;
  const own = bpda && (bpda.steps !== 1000 || bpda.lr !== 0.1)
    ? ` This run takes ${counted(bpda.steps, "iteration")} at ${bpda.lr}.` : "";
  const draws = fresh ? counted(fresh, "draw") : "draws";
  return {
    "Budget of BPDA": `The paper states 1,000 iterations and a learning rate of 0.1, but no bound. Those are the ` +
      `defaults of the released code for obfuscated gradients, so its loop is assumed: steps along the raw gradient ` +
      `at the purified image, clipped to [0, 1], no projection, a stop at the first wrong ` +
      `verdict.${own}${bare(table2!.rows, paperOf(settings))}`,
    "Attacks within eps":
      `BPDA bounds the attacker's knowledge, not the defence: its backward pass takes the purifier for the identity. ` +
        `Beside it stand PGD through one draw of the sampler, through ${
        eot ? `${counted(eot.draws, "draw")} (EOT, averaging ${eot.average})` : "several draws (EOT)"
      } and through the mean, each at several eps.`,
    "Fresh draws": `Where z is random, an attack that stops at a lucky draw looks better than it is. Verdicts are ` +
      `taken on ${draws} that no attack has seen: their mean, their majority, and all of them.`,
    "White-box images": `The paper attacks 1,000 images. This run attacks ${n}, spread evenly over the test set, ` +
      `since every image takes thousands of passes through the purifier; the intervals say what that costs.`,
  };
}

/** What BPDA as assumed leaves the undefended classifier, where the paper has 0. */
function bare(rows: readonly Table2Row[], paper: PaperNumbers): string {
  const row = rows.find(({ defence }) => defence === "none");
  if (!row) return "";
  const left = row.paper.acc_ae.percent;
  const why = left > 5 ? ": its gradient vanishes where it is sure, so the paper must have done something else" : "";
  const theirs = paperTable2(paper, "none")?.ae;
  const beside = theirs === undefined ? "" : ` and ${theirs} % in the paper${why}`;
  return ` It leaves the bare classifier ${left.toFixed(1)} % here${beside}.`;
}
