import part from "../../../shaders/pointwise/l1.wgsl";
import { pairLoss } from "./pairLoss.ts";

/**
 * |a - b|, with reduction "mean" (default, over all elements), "sum" or "none"; a and b of one shape. The gradient
 * where a = b is 0.
 */
export const l1 = pairLoss("l1", [part]);
