import part from "../../../shaders/pointwise/binaryCrossEntropyWithLogits.wgsl";
import log1p from "../../../shaders/pointwise/log1p.wgsl";
import logistic from "../../../shaders/pointwise/logistic.wgsl";
import { pairLoss } from "./pairLoss.ts";

/**
 * Binary cross-entropy of sigmoid(logits) with targets in [0, 1], both of one shape; reduction "mean" (default, over
 * all elements), "sum" or "none". Finite for any finite logit.
 */
export const binaryCrossEntropyWithLogits = pairLoss("binaryCrossEntropyWithLogits", [part, log1p, logistic]);
