import part from "../../../shaders/pointwise/eq.wgsl";
import { binary } from "./binary.ts";

/** 1 where a equals b, else 0, with broadcasting; b may be a number. No gradient. */
export const eq = binary("eq", part, "none");
