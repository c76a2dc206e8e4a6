import { extremeOp } from "./extreme.ts";

/** The largest element over the axes `dim` (all of them by default). The gradient goes to the first of equal ones. */
export const max = extremeOp("max", false);
