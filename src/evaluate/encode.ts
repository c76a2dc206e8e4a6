// What the figures need of a network on the host: latent means, clusters and reconstructions.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { argmax, clusterLogits } from "../kernels/index.ts";
import { decoded, type Autoencoder } from "../model/networks/autoencoder.ts";
import { clusterPoints, clusterView } from "../model/clusters.ts";
import { silent, type Begin } from "../report/progress.ts";
import { countOf, imagesOf, type Batches } from "./batches.ts";

export interface Encoded {
  /** Latent means, [n, net.latent]. */
  mu: Float32Array;
  /** What the clusters see of them (see clusterPoints), [n,d]. */
  points: Float32Array;
  /** The cluster of each image, argmax_y Q(y|mu(x)), [n]. */
  clusters: Int32Array;
  /** [n] */
  labels: Int32Array;
}

const encoder = (gpu: Engine, net: Autoencoder, means: Tensor) =>
  gpu.capture((x: Tensor) => {
    const { mu } = net.encode(x);
    const view = clusterView(mu, means);
    return { mu, points: clusterPoints(mu), cluster: argmax(clusterLogits(view.points, view.means), { dim: 1 }) };
  });

/** Latent means and clusters of the first `count` images (all by default). means [K,d]. */
export async function encodeAll(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  count = set.size * countOf(set), progress: Begin = silent): Promise<Encoded> {
  const step = encoder(gpu, net, means);
  const n = Math.min(count, set.size * countOf(set));
  const d = means.shape[1]!;
  const out: Encoded = { mu: new Float32Array(n * net.latent), points: new Float32Array(n * d),
    clusters: new Int32Array(n), labels: new Int32Array(n) };
  const bar = progress("encode", n);
  try {
    for (let i = 0; i * set.size < n; i++) {
      const x = imagesOf(gpu, set, i);
      const { mu, points, cluster } = step(x);
      const left = Math.min(set.size, n - i * set.size);
      out.mu.set((await mu.data()).subarray(0, left * net.latent), i * set.size * net.latent);
      out.points.set((await points.data()).subarray(0, left * d), i * set.size * d);
      out.clusters.set((await cluster.data<Int32Array>()).subarray(0, left), i * set.size);
      out.labels.set(set.labels[i]!.subarray(0, left), i * set.size);
      x.dispose();
      bar.tick(left);
    }
    bar.done();
  } finally {
    bar.stop();
    step.dispose();
  }
  return out;
}

/** Codes z [n, net.latent] on the host to images in [0,1], [n,C,H,W]. */
export async function decodeHost(gpu: Engine, net: Autoencoder, z: Float32Array): Promise<Float32Array> {
  const x = gpu.scope(() => decoded(net, gpu.tensor(z, [z.length / net.latent, ...net.latentShape])));
  const images = await x.data();
  x.dispose();
  return images;
}
