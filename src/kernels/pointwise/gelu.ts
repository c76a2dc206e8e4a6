import logistic from "../../../shaders/pointwise/logistic.wgsl";
import exactPart from "../../../shaders/pointwise/gelu.wgsl";
import tanhPart from "../../../shaders/pointwise/geluTanh.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { unary } from "./unary.ts";

const exact = unary("gelu", exactPart);
const approximated = unary("geluTanh", `${tanhPart}\n${logistic}`);

/**
 * x times the normal distribution function of x, element by element; any shape. "none" computes it by the error
 * function, "tanh" by the usual approximation, as in PyTorch.
 */
export const gelu = (x: Tensor, { approximate = "none" }: { approximate?: "none" | "tanh" } = {}): Tensor =>
  approximate === "tanh" ? approximated(x) : exact(x);
