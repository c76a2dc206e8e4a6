// The boundary between the label and another class of the linearised model: what DeepFool and FAB step over.

import { valueAndGrad } from "../engine/grad/tape.ts";
import type { Tensor } from "../engine/tensor.ts";
import { eq, lt, sub, sum, where } from "../kernels/index.ts";
import type { Model } from "./loop.ts";
import { logitOf } from "./losses.ts";
import { perImage } from "./states.ts";

export interface Boundary {
  /** The other class's logit less the label's, [N]: below 0 on the label's side. */
  lead: Tensor;
  /** d lead / d x, of x's shape. */
  dx: Tensor;
}

/** The boundary of each image, [N,..], between its label and one class, both int32 [N]. */
export function boundaryTo(model: Model, x: Tensor, y: Tensor, other: Tensor): Boundary {
  const { value, grads } = valueAndGrad(() => {
    const logits = model(x);
    const lead = sub(logitOf(logits, other), logitOf(logits, y));
    return [sum(lead), lead] as const;
  }, [x]);
  return { lead: value[1], dx: grads[0]! };
}

const FAR = 3e38;

/**
 * Of each image the nearest of the boundaries to all other classes, and the logits [N,K], by K forward and backward
 * passes. `distance` gives that of each image from a boundary, [N]; a boundary whose distance is NaN is never the
 * nearest. Where all are, the first class stands in: its dx is all 0 or not finite, and so is what comes of it.
 */
export function nearestBoundary(model: Model, x: Tensor, y: Tensor,
  distance: (lead: Tensor, dx: Tensor) => Tensor): Boundary & { logits: Tensor } {
  const { gpu } = x;
  const logits = model(x);
  const [N, K] = logits.shape as [number, number];
  /** Of the label itself lead and dx are 0: its distance would be 0 / 0. */
  const farOf = (other: Tensor, b: Boundary) => where(eq(y, other), FAR, distance(b.lead, b.dx));
  const first = gpu.zeros([N], "i32");
  let { lead, dx } = boundaryTo(model, x, y, first);
  let nearest = farOf(first, { lead, dx });
  nearest = where(lt(nearest, FAR), nearest, FAR);
  for (let k = 1; k < K; k++) {
    const other = gpu.full([N], k, "i32");
    const found = boundaryTo(model, x, y, other);
    const far = farOf(other, found);
    const closer = lt(far, nearest);
    lead = where(closer, found.lead, lead);
    dx = where(perImage(closer, x.shape.length), found.dx, dx);
    nearest = where(closer, far, nearest);
  }
  return { lead, dx, logits };
}
