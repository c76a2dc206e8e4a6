import type { Tensor } from "../engine/tensor.ts";
import { checkTargets } from "../kernels/check.ts";
import { argmax, cast, eq, mean } from "../kernels/index.ts";

/** The share of rows of logits [N,C] whose largest entry is that of the labels i32 [N]; a scalar from 0 to 1. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkTargets("accuracy", "logits", logits, labels);
  return logits.gpu.scope(() => mean(eq(cast(argmax(logits, { dim: 1 }), "i32"), labels)));
}
