// The losses of the three autoencoders, per image summed over pixels and latent dimensions, then the mean over the
// batch. lam = 1 / sigma_x^2 weighs the reconstruction.

import type { Tensor } from "../engine/tensor.ts";
import { add, gaussianKl, mean, mul, reparameterize, squaredError } from "../kernels/index.ts";
import type { Autoencoder } from "./networks/autoencoder.ts";
import { clusterPrior, flatCode } from "./clusters.ts";

/** [N]: lam/2 |target - xhat|^2 */
const reconstruction = (target: Tensor, xhat: Tensor, lam: number): Tensor => mul(squaredError(xhat, target), lam / 2);

/** Denoising autoencoder, no noise in z and no prior: input and target [N,C,H,W] to a scalar. */
export const daeLoss = (net: Autoencoder, input: Tensor, target: Tensor, lam: number): Tensor =>
  mean(reconstruction(target, net.decode(net.encode(input).mu), lam));

/**
 * VAE (Kingma and Welling 2014): reconstruction + kl * KL(Q(z|x) || N(0, I)), one draw of z; input and target
 * [N,C,H,W] to a scalar.
 */
export function vaeLoss(net: Autoencoder, input: Tensor, target: Tensor, lam: number, kl = 1): Tensor {
  const code = net.encode(input);
  const xhat = net.decode(reparameterize(code.mu, code.logvar));
  const [mu, logvar] = [flatCode(code.mu), flatCode(code.logvar)];
  return mean(add(reconstruction(target, xhat, lam), mul(gaussianKl(mu, logvar), kl)));
}

/**
 * C-VAE: reconstruction + sum_y q_y [ -1/2 log det Sigma(x) + 1/2 |z - mu_y|^2 ] + KL(q | uniform) - d/2, with
 * q = Q(y|z) = softmax_y(-1/2 |z - mu_y|^2). The plus before the distance is right; the paper's Eq. 9 prints a minus.
 * means [K,d] are the learned cluster means mu_y.
 */
export function cvaeLoss(net: Autoencoder, means: Tensor, input: Tensor, target: Tensor, lam: number): Tensor {
  const { mu, logvar } = net.encode(input);
  const z = reparameterize(mu, logvar);
  const prior = clusterPrior(z, logvar, means);
  return add(mean(add(reconstruction(target, net.decode(z), lam), prior)), -net.latent / 2);
}
