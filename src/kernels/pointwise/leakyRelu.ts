import part from "../../../shaders/pointwise/leakyRelu.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("leakyRelu", part);

/** x where x > 0, else negativeSlope * x; any shape. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => op(x, negativeSlope);
