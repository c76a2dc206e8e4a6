// Figure 2: clean test digits by cluster, each with its reconstruction. Figure 3: samples around the mean of each
// cluster.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import { bytesToUnit } from "../../data/images.ts";
import { hostRandom } from "../../model/host-random.ts";
import type { Batches } from "../../evaluate/batches.ts";
import { imageGrid, type GridRow } from "../../report/png.ts";
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

/**
 * Two rows a cluster: originals, and under them reconstructions with the true digit ("!" where it is not the
 * cluster's).
 */
export function clusterGrid(rows: readonly ClusterRow[], shape: Batches["shape"],
  { title = "Clean test images by cluster", classes = [] as readonly string[] } = {}): Uint8Array {
  const white = () => new Float32Array(shape[0] * shape[1] * shape[2]).fill(1);
  const grid = rows.flatMap((row, y): GridRow[] => {
    if (row.originals.length !== row.reconstructions.length)
      throw new Error(`clusterGrid: cluster ${y} has ${row.originals.length} values of originals and ` +
        `${row.reconstructions.length} of reconstructions; give as many`);
    const size = `${row.size.toLocaleString("en-US")} image${row.size === 1 ? "" : "s"}`;
    const most = `mostly ${classes[row.label] ?? row.label} (${Math.round(100 * row.share)} %)`;
    const words = `cluster ${y}: ${row.size ? `${size}\n${most}` : "empty"}`;
    const captions = row.labels.map((label) => `${classes[label] ?? label}${label === row.label ? "" : " !"}`);
    return [
      { label: words, images: row.size ? row.originals : white() },
      { label: "reconstructed", images: row.size ? row.reconstructions : white(), captions },
    ];
  });
  return imageGrid({ title, shape, rows: grid, scale: 2 });
}

/** Figure 2: the first `count` images of each cluster. `encoded` spares a second pass over the images. */
export async function figure2(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  { count = SHOWN, encoded, classes = [] }: { count?: number; encoded?: Encoded; classes?: readonly string[] } = {}):
  Promise<Uint8Array> {
  const { mu, clusters, labels } = encoded ?? (await encodeAll(gpu, net, means, set));
  const rows: ClusterRow[] = [];
  for (const { members, ...cluster } of summarise(clusters, labels, means.shape[0]!)) {
    const shown = members.slice(0, count);
    const z = join(shown.map((i) => mu.subarray(i * net.latent, (i + 1) * net.latent)));
    const reconstructions = shown.length ? await decodeHost(gpu, net, z) : z;
    rows.push({ ...cluster, originals: join(shown.map((i) => imageOf(set, i))), reconstructions,
      labels: shown.map((i) => labels[i]!) });
  }
  return clusterGrid(rows, set.shape, { classes });
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
  { count = SHOWN, seed = 0, names = [] as readonly string[] } = {}): Promise<Uint8Array> {
  const host = await means.data();
  const [k, d] = means.shape as [number, number];
  const random = hostRandom(seed);
  const rows: GridRow[] = [];
  for (let y = 0; y < k; y++) {
    const images = await decodeHost(gpu, net, around(spreadOut(host.subarray(y * d, (y + 1) * d), net), count, random));
    rows.push({ label: `cluster ${y}${names[y] ? `\n${names[y]}` : ""}`, images });
  }
  return imageGrid({ title: "Samples of each cluster: z from N(mu_y, I), decoded", shape, columns: ["mean"], rows,
    scale: 2 });
}
