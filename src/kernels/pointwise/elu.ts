import part from "../../../shaders/pointwise/elu.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("elu", part);

/** x where x > 0, else alpha * (exp(x) - 1); any shape. */
export const elu = (x: Tensor, alpha = 1): Tensor => op(x, alpha);
