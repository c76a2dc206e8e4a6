import source from "../../../shaders/pointwise/where.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGrad, record } from "../../engine/grad/tape.ts";
import { quadsOf, type Tensor } from "../../engine/tensor.ts";
import { broadcastShape, checkDType, sameShape } from "../check.ts";
import { expand } from "../layout/expand.ts";
import { sumTo } from "../reduce/sum.ts";

const [forward, backwardA, backwardB] = ["forward", "backward_a", "backward_b"].map((entry) => kernel("shaders/pointwise/where.wgsl", source, { entry }));

/**
 * a where cond is not 0, else b, with broadcasting of all three; a and b may be numbers. cond may have any type and gets
 * no gradient. A NaN that is not chosen does no harm, in the gradient neither.
 */
export function where(cond: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const gpu = cond.gpu;
  const [ta, tb] = [a, b].map((t) => (typeof t === "number" ? gpu.full([], t) : t)) as [Tensor, Tensor];
  checkDType("where", "a", ta, "f32");
  checkDType("where", "b", tb, "f32");
  const shape = broadcastShape("where", { shape: broadcastShape("where", cond, ta) }, tb);
  const full = (t: Tensor) => (sameShape(t.shape, shape) ? t : noGrad(gpu, () => expand(t, shape)));
  const mask = full(cond);
  const params = { n4: quadsOf(shape) };
  const C = cond.dtype;
  const y = gpu.empty(shape);
  gpu.run(forward!, { cond: mask, a: full(ta), b: full(tb), y }, params, linearGrid(params.n4), { C });
  return record("where", y, [ta, tb], (dy, needs) =>
    [backwardA!, backwardB!].map((k, i) => {
      if (!needs[i]) return null;
      const dx = gpu.empty(shape);
      gpu.run(k, { cond: mask, dy, dx }, params, linearGrid(params.n4), { C });
      return sumTo(dx, [ta, tb][i]!.shape);
    }),
  );
}
