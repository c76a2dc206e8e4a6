import part from "../../../shaders/pointwise/exp.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("exp", part);

/** exp(x), element by element; any shape. Infinite above 88.7. */
export const exp = (x: Tensor): Tensor => op(x);
