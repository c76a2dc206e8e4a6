import source from "../../../shaders/pointwise/where.wgsl";
import { record, stopGradient } from "../../engine/grad/tape.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { quadsOf, type Tensor } from "../../engine/tensor.ts";
import { broadcastShape, checkAnyTensor, checkTensor, sameShape } from "../check.ts";
import { expand, sumTo } from "../layout/expand.ts";

const entry = (name: string) => kernel("shaders/pointwise/where.wgsl", source, { entry: name });
const [forward, backwardA, backwardB] = [entry("forward"), entry("backward_a"), entry("backward_b")];

/**
 * a where cond is not 0, else b; the shapes of all three broadcast; a and b may be numbers. cond may have any type and
 * gets no gradient. A NaN that is not chosen does no harm, in the gradient neither.
 */
export function where(cond: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  return checkAnyTensor("where", "cond", cond).gpu.scope(() => choose(cond, a, b));
}

function choose(cond: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const { gpu, dtype: C } = cond;
  const operand = (name: string,
    t: Tensor | number) => (typeof t === "number" ? gpu.full([], t) : checkTensor("where", name, t));
  const [ta, tb] = [operand("a", a), operand("b", b)];
  const shape = broadcastShape("where", { shape: broadcastShape("where", cond, ta) }, tb);
  const full = (t: Tensor) => (sameShape(t.shape, shape) ? t : expand(stopGradient(t), shape));
  const mask = full(cond);
  const params = { n4: quadsOf(shape) };
  const grid = linearGrid(params.n4);
  const y = gpu.empty(shape);
  gpu.run(forward, { cond: mask, a: full(ta), b: full(tb), y }, params, grid, { C });
  const chosen = (k: typeof forward, dy: Tensor) => {
    const dx = gpu.empty(shape);
    gpu.run(k, { cond: mask, dy, dx }, params, grid, { C });
    return dx;
  };
  return record("where", y, [ta, tb], (dy, [needA, needB]) => [
    needA ? sumTo(gpu.tape ? where(mask, dy, 0) : chosen(backwardA, dy), ta.shape) : null,
    needB ? sumTo(gpu.tape ? where(mask, 0, dy) : chosen(backwardB, dy), tb.shape) : null,
  ]);
}
