import part from "../../../shaders/pointwise/maximum.wgsl";
import { binary } from "./binary.ts";

/** The larger of a and b with broadcasting; b may be a number. Where they are equal each gets half of the gradient. */
export const maximum = binary("maximum", part);
