import { record } from "../../engine/grad/tape.ts";
import { sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkOptions, checkTensor, fail, sameShape } from "../check.ts";
import { gemm, type Gemm } from "./gemm.ts";
import { reshape } from "../layout/reshape.ts";
import { reduceMiddle } from "../reduce/reduceAxes.ts";
import { sum } from "../reduce/sum.ts";

/** Which operands of matmul are transposed; neither by default. */
export interface MatmulOptions {
  /** Use a's (b's) last two dimensions the other way round, without a copy. */
  transposeA?: boolean;
  transposeB?: boolean;
}

/** One product with whole batches: dimensions before the last two agree, or one operand has none. */
function sizes(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions): Gemm & {
  lead: number[];
} {
  if (a.shape.length < 2 || b.shape.length < 2) fail("matmul", "both operands need at least 2 dimensions", { a, b });
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  if (leadA.length && leadB.length && !sameShape(leadA, leadB))
    fail("matmul", "the batch dimensions differ; expand one of them", { a, b });
  const [a1, a2] = a.shape.slice(-2) as [number, number];
  const [b1, b2] = b.shape.slice(-2) as [number, number];
  const [M, K] = transposeA ? [a2, a1] : [a1, a2];
  const [K2, N] = transposeB ? [b2, b1] : [b1, b2];
  if (K !== K2) fail("matmul", `the summed dimension is ${K} in a and ${K2} in b`, { a, b });
  const lead = [...(leadA.length ? leadA : leadB)];
  return { lead, b: sizeOf(lead), M, N, K, transA: transposeA, transB: transposeB, batchA: leadA.length ? M * K : 0,
    batchB: leadB.length ? K * N : 0 };
}

/** A gradient [b,..] summed over the batch where the operand had none. */
const fold = (d: Tensor, g: Gemm, operand: Tensor, batched: number): Tensor =>
  batched || g.b === 1 ? d.view(operand.shape) : reduceMiddle(d, 1, g.b, operand.size).view(operand.shape);

/** The gradients as products that can be differentiated again. */
function leftGradient(dy: Tensor, b: Tensor, a: Tensor, { transA, transB }: Gemm): Tensor {
  const da = transA
    ? matmul(b, dy, { transposeA: transB, transposeB: true })
    : matmul(dy, b, { transposeB: !transB });
  return summedTo(da, a);
}

function rightGradient(dy: Tensor, a: Tensor, b: Tensor, { transA, transB }: Gemm): Tensor {
  const db = transB
    ? matmul(dy, a, { transposeA: true, transposeB: transA })
    : matmul(a, dy, { transposeA: !transA });
  return summedTo(db, b);
}

/** Over the batch where the operand had none. */
const summedTo = (d: Tensor, operand: Tensor): Tensor =>
  d.shape.length === operand.shape.length ? d : reshape(sum(d, d.shape.slice(0, -2).map((_, i) => i)), operand.shape);

/** a [...,M,K] times b [...,K,N] -> [...,M,N], as torch.matmul for two dimensions or more; float32. */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkOptions("matmul", options, ["transposeA", "transposeB"]);
  Object.entries(options).forEach(([name, value]) => value === undefined || checkFlag("matmul", name, value));
  checkTensor("matmul", "a", a);
  checkTensor("matmul", "b", b);
  const { lead, ...g } = sizes(a, b, options);
  const { M, N, K, transA, transB, batchA, batchB } = g;
  const y = gemm(a, b, g).view([...lead, M, N]);
  const each = { b: g.b };
  return record("matmul", y, [a, b], (dy, [needA, needB]) => {
    if (y.gpu.tape) return [needA ? leftGradient(dy, b, a, g) : null, needB ? rightGradient(dy, a, b, g) : null];
    const da = () => transA
      ? gemm(b, dy, { ...each, M: K, N: M, K: N, transA: transB, transB: true, batchA: batchB, batchB: M * N })
      : gemm(dy, b, { ...each, M, N: K, K: N, transA: false, transB: !transB, batchA: M * N, batchB });
    const db = () => transB
      ? gemm(dy, a, { ...each, M: N, N: K, K: M, transA: true, transB: transA, batchA: M * N, batchB: batchA })
      : gemm(a, dy, { ...each, M: K, N, K: M, transA: !transA, transB: false, batchA, batchB: M * N });
    return [needA ? fold(da(), g, a, batchA) : null, needB ? fold(db(), g, b, batchB) : null];
  });
}
