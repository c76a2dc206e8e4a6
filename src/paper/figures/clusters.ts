// Figure 2: clean test digits by cluster, each with its reconstruction. Figure 3: samples around the mean of each
// cluster.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import { bytesToUnit } from "../../data/images.ts";
import { hostRandom } from "../../model/host-random.ts";
import type { Batches } from "../../evaluate/batches.ts";
import { drawPictures, type Drawn, type PictureGroup, type PictureRow } from "../../report/pictures.ts";
import { counted } from "../../report/words.ts";
import { decodeHost, encodeAll, type Encoded } from "../../evaluate/encode.ts";

export const SHOWN = 12;

export interface Cluster {
  size: number;
  /** The most frequent label, -1 in an empty cluster. */
  label: number;
  /** Its share, 0 to 1. */
  share: number;
  /** The numbers of its images. */
  members: number[];
}

/** clusters and labels [n] -> the `k` clusters. Throws for a cluster outside 0 to k - 1. */
export function summarise(clusters: ArrayLike<number>, labels: ArrayLike<number>, k: number): Cluster[] {
  if (clusters.length !== labels.length) throw new Error(`clusters: ${clusters.length} images have a cluster and ` +
    `${labels.length} a label; give one of each`);
  const members = Array.from({ length: k }, (): number[] => []);
  for (let i = 0; i < clusters.length; i++) {
    const own = members[clusters[i]!];
    if (!own) throw new Error(`clusters: image ${i} is in cluster ${clusters[i]}, 0 to ${k - 1} were due`);
    own.push(i);
  }
  return members.map((own) => {
    const counts = new Map<number, number>();
    own.forEach((i) => counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1));
    const [label, most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [-1, 0];
    return { size: own.length, label, share: own.length ? most / own.length : 0, members: own };
  });
}

export interface ClusterRow extends Omit<Cluster, "members"> {
  /** [m,C,H,W] in [0,1]; none in an empty cluster. */
  originals: Float32Array;
  reconstructions: Float32Array;
  /** The label of each, [m]. */
  labels: readonly number[];
}

/** A group a cluster: each original over its reconstruction; the true class is marked where it is not the cluster's. */
export function clusterGroups(rows: readonly ClusterRow[], classes: readonly string[] = []): PictureGroup[] {
  return rows.map((row, y) => {
    if (row.originals.length !== row.reconstructions.length)
      throw new Error(`clusterGroups: cluster ${y} has ${row.originals.length} values of originals and ` +
        `${row.reconstructions.length} of reconstructions; give as many`);
    const most = `${counted(row.size, "image")}, mostly ${classes[row.label] ?? row.label} ` +
      `(${Math.round(100 * row.share)} %)`;
    return { title: `Cluster ${y}: ${row.size ? most : "empty"}`, stacked: true, rows: [
      { label: "original", images: row.originals },
      { label: "reconstructed", images: row.reconstructions,
        captions: row.labels.map((label) => classes[label] ?? String(label)),
        wrong: row.labels.map((label) => label !== row.label) },
    ] };
  });
}

/** Figure 2: the first `count` images of each cluster. `encoded` spares a second pass over the images. */
export async function figure2(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  { count = SHOWN, encoded, classes = [] }: { count?: number; encoded?: Encoded; classes?: readonly string[] } = {}):
  Promise<Drawn> {
  const { mu, clusters, labels } = encoded ?? (await encodeAll(gpu, net, means, set));
  const rows: ClusterRow[] = [];
  for (const { members, ...cluster } of summarise(clusters, labels, means.shape[0]!)) {
    const shown = members.slice(0, count);
    const z = join(shown.map((i) => mu.subarray(i * net.latent, (i + 1) * net.latent)));
    const reconstructions = shown.length ? await decodeHost(gpu, net, z) : z;
    rows.push({ ...cluster, originals: join(shown.map((i) => imageOf(set, i))), reconstructions,
      labels: shown.map((i) => labels[i]!) });
  }
  return drawPictures(clusterGroups(rows, classes), set.shape);
}

/** Image `i` of a set in [0,1], on the host. */
function imageOf({ size, shape, images }: Batches, i: number): Float32Array {
  const pixels = shape[0] * shape[1] * shape[2];
  const batch = images[Math.floor(i / size)]!;
  const own = batch.subarray((i % size) * pixels, ((i % size) + 1) * pixels);
  return own instanceof Float32Array ? own : bytesToUnit(own);
}

function join(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const a of arrays) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}

/** A cluster mean [d] as a whole code [net.latent]: the same at every position. */
function spreadOut(mean: Float32Array, { latent }: Autoencoder): Float32Array {
  const positions = latent / mean.length;
  return Float32Array.from({ length: latent }, (_, i) => mean[Math.floor(i / positions)]!);
}

/** One mean mu_y [d] and `count` draws from N(mu_y, I) after it, [1 + count, d]. */
export function around(mean: Float32Array, count: number, random: () => number): Float32Array {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float32Array.from({ length: (1 + count) * mean.length },
    (_, i) => mean[i % mean.length]! + (i < mean.length ? 0 : normal()));
}

/**
 * Figure 3: each mean decoded, and `count` samples around it, a row a cluster. Noise is drawn on the host from `seed`.
 */
export async function figure3(gpu: Engine, net: Autoencoder, means: Tensor, shape: Batches["shape"],
  { count = SHOWN, seed = 0, names = [] as readonly string[] } = {}): Promise<Drawn> {
  const host = await means.data();
  const [k, d] = means.shape as [number, number];
  const random = hostRandom(seed);
  const rows: PictureRow[] = [];
  for (let y = 0; y < k; y++) {
    const images = await decodeHost(gpu, net, around(spreadOut(host.subarray(y * d, (y + 1) * d), net), count, random));
    rows.push({ label: `cluster ${y}${names[y] ? `, ${names[y]}` : ""}`, images, captions: ["mean"] });
  }
  return drawPictures([{ rows }], shape);
}
