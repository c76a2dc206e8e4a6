import log1p from "../../../shaders/pointwise/log1p.wgsl";
import logistic from "../../../shaders/pointwise/logistic.wgsl";
import part from "../../../shaders/pointwise/softplus.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const op = unary("softplus", `${part}\n${log1p}\n${logistic}`);

/** log(1 + exp(x)), element by element; any shape. Finite for any finite x. */
export const softplus = (x: Tensor): Tensor => op(x);
