import part from "../../../shaders/pointwise/pow.wgsl";
import scalarPart from "../../../shaders/pointwise/powScalar.wgsl";
import power from "../../../shaders/pointwise/power.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { binary } from "./binary.ts";
import { unary } from "./unary.ts";

const ofTensors = binary("pow", `${part}\n${power}`);
const ofNumber = unary("powScalar", `${scalarPart}\n${power}`);

/**
 * x to the power of a number or of a tensor (with broadcasting), element by element. A negative x needs a whole
 * exponent of at most 64 either way; others give NaN.
 */
export const pow = (x: Tensor, exponent: number | Tensor): Tensor =>
  typeof exponent === "number" ? ofNumber(x, exponent) : ofTensors(x, exponent);
