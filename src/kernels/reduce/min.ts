import { extremeOp } from "./extreme.ts";

/**
 * The smallest element over the axes `dim`: [A,B,C] along 1 to [A,C], with keepdim to [A,1,C]; all of them by
 * default, to a scalar. The gradient goes to the first of equal ones.
 */
export const min = extremeOp("min", true);
