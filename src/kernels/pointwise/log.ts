import part from "../../../shaders/pointwise/log.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("log", part);

/** The natural logarithm, element by element; any shape. Negative x gives NaN, 0 gives -Infinity. */
export const log = (x: Tensor): Tensor => op(x);
