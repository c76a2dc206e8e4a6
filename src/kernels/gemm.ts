// C[b] = op(A[b]) op(B[b]) + bias: the matrix product behind matmul and linear, and its variants.

import plainSource from "../../shaders/matmul.wgsl";
import subgroupSource from "../../shaders/matmul_subgroup.wgsl";
import type { Engine } from "../engine/engine.ts";
import { kernel } from "../engine/shader.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Variant } from "../engine/tuner.ts";

export interface Gemm {
  /** Batch, rows and columns of C, summed dimension. */
  b: number;
  M: number;
  N: number;
  K: number;
  /** A is stored [K,M], B is stored [N,K]. */
  transA: boolean;
  transB: boolean;
  /** Elements from one batch entry to the next; 0 uses the same matrix for all. */
  batchA: number;
  batchB: number;
  bias?: Tensor;
  relu?: boolean;
}

const plain = kernel("shaders/matmul.wgsl", plainSource);
const subgroup = kernel("shaders/matmul_subgroup.wgsl", subgroupSource);

/** The subgroup tile needs whole vec4s along K and N, and along M where A is transposed. */
const aligned = (g: Gemm): boolean => g.K % 4 === 0 && g.N % 4 === 0 && (!g.transA || g.M % 4 === 0) && g.M * g.K > 0;

function variants(gpu: Engine, g: Gemm): Variant[] {
  const S = gpu.subgroupSize;
  const TM = g.M >= 16 ? 16 : g.M >= 8 ? 8 : 4;
  const QUADS = S <= 4 ? 2 : 1;
  const tile = { S, TM, QUADS, TRANS_A: g.transA, TRANS_B: g.transB };
  return [
    { name: "subgroup", kernel: subgroup, constants: tile, runs: () => S >= 4 && S <= 16 && aligned(g) },
    { name: "plain", kernel: plain, constants: {}, runs: () => true },
  ];
}

function launch(A: Tensor, B: Tensor, g: Gemm, v: Variant): Tensor {
  const gpu = A.gpu;
  const C = gpu.empty([g.b, g.M, g.N]);
  const sizes = { M: g.M, N: g.N, K: g.K, A_batch: g.batchA, B_batch: g.batchB, has_bias: Number(!!g.bias), relu: Number(!!g.relu) };
  const tensors = { A, B, bias: g.bias ?? A, C };
  if (v.kernel === subgroup) {
    const { S, TM, QUADS } = v.constants as Record<string, number>;
    gpu.run(v.kernel, tensors, sizes, [Math.ceil(g.N / (4 * S! * QUADS!)), Math.ceil(g.M / TM!), g.b], v.constants);
  } else {
    const groups = Math.ceil((Math.ceil(g.M / 4) * Math.ceil(g.N / 4)) / 64);
    const x = Math.min(groups, 65535);
    gpu.run(v.kernel, tensors, { ...sizes, trans_A: Number(g.transA), trans_B: Number(g.transB) }, [x, Math.ceil(groups / x), g.b]);
  }
  return C;
}

/** Sizes rounded up to powers of two: shapes of one class share the tuner's choice. */
const classOf = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** C [b,M,N]. */
export function gemm(A: Tensor, B: Tensor, g: Gemm): Tensor {
  const key = `${g.transA ? "T" : "N"}${g.transB ? "T" : "N"} ${[g.b, g.M, g.N, g.K].map(classOf).join("x")}${aligned(g) ? "" : " odd"}`;
  return A.gpu.tuner.launch("matmul", key, variants(A.gpu, g), (v) => launch(A, B, g, v));
}
