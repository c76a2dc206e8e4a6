import { extremeOp } from "./extreme.ts";

/** The smallest element over the axes `dim` (all of them by default). The gradient goes to the first of equal ones. */
export const min = extremeOp("min", true);
