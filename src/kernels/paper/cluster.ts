// What the ops of the cluster terms share; formulas in shaders/paper/cluster.wgsl.

import source from "../../../shaders/paper/cluster.wgsl";
import special from "../../../shaders/pointwise/special.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkRank, checkTensor, fail } from "../check.ts";
import { reduceMiddle } from "../reduce/reduceAxes.ts";

export const clusterKernel = (entry: string): Kernel =>
  kernel("shaders/paper/cluster.wgsl", source, { entry, parts: [special] });

const ROWS = 64; // images whose part of dmeans one thread adds up

export interface ClusterSizes {
  N: number;
  K: number;
  D: number;
  chunks: number;
}

/** Sizes of z [N,D] and means [K,D]. */
export function clusterSizes(op: string, z: Tensor, means: Tensor): ClusterSizes {
  checkRank(op, "z", checkTensor(op, "z", z), 2, "[N,D]");
  checkRank(op, "means", checkTensor(op, "means", means), 2, "[K,D]");
  if (means.shape[0] === 0) fail(op, "there are no means; [K,D] with K >= 1 is due", { means });
  if (z.shape[1] !== means.shape[1])
    fail(op, `z has ${z.shape[1]} latent dimensions, means has ${means.shape[1]}`, { z, means });
  return { N: z.shape[0]!, K: means.shape[0]!, D: z.shape[1]!, chunks: Math.ceil(z.shape[0]! / ROWS) };
}

/** Runs a dmeans entry in chunks and adds the chunks up. */
export function dmeans(k: Kernel, tensors: Record<string, Tensor>, size: ClusterSizes, means: Tensor): Tensor {
  const { K, D, chunks } = size;
  if (chunks === 0) return means.gpu.zeros([K, D]);
  const parts = means.gpu.empty([chunks, K, D]);
  means.gpu.run(k, { ...tensors, dx: parts }, { ...size }, linearGrid(parts.size));
  return chunks === 1 ? parts.view([K, D]) : reduceMiddle(parts, 1, chunks, K * D).view([K, D]);
}
