// EOT: the gradient of an expectation over the draws of a random model.

import { grad, stopGradient } from "../engine/grad/tape.ts";
import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkWhole, fail } from "../kernels/check.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import { cat, crossEntropy, exp, log, mean, min, reshape, sub } from "../kernels/index.ts";

/**
 * Logits [draws*N,K] of images [N,C,H,W] under `draws` draws of a random model, all images of the first draw first.
 * What does not depend on the draw (an encoder) can so be computed once.
 */
export type SampledLogits = (x: Tensor, draws: number) => Tensor;

/**
 * What is averaged over the draws: the gradients of each draw's loss, the logits, or the true class's probabilities.
 */
export type EotAverage = "gradients" | "logits" | "probabilities";

/**
 * A random model, called once for each draw. It is told the draw's number, for noise that was recorded:
 *
 *     repeated((x, k) => classify(decode(reparameterize(mu(x), logvar(x), { eps: noise[k] }))))
 */
export const repeated = (model: (x: Tensor, draw: number) => Tensor): SampledLogits => (x, draws) =>
  cat(Array.from({ length: draws }, (_, k) => model(x, k)));

/** [draws,N]: the cross-entropy of each draw and image. */
function lossOfEach(logits: Tensor, y: Tensor, draws: number): Tensor {
  const labels = cat(new Array<Tensor>(draws).fill(y));
  return reshape(crossEntropy(logits, labels, { reduction: "none" }), [draws, y.size]);
}

/** [N]: -log of the mean of exp(-loss), kept from underflow by each image's smallest loss. */
function lossOfMeanProbability(loss: Tensor): Tensor {
  const least = stopGradient(min(loss, { dim: 0, keepdim: true }));
  return sub(reshape(least, [loss.shape[1]!]), log(mean(exp(sub(least, loss)), { dim: 0 })));
}

/**
 * The loss [N] of an expectation, from logits [draws*N,K] (draw by draw) and labels int32 [N]: the mean over draws of
 * the cross-entropy ("gradients"), the cross-entropy of the mean logits ("logits"), or -log of the mean probability of
 * the true class ("probabilities").
 */
export function eotLoss(logits: Tensor, y: Tensor, average: EotAverage = "gradients"): Tensor {
  const [rows, classes] = logits.shape as [number, number];
  const draws = rows / y.size;
  if (logits.shape.length !== 2 || !Number.isInteger(draws)) throw new Error(`eot: logits [${logits.shape}] for ` +
    `${y.size} labels; [draws*${y.size},K] is due`);
  switch (average) {
    case "gradients":
      return mean(lossOfEach(logits, y, draws), { dim: 0 });
    case "logits":
      return crossEntropy(mean(reshape(logits, [draws, y.size, classes]), { dim: 0 }), y, { reduction: "none" });
    case "probabilities":
      return lossOfMeanProbability(lossOfEach(logits, y, draws));
    default:
      throw new Error(`eot: average is ${String(average)}; "gradients", "logits" or "probabilities" is due`);
  }
}

/**
 * The gradient of EOT, for `AttackOptions.gradient`: that of each image's expected loss over `draws` new draws a step:
 * Athalye, Engstrom, Ilyas and Kwok, "Synthesizing robust adversarial examples", ICML 2018. adv [N,C,H,W] in [0,1],
 * labels int32 [N]. Averages the gradients unless `average` says otherwise; see eotLoss.
 *
 *     const attack = pgd(model, { eps: 0.2, steps: 40, gradient: eotGradient(repeated(randomModel), 20) });
 */
export function eotGradient(logits: SampledLogits, draws: number, average: EotAverage = "gradients") {
  if (typeof logits !== "function") fail("eot", `logits is ${describeValue(logits)}; a function of images and draws ` +
    `is due`);
  checkWhole("eot", "draws", draws, 1);
  return (adv: Tensor, y: Tensor): Tensor => holdStatistics(adv.gpu, () =>
    grad(() => eotLoss(sampled(logits, adv, draws), y, average), [adv])[0]!
  );
}

function sampled(logits: SampledLogits, x: Tensor, draws: number): Tensor {
  const all = logits(x, draws);
  const due = draws * x.shape[0]!;
  if (all.shape[0] !== due) throw new Error(`eot: the model gave logits [${all.shape}] for ${draws} draws of ` +
    `${x.shape[0]} images; [${due},K] is due`);
  return all;
}
