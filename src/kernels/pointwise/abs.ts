import part from "../../../shaders/pointwise/abs.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("abs", part);

/** |x|, element by element; any shape. The gradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => op(x);
