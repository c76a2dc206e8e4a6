import part from "../../../shaders/pointwise/mul.wgsl";
import { binary } from "./binary.ts";

/** a * b with broadcasting; b may be a number. */
export const mul = binary("mul", part);
