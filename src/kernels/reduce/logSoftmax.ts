import { softmaxOp } from "./softmax.ts";

/** x - log sum exp(x) over the dimension `dim`, the last one by default; finite for any finite x. */
export const logSoftmax = softmaxOp("logSoftmax", true);
