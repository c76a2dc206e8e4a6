import { argOp } from "./extreme.ts";

/**
 * Where the smallest element stands along the axis `dim`, as i32: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C];
 * without `dim` its number in the flattened tensor. Of equal ones the first. No gradient.
 */
export const argmin = argOp("argmin", true);
