// Losses between two tensors of one shape: an op file gives a .wgsl text with f, dfa and dfb, this joins it to
// shaders/loss/pair_loss.wgsl, which multiplies, sums and scales in one pass.

import special from "../../../shaders/pointwise/special.wgsl";
import skeleton from "../../../shaders/loss/pair_loss.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { binary } from "../pointwise/binary.ts";
import { checkOptions, checkTensor, checkReduction, checkShape, type Reduction } from "../check.ts";
import { reduceMiddle } from "../reduce/reduceAxes.ts";

const TERMS = 64; // elements that one thread adds up

function checkPairOf(name: string, a: Tensor, b: Tensor): void {
  checkTensor(name, "the first input", a, "f32");
  checkTensor(name, "the second input", b, "f32");
  checkShape(name, "the second input", b, a.shape);
}

/** Sums f over each of the N rows of a and b seen as [N, P] and scales; the result has `shape` (N elements). */
// @__NO_SIDE_EFFECTS__
export function rowLoss(name: string,
  parts: string[]): (a: Tensor, b: Tensor, N: number, shape: Shape, scale: number) => Tensor {
  const file = `shaders/pointwise/${name}.wgsl`;
  const [rows1, rows4, da, db] = ["rows1", "rows4", "rows_da", "rows_db"].map((entry) =>
    kernel(file, skeleton, { entry, parts: [...parts, special] })
  );
  return (a, b, N, shape, scale) => {
    checkPairOf(name, a, b);
    const gpu = a.gpu;
    const P = a.size / N;
    const C = Math.max(1, Math.ceil(P / TERMS));
    const params = { N, P, C, n4: quadsOf(a.shape), scale };
    const total = gpu.scope(() => {
      const partial = gpu.empty([N, C]);
      if (P % 4 === 0) gpu.run(rows4!, { a4: a, b4: b, part: partial }, params, linearGrid(N * C));
      else gpu.run(rows1!, { a1: a, b1: b, part: partial }, params, linearGrid(N * C));
      return reduceMiddle(partial, N, C, 1, scale).view(shape);
    });
    return record(name, total, [a, b], (dy, needs) =>
      [da!, db!].map((k, i) => {
        if (!needs[i]) return null;
        const dx = gpu.empty(a.shape);
        gpu.run(k, { a4: a, b4: b, dy, dx }, params, linearGrid(params.n4));
        return dx;
      }),
    );
  };
}

/** A loss with a reduction: a scalar with "mean" (over all elements) and "sum", the inputs' shape with "none". */
// @__NO_SIDE_EFFECTS__
export function pairLoss(name: string,
  parts: string[]): (a: Tensor, b: Tensor, options?: { reduction?: Reduction; }) => Tensor {
  const total = rowLoss(name, parts);
  const elements = binary(name, parts);
  return (a, b, options = {}) => {
    checkOptions(name, options, ["reduction"]);
    const { reduction = "mean" } = options;
    checkPairOf(name, a, b);
    const { each, scale } = checkReduction(name, reduction, a.size);
    return each ? elements(a, b) : total(a, b, 1, [], scale);
  };
}
