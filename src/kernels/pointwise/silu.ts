import logistic from "../../../shaders/pointwise/logistic.wgsl";
import part from "../../../shaders/pointwise/silu.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("silu", `${part}\n${logistic}`);

/** x * sigmoid(x), element by element; any shape. */
export const silu = (x: Tensor): Tensor => op(x);
