// How well the clusters that C-VAE finds without labels agree with the labels: unsupervised accuracy by the best
// one-to-one matching, normalised mutual information, purity and sizes.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Autoencoder } from "../model/networks/autoencoder.ts";
import type { Batches } from "./batches.ts";
import { encodeAll } from "./encode.ts";

/** Numbers of clusters or of labels, 0 to k - 1. */
type Numbers = ArrayLike<number>;

/**
 * The assignment of least cost: for each row of an n x n table the column it takes, each column once.
 * The Hungarian method (Kuhn 1955, Munkres 1957) with potentials, one shortest augmenting path a row, in O(n^3):
 * E. Lawler, "Combinatorial Optimization: Networks and Matroids", 1976, section 5.7.
 * u and v are the potentials of rows and columns; a cost less both is never negative, and 0 where matched.
 */
export function hungarian(cost: readonly (readonly number[])[]): number[] {
  const n = cost.length;
  const ragged = cost.find((row) => row.length !== n || !row.every(Number.isFinite));
  if (ragged) throw new Error(`hungarian: a row [${ragged.join(", ")}] came, rows of ${n} finite numbers were due; ` +
    `give a square table`);
  const u = new Array<number>(n).fill(0);
  const v = new Array<number>(n).fill(0);
  const rowOf = new Array<number>(n).fill(-1);
  for (let row = 0; row < n; row++) augment(cost, row, u, v, rowOf);
  const columns = new Array<number>(n);
  rowOf.forEach((row, column) => (columns[row] = column));
  return columns;
}

/**
 * Gives `start` a column: Dijkstra over the reduced costs to the nearest free column, then rows shift along the path.
 */
function augment(cost: readonly (readonly number[])[], start: number, u: number[], v: number[], rowOf: number[]): void {
  const n = cost.length;
  const distance = new Array<number>(n).fill(Infinity);
  const previous = new Array<number>(n).fill(-1);
  const open = new Array<boolean>(n).fill(true);
  let [row, column, length] = [start, -1, 0];
  while (row !== -1) {
    let nearest = -1;
    for (let j = 0; j < n; j++) {
      if (!open[j]) continue;
      const through = length + cost[row]![j]! - u[row]! - v[j]!;
      if (through < distance[j]!) [distance[j], previous[j]] = [through, column];
      if (nearest === -1 || distance[j]! < distance[nearest]!) nearest = j;
    }
    column = nearest;
    length = distance[column]!;
    open[column] = false;
    row = rowOf[column]!;
  }
  u[start]! += length;
  for (let j = 0; j < n; j++) {
    if (open[j] || j === column) continue;
    u[rowOf[j]!]! += length - distance[j]!;
    v[j]! -= length - distance[j]!;
  }
  for (let j = column; j !== -1; j = previous[j]!) rowOf[j] = previous[j] === -1 ? start : rowOf[previous[j]!]!;
}

/** Counts [clusters][labels]: how many items of a cluster bear each label. */
function confusionTable(clusters: Numbers, labels: Numbers, k: number): number[][] {
  if (clusters.length !== labels.length || labels.length === 0) {
    throw new Error(`clustering: ${clusters.length} clusters and ${labels.length} labels came, one of each an image ` +
      `was due; give both of the same images`);
  }
  const classes = Math.max(...Array.from(new Set(Array.from(labels)))) + 1;
  const table = Array.from({ length: k }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = table[clusters[i]!];
    if (!row) throw new Error(`clustering: image ${i} is in cluster ${clusters[i]}; a whole number from 0 to ` +
      `${k - 1} was due`);
    row[labels[i]!]!++;
  }
  return table;
}

export interface Matching {
  /** Share of items whose cluster is matched with their label, in percent. */
  accuracy: number;
  /** The label of each cluster, each label once; null for a cluster that gets none (more clusters than labels). */
  matching: (number | null)[];
  /** [k][labels]: items of a cluster by label. */
  confusion: number[][];
}

/** Unsupervised accuracy: the best one-to-one matching of k clusters and the labels 0 to the largest that occurs. */
export function clusteringAccuracy(clusters: Numbers, labels: Numbers, k: number): Matching {
  const confusion = confusionTable(clusters, labels, k);
  const classes = confusion[0]!.length;
  const size = Math.max(k, classes);
  const cost = Array.from({ length: size },
    (_, i) => Array.from({ length: size }, (_, j) => -(confusion[i]?.[j] ?? 0)));
  const matching = hungarian(cost).slice(0, k).map((label) => (label < classes ? label : null));
  const right = matching.reduce<number>(
    (sum, label, cluster) => sum + (label === null ? 0 : confusion[cluster]![label]!),
    0,
  );
  return { accuracy: (100 * right) / labels.length, matching, confusion };
}

const entropy = (shares: readonly number[]): number =>
  shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/**
 * Normalised mutual information, 0 to 1: I(clusters; labels) over the arithmetic mean of the two entropies, the default
 * of scikit-learn's normalized_mutual_info_score. 1 where both have a single value.
 */
export function nmi(clusters: Numbers, labels: Numbers): number {
  const k = Array.from(clusters).reduce((a, b) => Math.max(a, b), 0) + 1;
  const table = confusionTable(clusters, labels, k);
  const shares = table.map((row) => row.map((count) => count / labels.length));
  const ofClusters = entropy(shares.map(total));
  const ofLabels = entropy(shares[0]!.map((_, label) => total(shares.map((row) => row[label]!))));
  if (ofClusters + ofLabels === 0) return 1;
  return Math.max(0, (2 * (ofClusters + ofLabels - entropy(shares.flat()))) / (ofClusters + ofLabels));
}

/** What a result file holds of one clustering. */
export interface Clustering {
  seed: number;
  /** Unsupervised accuracy in percent. */
  accuracy: number;
  /** 0 to 1. */
  nmi: number;
  /** Share of items that bear the commonest label of their cluster, in percent: never below the accuracy. */
  purity: number;
  /** Items of each cluster. */
  sizes: number[];
  /** The label of each cluster, null for none. */
  matching: (number | null)[];
}

/** All figures of one clustering of items with labels into k clusters. */
export function describeClustering(clusters: Numbers, labels: Numbers, k: number, seed: number): Clustering {
  const { accuracy, matching, confusion } = clusteringAccuracy(clusters, labels, k);
  const purity = (100 * total(confusion.map((row) => Math.max(...row)))) / labels.length;
  return { seed, accuracy, nmi: nmi(clusters, labels), purity, sizes: confusion.map(total), matching };
}

/** Clusters a test set and compares with its labels, which nothing but this comparison sees. means [K,d]. */
export async function clusterSet(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  seed: number): Promise<Clustering> {
  const { clusters, labels } = await encodeAll(gpu, net, means, set);
  return describeClustering(clusters, labels, means.shape[0]!, seed);
}
