import part from "../../../shaders/pointwise/mse.wgsl";
import { pairLoss } from "./pairLoss.ts";

/** (a - b)^2, with reduction "mean" (default, over all elements), "sum" or "none"; a and b of one shape. */
export const mse = pairLoss("mse", [part]);
