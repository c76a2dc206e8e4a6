// The test images as a network codes them: all codes at once, what they decode to when it is asked for.

import type { Engine } from "../src/index.ts";
import { decoded, type Autoencoder } from "../src/model/networks/autoencoder.ts";
import { nameClusters, nearestMeans, type Named } from "./clusters.ts";
import { unit, type Images, type Lab } from "./lab.ts";

const AT_ONCE = 250;

export interface Codes {
  gpu: Engine;
  net: Autoencoder;
  /** mu(x), [n,d]. */
  all: Float32Array;
  /** Of a C-VAE: means [K,d], the cluster of each image, what most of its images are. */
  clusters: { means: Float32Array; of: Int32Array; names: Named[] } | null;
}

/** Codes of the first n images; `told` hears how many are done, and ends it by an error. */
export async function encodeAll(lab: Lab, images: Images, name: string, n: number,
  told: (done: number) => void): Promise<Codes> {
  const gpu = await lab.gpu();
  const { net, means: kept } = await (await lab.networks()).purifier(images.name, name);
  const d = net!.latent;
  const all = new Float32Array(n * d);
  for (let from = 0; from < n; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, n - from);
    const mu = gpu.scope(() => net!.encode(gpu.tensor(unit(images, from, count), [count, ...images.shape])).mu);
    all.set(await mu.data(), from * d);
    mu.dispose();
    told(from + count);
  }
  const means = kept ? await kept.data() : null;
  return { gpu, net: net!, all, clusters: means && clustersOf(all, means, d, images.labels) };
}

function clustersOf(codes: Float32Array, means: Float32Array, d: number, labels: readonly number[]): Codes["clusters"] {
  const of = nearestMeans(codes, means, d);
  return { means, of, names: nameClusters(of, labels, means.length / d) };
}

/** The image [C,H,W] in [0,1] that a code [d] decodes to. */
export async function decodeOne({ gpu, net }: Codes, code: Float32Array): Promise<Float32Array> {
  const image = gpu.scope(() => decoded(net, gpu.tensor(code, [1, net.latent])));
  const pixels = await image.data();
  image.dispose();
  return pixels;
}
