import part from "../../../shaders/pointwise/mseLoss.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { checkShape, checkTensor, fail } from "../check.ts";
import { rowLoss } from "./pairLoss.ts";

const rows = rowLoss("mseLoss", [part]);

/**
 * The squared error per image: x [N, ...], xhat of the same shape -> [N], the sum of (x - xhat)^2 over all other
 * dimensions.
 */
export function squaredError(x: Tensor, xhat: Tensor): Tensor {
  const N = checkTensor("squaredError", "x", x).shape[0];
  if (!N) fail("squaredError", "x has no batch dimension; [N, ...] with N >= 1 is due", { x });
  checkShape("squaredError", "xhat", checkTensor("squaredError", "xhat", xhat), x.shape);
  return rows(x, xhat, N, [N], 1);
}
