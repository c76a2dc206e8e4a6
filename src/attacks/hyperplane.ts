// The shortest way to a hyperplane within [0, 1], in L-infinity or L2.

import type { Tensor } from "../engine/tensor.ts";
import { abs, cumsum, div, ge, gather, gt, lt, max, maximum, minimum, mul, neg, sign, sort, square, sub, sum,
  where } from "../kernels/index.ts";
import { perImage } from "./states.ts";

/** How far two images are apart: the largest difference of a pixel, or a Euclidean length. */
export type Norm = "Linf" | "L2";

/** Below it a slope counts as none, in L2, where one divides by it; what takes the place of infinity. */
const [FLAT, FAR] = [1e-8, 1e12];

/**
 * The shortest d, [N,P], that takes x [N,P] in [0,1] to w . (x + d) = w . x - gap with x + d in [0,1]; w [N,P], gap
 * [N]. Where no point of the box is that far, d ends at the corner that is nearest to it.
 *
 * With v = |w| and room_i, how far pixel i may go against w's sign: in L-infinity every pixel moves by min(t, room_i),
 * in L2 by min(t v_i, room_i), for the smallest t that closes the gap. The gap that a t closes is the least, over how
 * many of the pixels that reach their room first are taken to be there, of a straight line in t; so t is the largest of
 * where those lines reach the gap, and no search is needed. The same point as that of Croce and Hein's code finds.
 */
export function toHyperplane(x: Tensor, w: Tensor, gap: Tensor, norm: Norm): Tensor {
  const along = mul(w, perImage(where(ge(gap, 0), 1, -1), 2));
  const size = abs(along);
  const room = where(gt(along, 0), x, sub(1, x));
  const [rate, reach] = norm === "Linf" ? [size, room]
    : [square(size), where(lt(size, FLAT), 0, div(room, maximum(size, FLAT)))];
  const t = multiplier(perImage(abs(gap), 2), rate, reach, mul(size, room));
  const moves = norm === "Linf" ? minimum(t, room) : where(lt(size, FLAT), 0, minimum(mul(size, t), room));
  return neg(mul(sign(along), moves));
}

/** The t, [N,1], at which pixels that each close `rate` for every 1 of t, until t is `reach`, have closed the gap. */
function multiplier(gap: Tensor, rate: Tensor, reach: Tensor, closed: Tensor): Tensor {
  const { indices } = sort(reach, { dim: 1 });
  /** Of each pixel the sum over those that reach their room before it. */
  const before = (v: Tensor): Tensor => {
    const ordered = gather(v, 1, indices);
    return sub(cumsum(ordered, 1), ordered);
  };
  const moving = sub(sum(rate, { dim: 1, keepdim: true }), before(rate));
  const at = where(gt(moving, 0), div(sub(gap, before(closed)), moving), 0);
  return minimum(maximum(max(at, { dim: 1, keepdim: true }), 0), FAR);
}
