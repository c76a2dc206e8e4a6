import source from "../../../shaders/random/dropout.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { philox } from "../../engine/random.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { quadsOf, type Draws, type Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkTensor } from "../check.ts";

const dropoutKernel = kernel("shaders/random/dropout.wgsl", source, { parts: [philox] });

/** x with the mask of a ticket; its gradient is the same op on dy. */
function masked(x: Tensor, draw: Tensor, p: number): Tensor {
  const y = x.gpu.empty(x.shape);
  const n4 = quadsOf(x.shape);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  x.gpu.run(dropoutKernel, { draw, x, y }, { n4, p, scale }, linearGrid(n4));
  return record("dropout", y, [x], (dy) => [masked(dy, draw, p)]);
}

/**
 * Sets each element of x, of any shape, to 0 with probability `p` (0 to 1) and divides the others by 1 - p. For
 * training only.
 */
export function dropout(x: Tensor, p = 0.5, generator?: Draws): Tensor {
  checkTensor("dropout", "x", x);
  checkNumber("dropout", "p", p, 0, 1);
  return x.gpu.scope(() => masked(x, (generator ?? x.gpu.random).draw(), p));
}
