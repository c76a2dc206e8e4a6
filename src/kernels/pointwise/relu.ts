import part from "../../../shaders/pointwise/relu.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("relu", part);

/** max(x, 0), element by element; any shape. The gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => op(x);
