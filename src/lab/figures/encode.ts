// What the figures need of a network on the host: latent means, clusters and reconstructions.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { argmax, clusterLogits } from "../../kernels/index.ts";
import type { Autoencoder } from "../../model/autoencoder.ts";
import type { Batches } from "../evaluate.ts";

export interface Encoded {
  /** Latent means, [n,d]. */
  mu: Float32Array;
  /** The cluster of each image, argmax_y Q(y|mu(x)), [n]. */
  clusters: Int32Array;
  /** [n] */
  labels: Int32Array;
}

/** Latent means and clusters of the first `count` images (all by default). means [K,d]. */
export async function encodeAll(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  count = set.size * set.images.length): Promise<Encoded> {
  const step = gpu.capture((x) => {
    const { mu } = net.encode(x);
    return { mu, cluster: argmax(clusterLogits(mu, means), { dim: 1 }) };
  });
  const n = Math.min(count, set.size * set.images.length);
  const out: Encoded = { mu: new Float32Array(n * net.latent), clusters: new Int32Array(n), labels: new Int32Array(n) };
  try {
    for (let i = 0; i * set.size < n; i++) {
      const { mu, cluster } = step({ data: set.images[i]!, shape: [set.size, ...set.shape] });
      const left = Math.min(set.size, n - i * set.size);
      out.mu.set((await mu.data()).subarray(0, left * net.latent), i * set.size * net.latent);
      out.clusters.set((await cluster.data<Int32Array>()).subarray(0, left), i * set.size);
      out.labels.set(set.labels[i]!.subarray(0, left), i * set.size);
    }
  } finally {
    step.dispose();
  }
  return out;
}

/** z [n,d] on the host to images [n,C,H,W]. */
export async function decodeHost(gpu: Engine, net: Autoencoder, z: Float32Array): Promise<Float32Array> {
  const x = gpu.scope(() => net.decode(gpu.tensor(z, [z.length / net.latent, net.latent])));
  const images = await x.data();
  x.dispose();
  return images;
}
