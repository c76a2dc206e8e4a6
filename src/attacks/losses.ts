// What an attack climbs: the loss of each image, [N], larger where the model is further from the label.

import type { Tensor } from "../engine/tensor.ts";
import { checkTensor, fail } from "../kernels/check.ts";
import { add, crossEntropy, div, eq, mul, neg, nllLoss, reshape, slice, sort, sub, where } from "../kernels/index.ts";

/** Logits [N,K] and labels int32 [N] to a loss [N]. */
export type AttackLoss = (logits: Tensor, y: Tensor) => Tensor;

/** Cross-entropy of each image: logits [N,K] and labels int32 [N] to [N]. */
export const ceLoss: AttackLoss = (logits, y) => crossEntropy(logits, y, { reduction: "none" });

/** The logit of the label, [N]. */
export const logitOf = (logits: Tensor, y: Tensor): Tensor => neg(nllLoss(logits, y, { reduction: "none" }));

/** The largest `count` logits in order, the largest first, each [N], and the class of the first. */
function largest(op: string, logits: Tensor, count: number): { values: Tensor[]; first: Tensor } {
  checkTensor(op, "logits", logits);
  const [N, K] = logits.shape as [number, number];
  if (logits.shape.length !== 2 || K < count)
    fail(op, `logits of ${count} classes or more, [N,K], are due`, { logits });
  // of equal ones the last is the largest, as in the authors' code
  const { values, indices } = sort(logits, { dim: 1 });
  const at = (t: Tensor, i: number) => reshape(slice(t, 1, K - 1 - i, K - i), [N]);
  return { values: Array.from({ length: count }, (_, i) => at(values, i)), first: at(indices, 0) };
}

/** The largest logit of another class than y, [N]. */
const largestOther = ({ values: [first, second], first: top }: ReturnType<typeof largest>, y: Tensor): Tensor =>
  where(eq(top, y), second!, first!);

/**
 * The difference of logits ratio of each image, -(z_y - max z_i) / (z_1st - z_3rd + 1e-12) with the maximum over the
 * other classes: it does not vanish where softmax saturates and does not change when the logits are scaled. Logits
 * [N,K], K >= 3. Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks", ICML 2020.
 */
export const dlrLoss: AttackLoss = (logits, y) => logits.gpu.scope(() => {
  const found = largest("dlrLoss", logits, 3);
  const [first, , third] = found.values as [Tensor, Tensor, Tensor];
  return div(sub(largestOther(found, y), logitOf(logits, y)), add(sub(first, third), 1e-12));
});

/**
 * The targeted one, -(z_y - z_target) / (z_1st - (z_3rd + z_4th) / 2 + 1e-12), of the same paper. Logits [N,K], K >= 4,
 * target int32 [N].
 */
export const dlrTargetedLoss = (logits: Tensor, y: Tensor, target: Tensor): Tensor => logits.gpu.scope(() => {
  const [first, , third, fourth] = largest("dlrTargetedLoss", logits, 4).values as [Tensor, Tensor, Tensor, Tensor];
  const over = sub(logitOf(logits, target), logitOf(logits, y));
  return div(over, add(sub(first, mul(add(third, fourth), 0.5)), 1e-12));
});

/** max z_i over the other classes less z_y, above 0 where the image is wrong. Logits [N,K], K >= 2. */
export const marginLoss: AttackLoss = (logits, y) => logits.gpu.scope(() =>
  sub(largestOther(largest("marginLoss", logits, 2), y), logitOf(logits, y)));

const LOSSES: Readonly<Record<string, AttackLoss>> = { ce: ceLoss, dlr: dlrLoss, margin: marginLoss };

/** "ce", "dlr" or "margin", or a function of one's own. */
export type LossOption = "ce" | "dlr" | "margin" | AttackLoss;

/** The loss that an option names, cross-entropy by default; throws one sentence for another name. */
export function lossOf(op: string, loss: LossOption = "ce"): AttackLoss {
  const found = typeof loss === "function" ? loss : LOSSES[loss];
  return found ?? fail(op, `loss is ${JSON.stringify(loss)}; "ce", "dlr", "margin" or a function of logits and ` +
    `labels is due`);
}
