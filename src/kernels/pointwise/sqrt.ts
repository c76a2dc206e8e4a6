import part from "../../../shaders/pointwise/sqrt.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("sqrt", part);

/** The square root, element by element; any shape. Its gradient at 0 is infinite, as in PyTorch. */
export const sqrt = (x: Tensor): Tensor => op(x);
