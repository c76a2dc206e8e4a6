import source from "../../../shaders/pool/upsample_nearest2d.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkTensor, checkPair, checkRank } from "../check.ts";

const forward = kernel("shaders/pool/upsample_nearest2d.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/pool/upsample_nearest2d.wgsl", source, { entry: "backward" });

/** x [N,C,H,W] -> [N,C,H*SH,W*SW], every element repeated; `scale` is a whole number or a pair (height, width). */
export function upsampleNearest2d(x: Tensor, scale: number | readonly [number, number]): Tensor {
  checkRank("upsampleNearest2d", "x", x, 4, "[N,C,H,W]");
  checkTensor("upsampleNearest2d", "x", x, "f32");
  const [SH, SW] = checkPair("upsampleNearest2d", "scale", scale, 1);
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const params = { P: N * C, H, W, SH, SW };
  const y = x.gpu.empty([N, C, H * SH, W * SW]);
  if (y.size > 0) x.gpu.run(forward, { x, y }, params, linearGrid(y.size));
  return record("upsampleNearest2d", y, [x], (dy) => {
    const dx = x.gpu.empty(x.shape);
    if (y.size > 0) x.gpu.run(backward, { dy, dx }, params, linearGrid(x.size));
    return [dx];
  });
}
