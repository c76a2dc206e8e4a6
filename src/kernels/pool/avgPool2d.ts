import source from "../../../shaders/pool/avg_pool2d.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { poolWindow, type PoolOptions } from "./window.ts";

const forward = kernel("shaders/pool/avg_pool2d.wgsl", source, { entry: "forward" });
const backward = kernel("shaders/pool/avg_pool2d.wgsl", source, { entry: "backward" });

export interface AvgPoolOptions extends Omit<PoolOptions, "dilation"> {
  /** Whether padded zeros count in the mean. */
  countIncludePad?: boolean;
}

/** Mean over windows of x [N,C,H,W]. */
export function avgPool2d(x: Tensor, kernelSize: number | readonly [number, number], { countIncludePad = true, ...options }: AvgPoolOptions = {}): Tensor {
  const { shape, params: { DH, DW, ...window } } = poolWindow("avgPool2d", x, kernelSize, options);
  const params = { ...window, includePad: Number(countIncludePad) };
  const gpu = x.gpu;
  const y = gpu.empty(shape);
  gpu.run(forward, { x, y }, params, linearGrid(y.size));
  return record("avgPool2d", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    gpu.run(backward, { dy, dx }, params, linearGrid(x.size));
    return [dx];
  });
}
