// What the clusters of a C-VAE see of a latent code: all of it where it is a vector; of a spatial one its mean over the
// positions, since every position has the same means mu_y in R^d.

import type { Tensor } from "../engine/tensor.ts";
import { add, clusterLoss, expand, flatten, mean, mul, reshape, squaredError, sum } from "../kernels/index.ts";

const positionsOf = (z: Tensor): number => z.shape.slice(2).reduce((a, b) => a * b, 1);

/** Latent codes [N,d] as they are, or [N,d,h,w] to their means over the positions, [N,d]. */
export const clusterPoints = (z: Tensor): Tensor => (z.shape.length === 2 ? z : mean(z, { dim: [2, 3] }));

/**
 * Points and means whose squared distance is that of the whole code to the means, but for what all means share:
 * sum_p |z_p - mu_y|^2 = sum_p |z_p - zbar|^2 + P |zbar - mu_y|^2 over P positions.
 */
export function clusterView(z: Tensor, means: Tensor): { points: Tensor; means: Tensor } {
  if (z.shape.length === 2) return { points: z, means };
  const scale = Math.sqrt(positionsOf(z));
  return { points: mul(clusterPoints(z), scale), means: mul(means, scale) };
}

/**
 * The prior term of the C-VAE (see clusterLoss), [N], for a code [N,d] or [N,d,h,w]; in the second case the distance is
 * the sum over the positions and every position has the same means [K,d].
 */
export function clusterPrior(z: Tensor, logvar: Tensor, means: Tensor): Tensor {
  const view = clusterView(z, means);
  if (z.shape.length === 2) return clusterLoss(z, logvar, means);
  const [n, d] = z.shape as [number, number];
  const centre = expand(reshape(clusterPoints(z), [n, d, 1, 1]), z.shape);
  const spread = mul(squaredError(z, centre), 0.5);
  return add(clusterLoss(view.points, sum(logvar, { dim: [2, 3] }), view.means), spread);
}

/** A latent code as a matrix [N, all its numbers]. */
export const flatCode = (z: Tensor): Tensor => (z.shape.length === 2 ? z : flatten(z));
