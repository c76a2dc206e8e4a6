import part from "../../../shaders/pointwise/gt.wgsl";
import { binary } from "./binary.ts";

/** 1 where a > b, else 0, with broadcasting; b may be a number. No gradient. */
export const gt = binary("gt", part, "none");
