import source from "../../../shaders/layout/triangle.wgsl";
import { record } from "../../engine/grad/tape.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { describeValue, quadsOf, type Tensor } from "../../engine/tensor.ts";
import { checkTensor, fail } from "../check.ts";

const triangle = kernel("shaders/layout/triangle.wgsl", source);

function cut(op: string, x: Tensor, diagonal: number, UPPER: boolean): Tensor {
  checkTensor(op, "x", x);
  if (x.shape.length < 2) fail(op, "x needs at least 2 dimensions", { x });
  if (!Number.isInteger(diagonal)) fail(op, `diagonal is ${describeValue(diagonal)}; a whole number is due`, { x });
  const y = x.gpu.empty(x.shape);
  const [R, C] = x.shape.slice(-2) as [number, number];
  const n4 = quadsOf(x.shape);
  if (x.size) x.gpu.run(triangle, { x, y }, { n4, R, C, diagonal }, linearGrid(n4), { UPPER });
  return record(op, y, [x], (dy) => [cut(op, dy, diagonal, UPPER)]);
}

/** The matrices [.., R, C] of x with zeros above the diagonal; `diagonal` moves it up, as torch.tril. */
export const tril = (x: Tensor, diagonal = 0): Tensor => cut("tril", x, diagonal, false);

/** The matrices [.., R, C] of x with zeros below the diagonal; `diagonal` moves it up, as torch.triu. */
export const triu = (x: Tensor, diagonal = 0): Tensor => cut("triu", x, diagonal, true);
