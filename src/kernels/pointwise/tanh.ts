import part from "../../../shaders/pointwise/tanh.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("tanh", part);

/** The hyperbolic tangent, element by element; any shape. */
export const tanh = (x: Tensor): Tensor => op(x);
