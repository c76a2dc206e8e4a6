import part from "../../../shaders/pointwise/div.wgsl";
import { binary } from "./binary.ts";

/** a / b with broadcasting; b may be a number. */
export const div = binary("div", part);
