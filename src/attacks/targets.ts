import type { Tensor } from "../engine/tensor.ts";
import { fail } from "../kernels/check.ts";
import { oneHot, reshape, slice, sort, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import type { Model } from "./loop.ts";

/** Of the classes but the label, the likeliest but for `rank` others, i32 [N]. */
export function targetOf(op: string, model: Model, x: Tensor, y: Tensor, rank: number): Tensor {
  const logits = holdStatistics(x.gpu, () => model(x));
  const K = logits.shape[1]!;
  if (rank >= K - 1) fail(op, `targets goes up to ${K - 1} for ${K} classes; ask for fewer`);
  const { indices } = sort(where(oneHot(y, K), -3e38, logits), { dim: 1, descending: true });
  return reshape(slice(indices, 1, rank, rank + 1), [x.shape[0]!]);
}
