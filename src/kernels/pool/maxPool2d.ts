import source from "../../../shaders/pool/max_pool2d.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { poolWindow, type PoolOptions } from "./window.ts";

const forward = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "backward" });
const tiles = kernel("shaders/pool/max_pool2d.wgsl", source, { entry: "tiles" });

/** Maximum over windows of x [N,C,H,W]; padding counts as -inf. A tie sends its gradient to the first maximum. */
export function maxPool2d(x: Tensor, kernelSize: number | readonly [number, number], options: PoolOptions = {}): Tensor {
  const { shape, params: all } = poolWindow("maxPool2d", x, kernelSize, options);
  const { KH, KW, ...params } = all;
  const { P, H, W, SH, SW, PH, PW, DH, DW } = params;
  const gpu = x.gpu;
  const y = gpu.empty(shape);
  const at = gpu.empty(shape, "u32");
  gpu.run(forward, { x, y, at }, params, linearGrid(y.size), { KH, KW });
  const tiled = SH === KH && SW === KW && DH * DW === 1 && PH + PW === 0;
  return record("maxPool2d", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    if (tiled) gpu.run(tiles, { winner: at, dy, dx }, params, linearGrid(P * Math.ceil(H / KH) * Math.ceil(W / KW)), { KH, KW });
    else gpu.run(backward, { winner: at, dy, dx }, params, linearGrid(x.size), { KH, KW });
    return [dx];
  });
}
