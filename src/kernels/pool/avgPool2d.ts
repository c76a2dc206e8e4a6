import source from "../../../shaders/pool/avg_pool2d.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkOptions } from "../check.ts";
import { poolWindow, type PoolOptions } from "./window.ts";

const forward = kernel("shaders/pool/avg_pool2d.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/pool/avg_pool2d.wgsl", source, { entry: "backward" });

/** How the windows of avgPool2d move. */
export interface AvgPoolOptions extends Omit<PoolOptions, "dilation"> {
  /** Whether padded zeros count in the mean. */
  countIncludePad?: boolean;
}

/** Mean over windows of x [N,C,H,W]. */
export function avgPool2d(x: Tensor, kernelSize: number | readonly [number, number],
  options: AvgPoolOptions = {}): Tensor {
  checkOptions("avgPool2d", options, ["stride", "padding", "ceilMode", "countIncludePad"]);
  const { countIncludePad = true, ...rest } = options;
  checkFlag("avgPool2d", "countIncludePad", countIncludePad);
  const { shape, params: { DH, DW, ...window } } = poolWindow("avgPool2d", x, kernelSize, rest);
  const params = { ...window, includePad: Number(countIncludePad) };
  const gpu = x.gpu;
  const y = gpu.empty(shape);
  if (y.size > 0) gpu.run(forward, { x, y }, params, linearGrid(y.size));
  return record("avgPool2d", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    if (y.size > 0) gpu.run(backward, { dy, dx }, params, linearGrid(x.size));
    return [dx];
  });
}
