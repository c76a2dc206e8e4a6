// The cases of ops/tensor_ops. The manifest's `op` names the op.

import * as ops from "../kernels/index.ts";
import type { Tensor } from "../engine/tensor.ts";
import { clipGradNorm } from "../model/clip.ts";
import type { Args } from "./args.ts";
import { Unsupported } from "./case.ts";
import type { Inputs, OpGroup, Outcome } from "./group.ts";

type Run = (t: Inputs, args: Args) => Tensor | Tensor[];

const REDUCTIONS = ["mean", "sum", "none"] as const;
function reduction(args: Args) {
  const name = args.text("reduction", "mean");
  const found = REDUCTIONS.find((r) => r === name);
  if (!found) throw new Unsupported(`reduction "${name}" is not supported`);
  return found;
}

const dim = (args: Args): number => args.number("dim", -1);
const sorted = ({ values, indices }: ops.Sorted): Tensor[] => [values, indices];
const affine = (t: Inputs, args: Args) => ({ weight: t.find("weight"), bias: t.find("bias"),
  eps: args.number("eps", 1e-5) });
const spread = (args: Args) => ({ dim: dim(args), correction: args.number("correction", 1) });

const OPS: Record<string, Run> = {
  cumsum: (t, args) => ops.cumsum(t("x"), dim(args)),
  logsumexp: (t, args) => ops.logsumexp(t("x"), dim(args)),
  std: (t, args) => ops.std(t("x"), spread(args)),
  var: (t, args) => ops.variance(t("x"), spread(args)),
  norm: (t, args) => ops.norm(t("x"), { p: args.number("p", 2), dim: dim(args) }),
  sort: (t, args) => sorted(ops.sort(t("x"), { dim: dim(args), descending: args.flag("descending", false) })),
  topk: (t, args) => sorted(ops.topk(t("x"), args.number("k", 1), { dim: dim(args) })),
  flip: (t, args) => ops.flip(t("x"), args.list("dims", [])),
  stack: (t, args) => ops.stack([t("a"), t("b")], dim(args)),
  cat: (t, args) => ops.cat([t("a"), t("b")], dim(args)),
  split: (t, args) => ops.split(t("x"), args.number("size", 1), dim(args)),
  chunk: (t, args) => ops.chunk(t("x"), args.number("chunks", 1), dim(args)),
  tile: (t, args) => ops.tile(t("x"), args.list("dims", [])),
  squeeze: (t, args) => ops.squeeze(t("x"), dim(args)),
  unsqueeze: (t, args) => ops.unsqueeze(t("x"), dim(args)),
  tril: (t, args) => ops.tril(t("x"), args.number("diagonal", 0)),
  triu: (t, args) => ops.triu(t("x"), args.number("diagonal", 0)),
  sin: (t) => ops.sin(t("x")),
  cos: (t) => ops.cos(t("x")),
  erf: (t) => ops.erf(t("x")),
  floor: (t) => ops.floor(t("x")),
  ceil: (t) => ops.ceil(t("x")),
  round: (t) => ops.round(t("x")),
  ge: (t) => ops.ge(t("a"), t("b")),
  le: (t) => ops.le(t("a"), t("b")),
  ne: (t) => ops.ne(t("a"), t("b")),
  gt: (t) => ops.gt(t("a"), t("b")),
  lt: (t) => ops.lt(t("a"), t("b")),
  eq: (t) => ops.eq(t("a"), t("b")),
  gather: (t, args) => ops.gather(t("x"), dim(args), t("index")),
  scatterAdd: (t, args) => ops.scatterAdd(t("x"), dim(args), t("index"), t("src")),
  embedding: (t) => ops.embedding(t("index"), t("weight")),
  conv1d: (t, args) =>
    ops.conv1d(t("x"), t("w"), t.find("b"), { stride: args.number("stride", 1), padding: args.number("padding", 0),
      dilation: args.number("dilation", 1), groups: args.number("groups", 1) }),
  layerNorm: (t, args) => ops.layerNorm(t("x"), args.list("normalized", []), affine(t, args)),
  groupNorm: (t, args) => ops.groupNorm(t("x"), args.number("groups", 1), affine(t, args)),
  smoothL1: (t, args) => ops.smoothL1Loss(t("a"), t("b"), { beta: args.number("beta", 1), reduction: reduction(args) }),
  huber: (t, args) => ops.huberLoss(t("a"), t("b"), { delta: args.number("delta", 1), reduction: reduction(args) }),
  einsum: (t, args) => ops.einsum(args.text("equation", ""), t("a"), t("b")),
  clipGradNorm: (t, args) => clipGradNorm([t("a"), t("b")], args.number("max_norm", 1)).grads,
};

export const tensorOps: OpGroup = (_, t, args): Outcome => {
  const name = args.text("op", "");
  const run = OPS[name];
  if (!run) throw new Unsupported(`purigrad has no op ${name || "without a name"}`);
  return { out: [run(t, args)].flat() };
};
