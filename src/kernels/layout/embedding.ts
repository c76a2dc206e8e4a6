import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor } from "../check.ts";
import { indexSelect } from "./indexSelect.ts";
import { reshape } from "./reshape.ts";

/**
 * The rows of weight [V,D] that index (i32, any shape, values from 0 to V - 1) names: index's shape and D behind it; as
 * torch.nn.functional.embedding. An index outside gives NaN, as in indexSelect.
 */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  checkTensor("embedding", "index", index, "i32");
  checkRank("embedding", "weight", checkTensor("embedding", "weight", weight), 2, "[V,D]");
  return reshape(indexSelect(weight, 0, reshape(index, [index.size])), [...index.shape, weight.shape[1]!]);
}
