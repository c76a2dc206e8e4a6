// Clusters against labels: the assignment against brute force, the figures against hand-computed ones, a tiny C-VAE.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../src/index.ts";
import { batches } from "../src/evaluate/batches.ts";
import { encodeAll } from "../src/evaluate/encode.ts";
import { clusteringAccuracy, clusterSet, describeClustering, hungarian,
  nmi } from "../src/evaluate/clustering.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { linearNet } from "./tiny.ts";
import { held } from "../src/verify/held.ts";

const clustering = suite("clustering");
const near = (got: number, due: number) => assert.ok(Math.abs(got - due) < 1e-12, `${got}, due ${due}`);
const costOf = (cost: number[][], columns: readonly number[]) =>
  columns.reduce((sum, column, row) => sum + cost[row]![column]!, 0);

/** The least cost over all n! assignments. */
function leastCost(cost: number[][], used: number[] = []): number {
  if (used.length === cost.length) return costOf(cost, used);
  const free = cost.map((_, column) => column).filter((column) => !used.includes(column));
  return Math.min(...free.map((column) => leastCost(cost, [...used, column])));
}

clustering("the assignment is a permutation of least cost, up to 6 x 6, with ties and negative costs", () => {
  const random = hostRandom(3);
  const tables = [1, 2, 3, 4, 5, 6].flatMap((n) => [3, 40, 1e6].flatMap((range) => Array.from({ length: 12 }, () =>
    Array.from({ length: n }, () => Array.from({ length: n }, () => Math.floor((random() - 0.6) * range))))));
  for (const cost of tables) {
    const columns = hungarian(cost);
    assert.equal([...columns].sort(), cost.map((_, i) => i));
    assert.is(costOf(cost, columns), leastCost(cost), JSON.stringify(cost));
  }
  assert.equal(hungarian([]), []);
  assert.equal(hungarian([[4, 1, 3], [2, 0, 5], [3, 2, 2]]), [1, 0, 2]);
});

clustering("a cost table that is not square or not finite is one sentence", () => {
  assert.throws(() => hungarian([[1, 2], [3]]),
    /hungarian: a row \[3\] came, rows of 2 finite numbers were due; give a square table/);
  assert.throws(() => hungarian([[NaN]]), /hungarian: a row \[NaN\] came/);
});

clustering("accuracy takes the best matching, also where a greedy one is worse", () => {
  // cluster 0: 3 of label 0 and 2 of label 1; cluster 1: 3 of label 0 and none of label 1; cluster 2 as label 2
  const clusters = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2];
  const labels = [0, 0, 0, 1, 1, 0, 0, 0, 2, 2];
  const result = clusteringAccuracy(clusters, labels, 3);
  assert.equal(result.matching, [1, 0, 2]);
  assert.equal(result.confusion, [[3, 2, 0], [3, 0, 0], [0, 0, 2]]);
  near(result.accuracy, 70);
  assert.equal(describeClustering(clusters, labels, 3, 7).sizes, [5, 3, 2]);
  near(describeClustering(clusters, labels, 3, 7).purity, 80);
});

clustering("more clusters than labels, fewer, and an empty one", () => {
  const more = describeClustering([0, 1, 2, 2], [0, 0, 1, 1], 4, 0);
  assert.is(more.accuracy, 75);
  assert.equal(more.matching.filter((label) => label !== null).sort(), [0, 1]);
  assert.is(more.matching[2], 1);
  assert.equal(more.sizes, [1, 1, 2, 0]);
  assert.is(more.purity, 100);
  const fewer = clusteringAccuracy([0, 0, 1, 1], [0, 1, 2, 2], 2);
  assert.is(fewer.accuracy, 75);
  assert.is(fewer.matching[1], 2);
});

clustering("NMI: 1 for the same split under any names, 0 for independent ones, the arithmetic mean between", () => {
  near(nmi([0, 0, 1, 1], [1, 1, 0, 0]), 1);
  near(nmi([0, 1, 0, 1], [0, 0, 1, 1]), 0);
  near(nmi([0, 0, 0], [0, 1, 2]), 0);
  near(nmi([0, 0], [0, 0]), 1);
  const h = (...shares: number[]) => -shares.reduce((sum, p) => sum + p * Math.log(p), 0);
  const [a, b] = [h(0.5, 0.5), h(0.75, 0.25)];
  near(nmi([0, 0, 1, 1], [0, 0, 0, 1]), (a + b - h(0.5, 0.25, 0.25)) / ((a + b) / 2));
  near(nmi([0, 0, 1, 1], [0, 0, 0, 1]), 0.343711018485451);
});

clustering("wrong clusters and labels are one sentence", () => {
  assert.throws(() => clusteringAccuracy([0, 2], [0, 1], 2),
    /clustering: image 1 is in cluster 2; a whole number from 0 to 1 was due/);
  assert.throws(() => clusteringAccuracy([0], [0, 1], 2),
    /clustering: 1 clusters and 2 labels came, one of each an image was due/);
});

clustering("every image goes to the nearest of the means, over batches, and leaves nothing behind", async () => {
  const gpu = await createEngine();
  const set = { images: Float32Array.of(0.1, 0.1, 0, 0.8, 0.2, 0, 0.2, 0.9, 0, 0.9, 0.9, 0, 0, 0.2, 0, 1, 0, 0),
    labels: Int32Array.of(2, 0, 1, 1, 2, 0), n: 6, shape: [1, 1, 3] as const };
  const means = gpu.tensor([1, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3]);
  const net = linearNet(gpu, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
  const before = held(gpu);
  assert.equal([...(await encodeAll(gpu, net, means, batches(set, 2))).clusters], [2, 0, 1, 0, 2, 0]);
  assert.equal(held(gpu), before);
  const result = await clusterSet(gpu, net, means, batches(set, 3), 5);
  assert.equal({ ...result, nmi: 0 }, { seed: 5, accuracy: (100 * 5) / 6, nmi: 0, purity: (100 * 5) / 6,
    sizes: [3, 1, 2], matching: [0, 1, 2] });
  assert.equal(JSON.parse(JSON.stringify(result)), result);
  gpu.close();
});

clustering.run();
