import part from "../../../shaders/pointwise/square.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("square", part);

/** x * x, element by element; any shape. */
export const square = (x: Tensor): Tensor => op(x);
