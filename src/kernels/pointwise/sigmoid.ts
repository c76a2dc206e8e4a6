import logistic from "../../../shaders/pointwise/logistic.wgsl";
import part from "../../../shaders/pointwise/sigmoid.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("sigmoid", `${part}\n${logistic}`);

/** 1 / (1 + exp(-x)), element by element; any shape. Right in both tails. */
export const sigmoid = (x: Tensor): Tensor => op(x);
