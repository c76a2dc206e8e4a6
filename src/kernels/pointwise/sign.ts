import part from "../../../shaders/pointwise/sign.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("sign", part);

/** -1, 0 or 1, element by element; any shape. The gradient is 0. */
export const sign = (x: Tensor): Tensor => op(x);
