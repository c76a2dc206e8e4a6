// The pointwise ops of two tensors, with broadcasting as in PyTorch; the second may be a number. Their formulas are in
// shaders/pointwise/.

import addPart from "../../../shaders/pointwise/add.wgsl";
import divPart from "../../../shaders/pointwise/div.wgsl";
import eqPart from "../../../shaders/pointwise/eq.wgsl";
import gePart from "../../../shaders/pointwise/ge.wgsl";
import gtPart from "../../../shaders/pointwise/gt.wgsl";
import lePart from "../../../shaders/pointwise/le.wgsl";
import ltPart from "../../../shaders/pointwise/lt.wgsl";
import maximumPart from "../../../shaders/pointwise/maximum.wgsl";
import minimumPart from "../../../shaders/pointwise/minimum.wgsl";
import mulPart from "../../../shaders/pointwise/mul.wgsl";
import nePart from "../../../shaders/pointwise/ne.wgsl";
import subPart from "../../../shaders/pointwise/sub.wgsl";
import { setAccumulate } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { binary, comparison } from "./binary.ts";
import { neg } from "./neg.ts";
import { where } from "./where.ts";

/** a + b. Shapes broadcast; a or b may be a number. */
export const add = binary("add", [addPart], { direct: { a: (dy) => dy, b: (dy) => dy } });

/** a - b. Shapes broadcast; a or b may be a number. */
export const sub = binary("sub", [subPart], { direct: { a: (dy) => dy, b: neg } });

/** a * b. Shapes broadcast; a or b may be a number. */
export const mul = binary("mul", [mulPart], { composed: { a: (dy, _a, b) => mul(dy, b), b: (dy, a) => mul(dy, a) } });

/** a / b. Shapes broadcast; a or b may be a number. */
export const div = binary("div", [divPart], {
  composed: { a: (dy, _a, b) => div(dy, b), b: (dy, _a, b, y) => neg(mul(dy, div(y, b))) },
});

/** 1 where a equals b, else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const eq = comparison("eq", [eqPart]);

/** 1 where a > b, else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const gt = comparison("gt", [gtPart]);

/** 1 where a < b, else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const lt = comparison("lt", [ltPart]);

/** 1 where a >= b, else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const ge = comparison("ge", [gePart]);

/** 1 where a <= b, else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const le = comparison("le", [lePart]);

/** 1 where a differs from b (NaN from everything), else 0. No gradient. Shapes broadcast; a or b may be a number. */
export const ne = comparison("ne", [nePart]);

/** dy where it is not `beaten`, half of it where a equals b. */
const share = (dy: Tensor, a: Tensor, b: Tensor, beaten: Tensor): Tensor =>
  where(beaten, 0, where(eq(a, b), mul(dy, 0.5), dy));

/**
 * The larger of a and b, NaN where one of them is. Where they are equal each gets half of the gradient. Shapes
 * broadcast; a or b may be a number.
 */
export const maximum = binary("maximum", [maximumPart], {
  composed: { a: (dy, a, b) => share(dy, a, b, lt(a, b)), b: (dy, a, b) => share(dy, a, b, gt(a, b)) },
});

/**
 * The smaller of a and b, NaN where one of them is. Where they are equal each gets half of the gradient. Shapes
 * broadcast; a or b may be a number.
 */
export const minimum = binary("minimum", [minimumPart], {
  composed: { a: (dy, a, b) => share(dy, a, b, gt(a, b)), b: (dy, a, b) => share(dy, a, b, lt(a, b)) },
});

setAccumulate(add);
