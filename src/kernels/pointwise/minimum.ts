import part from "../../../shaders/pointwise/minimum.wgsl";
import { binary } from "./binary.ts";

/** The smaller of a and b with broadcasting; b may be a number. Where they are equal each gets half of the gradient. */
export const minimum = binary("minimum", part);
