import { softmaxOp } from "./softmax.ts";

/** x - log sum exp(x) over the dimension `dim`, the last one by default; of x's shape, finite for any finite x. */
export const logSoftmax = softmaxOp("logSoftmax", true);
