import part from "../../../shaders/pointwise/l1Loss.wgsl";
import { pairLoss } from "./pairLoss.ts";

/**
 * |a - b|, with reduction "mean" (default, over all elements), "sum" or "none"; a and b of one shape. The gradient
 * where a = b is 0.
 */
export const l1Loss = pairLoss("l1Loss", [part]);
