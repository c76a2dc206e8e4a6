// The cases of ops/cvae_loss: the terms of the paper's loss, from leaves and through a chain of layers.

import type { Tensor } from "../engine/tensor.ts";
import { add, categoricalKl, clusterLoss, linear, mean, mul, relu, reparameterize,
  squaredError } from "../kernels/index.ts";
import { Unsupported } from "./case.ts";
import type { Inputs, OpGroup, Outcome } from "./group.ts";

const reconstruction = (t: Inputs): Tensor => mul(squaredError(t("x"), t("recon")), 0.5);
const cluster = (t: Inputs): Tensor => clusterLoss(t("z"), t("logvar"), t("means"), t("qlogits"));
const uniform = (t: Inputs): Tensor => categoricalKl(t("qlogits"));
const total = (t: Inputs, lam: number): Tensor => mean(add(add(mul(reconstruction(t), lam), cluster(t)), uniform(t)));

/** z by reparameterisation, q by two layers with ReLU; the loss, its cluster term and its KL term, each a mean. */
function chain(t: Inputs): Outcome {
  const z = reparameterize(t("mu"), t("logvar"), { eps: t("eps") });
  const logits = linear(relu(linear(z, t("w1"), t("b1"))), t("w2"), t("b2"));
  const clusterMean = mean(clusterLoss(z, t("logvar"), t("means"), logits));
  const klMean = mean(categoricalKl(logits));
  return { out: [add(add(mean(reconstruction(t)), clusterMean), klMean), clusterMean, klMean] };
}

export const cvaeLoss: OpGroup = (id, t) => {
  if (id === "chain") return chain(t);
  if (id.startsWith("rec")) return reconstruction(t);
  if (id.startsWith("kl_uniform")) return uniform(t);
  const weighted = /^total(?:_lamb(\d+))?_mean$/.exec(id);
  if (weighted) return total(t, weighted[1] ? Number(weighted[1]) / 10 : 1);
  if (id.startsWith("cluster")) return cluster(t);
  throw new Unsupported("no loss of that name");
};

/** The paper prints Eq. 9 with a minus; a case of that name is there so that it can be told from the right one. */
export const printedSign = (id: string): boolean => id.includes("PAPER_EQ9_SIGN");
