import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkBias, checkTensor, checkRank, fail } from "../check.ts";
import { sum } from "../reduce/sum.ts";
import { gemm } from "./gemm.ts";
import { matmul } from "./matmul.ts";
import { reduceMiddle } from "../reduce/reduceAxes.ts";

/**
 * y = x weight^T + bias. x [N,in], weight [out,in], bias [out] -> y [N,out]; as torch.nn.functional.linear. The three
 * products are one kernel family, shaders/matmul*.wgsl.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  checkRank("linear", "x", checkTensor("linear", "x", x), 2, "[N,in]");
  checkRank("linear", "weight", checkTensor("linear", "weight", weight), 2, "[out,in]");
  const [N, I] = x.shape as [number, number];
  const O = weight.shape[0]!;
  if (weight.shape[1] !== I) fail("linear", `weight takes ${weight.shape[1]} inputs, x has ${I}`, { x, weight });
  checkBias("linear", bias, O);
  const flat = { b: 1, batchA: 0, batchB: 0 };
  const y = gemm(x, weight, { ...flat, M: N, N: O, K: I, transA: false, transB: true, bias }).view([N, O]);
  return record("linear", y, bias ? [x, weight, bias] : [x, weight], (dy, [needX, needW, needB]) => y.gpu.tape ? [
    matmul(dy, weight), matmul(dy, x, { transposeA: true }), sum(dy, 0),
  ] : [
    needX ? gemm(dy, weight, { ...flat, M: N, N: I, K: O, transA: false, transB: false }).view(x.shape) : null,
    needW ? gemm(dy, x, { ...flat, M: O, N: I, K: N, transA: true, transB: false }).view(weight.shape) : null,
    needB ? reduceMiddle(dy, 1, N, O).view([O]) : null,
  ]);
}
