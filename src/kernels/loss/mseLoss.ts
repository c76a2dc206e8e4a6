import part from "../../../shaders/pointwise/mseLoss.wgsl";
import { pairLoss } from "./pairLoss.ts";

/** (a - b)^2, with reduction "mean" (default, over all elements), "sum" or "none"; a and b of one shape. */
export const mseLoss = pairLoss("mseLoss", [part]);
