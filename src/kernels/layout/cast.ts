import source from "../../../shaders/layout/cast.wgsl";
import { noGradient } from "../../engine/grad/tape.ts";
import { sweep } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import type { DType, Tensor } from "../../engine/tensor.ts";
import { checkAnyTensor, checkChoice } from "../check.ts";
import { reshape } from "./reshape.ts";

const main = kernel("shaders/layout/cast.wgsl", source);

/**
 * x of any shape as f32, i32 or u32: a float is cut towards 0 and limited to what the integer type holds. x itself, not
 * a copy, where it has that type already; else there is no gradient.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkAnyTensor("cast", "x", x);
  checkChoice("cast", "dtype", dtype, ["f32", "i32", "u32"]);
  if (x.dtype === dtype) return reshape(x, x.shape);
  const y = x.gpu.empty(x.shape, dtype);
  const n4 = x.bytes / 16;
  const { grid, WG } = sweep(n4);
  x.gpu.run(main, { x, y }, { n4 }, grid, { WG, From: `vec4<${x.dtype}>`, To: `vec4<${dtype}>` });
  return noGradient("cast", y, [x]);
}
