import source from "../../../shaders/reduce/cumsum.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkDim, checkTensor } from "../check.ts";

const [totals, scan] = ["totals", "scan"].map((entry) => kernel("shaders/reduce/cumsum.wgsl", source, { entry }));
const CHUNK = 128;

/** The running sum over the middle of [A, R, B]; chunks first where R is long. */
function running(x: Tensor, A: number, R: number, B: number, REVERSE: boolean): Tensor {
  const { gpu } = x;
  const y = gpu.empty(x.shape);
  const C = Math.ceil(R / CHUNK);
  const params = { A, R, B, C, chunk: CHUNK };
  const grid = linearGrid(A * C * B);
  if (C <= 1) {
    gpu.run(scan!, { x, running: x, y }, params, grid, { REVERSE, CHUNKED: false });
    return y;
  }
  const sums = gpu.empty([A, C, B]);
  gpu.run(totals!, { x, y: sums }, params, grid, { REVERSE });
  gpu.run(scan!, { x, running: running(sums, A, C, B, false), y }, params, grid, { REVERSE, CHUNKED: true });
  return y;
}

function summed(x: Tensor, axis: number, reverse: boolean): Tensor {
  const [A, R, B] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis]!, sizeOf(x.shape.slice(axis + 1))];
  const y = x.size ? x.gpu.scope(() => running(x, A, R, B, reverse)) : x.gpu.empty(x.shape);
  return record("cumsum", y, [x], (dy) => [summed(dy, axis, !reverse)]);
}

/** The running sum along `dim`: y[i] = x[0] + .. + x[i], as torch.cumsum. */
export function cumsum(x: Tensor, dim: number): Tensor {
  checkTensor("cumsum", "x", x);
  return summed(x, checkDim("cumsum", dim, x), false);
}
