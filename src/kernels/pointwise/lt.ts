import part from "../../../shaders/pointwise/lt.wgsl";
import { binary } from "./binary.ts";

/** 1 where a < b, else 0, with broadcasting; b may be a number. No gradient. */
export const lt = binary("lt", part, "none");
