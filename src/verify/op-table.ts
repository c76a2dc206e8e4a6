// Which public ops compute a case of ops/: one entry a group. t gives the inputs `in.*` by name.

import type { Tensor } from "../engine/tensor.ts";
import * as ops from "../kernels/index.ts";
import type { Args } from "./args.ts";
import type { Inputs, OpGroup, Outcome } from "./group.ts";
import { Unsupported } from "./case.ts";
import { activation } from "./activations.ts";
import { cvaeLoss } from "./cvae-cases.ts";
import { special } from "./special.ts";
import { tensorOps } from "./tensor-ops.ts";

const REDUCTIONS = ["mean", "sum", "none"] as const;
function reduction(args: Args): (typeof REDUCTIONS)[number] {
  const given = args.text("reduction", "mean");
  const known = REDUCTIONS.find((r) => r === given);
  if (!known) throw new Unsupported(`the reduction ${given} is not supported`);
  return known;
}

const window = (args: Args) => ({ stride: args.pair("stride", args.pair("kernel", 1)), padding: args.pair("padding", 0),
  ceilMode: args.flag("ceil_mode", false) });

function softmaxCe(id: string, t: Inputs, args: Args): Tensor {
  if (id.startsWith("log_softmax")) return ops.logSoftmax(t("logits"), { dim: args.number("dim", -1) });
  if (id.startsWith("softmax")) return ops.softmax(t("logits"), { dim: args.number("dim", -1) });
  if (id.startsWith("ce"))
    return ops.crossEntropy(t("logits"), t("target"), { reduction: reduction(args),
      labelSmoothing: args.number("label_smoothing", 0) });
  if (id.startsWith("nll")) return ops.nllLoss(t("logp"), t("target"), { reduction: reduction(args) });
  throw new Unsupported("no op of that name");
}

function losses(id: string, t: Inputs, args: Args): Tensor {
  const options = { reduction: reduction(args) };
  if (id.startsWith("bce_logits")) return ops.binaryCrossEntropyWithLogits(t("logits"), t("target"), options);
  if (id.startsWith("mse")) return ops.mseLoss(t("a"), t("b"), options);
  if (id.startsWith("l1")) return ops.l1Loss(t("a"), t("b"), options);
  throw new Unsupported("no loss of that name");
}

function gaussianKl(_id: string, t: Inputs): Tensor {
  const eps = t.find("eps");
  if (eps) return ops.reparameterize(t("mu"), t("logvar"), { eps });
  return ops.gaussianKl(t("mu"), t("logvar"), t.find("mu2"), t.find("logvar2"));
}

function batchNorm(_id: string, t: Inputs, args: Args): Outcome {
  const training = args.flag("training", false);
  const momentum = args.number("momentum", 0.1);
  const x = t("x");
  const channels = [x.shape[1]!];
  const gamma = t.find("gamma") ?? x.gpu.full(channels, 1);
  const beta = t.find("beta") ?? x.gpu.zeros(channels);
  const [runningMean, runningVar] = training ? [t.other("running_mean_before"), t.other("running_var_before")]
    : [t("rmean"), t("rvar")];
  const y = ops.batchNorm(x, gamma, beta, { runningMean, runningVar, training, momentum,
    eps: args.number("eps", 1e-5) });
  return training ? { out: [y], also: { running_mean_after: runningMean, running_var_after: runningVar } }
    : { out: [y] };
}

/**
 * A ResNet basic block with batch statistics: relu(bn(conv(relu(bn(conv x)))) + shortcut), the shortcut a 1x1
 * projection if ws is there.
 */
function basicBlock(id: string, t: Inputs): Tensor {
  const [, stride, mode] = /^basic_block(?:_s(\d+))?(?:_(train))?$/.exec(id) ?? [];
  if (mode !== "train") throw new Unsupported("no composite of that name");
  const norm = (y: Tensor, which: string, relu = false) =>
    ops.batchNorm(y, t(`g${which}`), t(`b${which}`), { training: true, relu });
  const first = { stride: Number(stride ?? 1), padding: 1 };
  const h = norm(ops.conv2d(t("x"), t("w1"), undefined, first), "1", true);
  const main = norm(ops.conv2d(h, t("w2"), undefined, { padding: 1 }), "2");
  const shortcut = t.find("ws") ? norm(ops.conv2d(t("x"), t("ws"), undefined, { stride: first.stride }), "s") : t("x");
  return ops.relu(ops.add(main, shortcut));
}

function linear(_id: string, t: Inputs): Tensor {
  const [x, w] = [t("x"), t("w")];
  const y = ops.linear(x.shape.length === 2 ? x : ops.reshape(x, [-1, w.shape[1]!]), w, t.find("b"));
  return x.shape.length === 2 ? y : ops.reshape(y, [...x.shape.slice(0, -1), w.shape[0]!]);
}

export const OP_TABLE: Record<string, OpGroup> = {
  activation,
  avg_pool2d: (_, t, args) =>
    args.has("kernel")
      ? ops.avgPool2d(t("x"), args.pair("kernel", 1), { ...window(args),
        countIncludePad: args.flag("count_include_pad", true) })
      : ops.globalAvgPool2d(t("x")),
  batch_norm: batchNorm,
  composite: basicBlock,
  conv2d: (_, t, args) =>
    ops.conv2d(t("x"), t("w"), t.find("b"), { stride: args.pair("stride", 1), padding: args.pair("padding", 0),
      dilation: args.pair("dilation", 1), groups: args.number("groups", 1) }),
  conv_transpose2d: (_, t, args) =>
    ops.convTranspose2d(t("x"), t("w"), t.find("b"), {
      stride: args.pair("stride", 1),
      padding: args.pair("padding", 0),
      outputPadding: args.pair("output_padding", 0),
      dilation: args.pair("dilation", 1),
      groups: args.number("groups", 1),
    }),
  cvae_loss: cvaeLoss,
  gaussian_kl: gaussianKl,
  linear,
  losses,
  max_pool2d: (_, t, args) =>
    ops.maxPool2d(t("x"), args.pair("kernel", 1), { ...window(args), dilation: args.pair("dilation", 1) }),
  softmax_ce: softmaxCe,
  special_values: special,
  tensor_ops: tensorOps,
};
