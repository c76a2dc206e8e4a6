import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor } from "../check.ts";
import { mean } from "../reduce/sum.ts";

/** Mean over height and width: x [N,C,H,W] -> [N,C]. */
export function globalAvgPool2d(x: Tensor): Tensor {
  checkRank("globalAvgPool2d", "x", checkTensor("globalAvgPool2d", "x", x), 4, "[N,C,H,W]");
  return mean(x, { dim: [2, 3] });
}
