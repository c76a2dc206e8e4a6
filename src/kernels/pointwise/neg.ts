import part from "../../../shaders/pointwise/neg.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("neg", [part], (dy) => neg(dy));

/** -x, element by element; any shape. */
export const neg = (x: Tensor): Tensor => op(x);
