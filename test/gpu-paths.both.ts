// What only a GPU takes by itself, on whatever adapter there is: the engine believes that it has one, so sums are
// shared by sixteen lanes, statistics by thirty-two, the heavy ops take their tiles, and Winograd its large chunks.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Engine } from "../src/index.ts";
import { checkRow } from "../src/verify/table/check.ts";
import { rows } from "../src/verify/table/index.ts";
import { idOf } from "../src/verify/table/table.ts";

const CHOSEN = [
  "sum", "mean", "batchNorm", "conv2d many parts", "conv2d Winograd", "conv2d 65 output", "convTranspose2d 4x4",
  "linear a long sum", "matmul batched", "matmul a long sum", "expand", "logSoftmax", "gaussianKl", "clusterLoss",
];

const paths = suite("gpu paths");
let gpu: Engine;
paths.before(async () => {
  gpu = await createEngine();
  gpu.adapter.kind = "hardware";
});
paths.after(() => gpu.close());

const chosen = rows.filter((row) => CHOSEN.some((start) => idOf(row).startsWith(start)));
/** A browser runs the same kernels and takes longer: every third row. */
const taken = chosen.filter((_, i) => typeof process !== "undefined" || i % 3 === 0);
for (const row of taken) paths(idOf(row), async () => assert.equal(await checkRow(gpu, row), []));

paths("every choice begins some row", () => {
  for (const start of CHOSEN) assert.ok(chosen.some((row) => idOf(row).startsWith(start)), start);
});
paths.run();
