import part from "../../../shaders/pointwise/sub.wgsl";
import { binary } from "./binary.ts";
import { neg } from "./neg.ts";

/** a - b with broadcasting; b may be a number. */
export const sub = binary("sub", part, { a: (dy) => dy, b: neg });
