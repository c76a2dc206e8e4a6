import source from "../../../shaders/pool/max_pool2d.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkOptions } from "../check.ts";
import { poolWindow, type PoolOptions } from "./window.ts";

const forward = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "forward", parts: [special] });
const backward = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "backward", parts: [special] });
const tiles = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "tiles", parts: [special] });

/** Maximum over windows of x [N,C,H,W]; padding counts as -inf. A tie sends its gradient to the first maximum. */
export function maxPool2d(x: Tensor, kernelSize: number | readonly [number, number],
  options: PoolOptions = {}): Tensor {
  checkOptions("maxPool2d", options, ["stride", "padding", "dilation", "ceilMode"]);
  const { shape, params: all } = poolWindow("maxPool2d", x, kernelSize, options);
  const { KH, KW, ...params } = all;
  const { P, H, W, SH, SW, PH, PW, DH, DW } = params;
  const gpu = x.gpu;
  const y = gpu.empty(shape);
  const at = gpu.empty(shape, "u32");
  if (y.size > 0) gpu.run(forward, { x, y, at }, params, linearGrid(y.size), { KH, KW });
  const tiled = SH === KH && SW === KW && DH * DW === 1 && PH + PW === 0;
  if (!gpu.tape) at.dispose();
  return record("maxPool2d", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    if (y.size === 0) return [dx];
    if (tiled)
      gpu.run(tiles, { winner: at, dy, dx }, params, linearGrid(P * Math.ceil(H / KH) * Math.ceil(W / KW)), { KH, KW });
    else gpu.run(backward, { winner: at, dy, dx }, params, linearGrid(x.size), { KH, KW });
    return [dx];
  });
}
