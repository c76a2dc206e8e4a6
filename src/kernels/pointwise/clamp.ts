import part from "../../../shaders/pointwise/clamp.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { fail } from "../check.ts";
import { unary } from "./unary.ts";

const op = unary("clamp", part);
const LARGEST = 3.4028234663852886e38; // of float32

/** x limited to [min, max], element by element; either bound may be infinite. The gradient passes at the bounds. */
export function clamp(x: Tensor, min: number, max: number): Tensor {
  if (!(min <= max)) fail("clamp", `min is ${min} and max is ${max}; min <= max is due`);
  return op(x, Math.max(min, -LARGEST), Math.min(max, LARGEST));
}
