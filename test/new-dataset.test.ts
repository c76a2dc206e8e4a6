// Figures and clusters of a made-up data set, see stripes.ts; new-dataset.both.ts has the rest.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batches } from "../src/evaluate/batches.ts";
import { clusterSet } from "../src/evaluate/clustering.ts";
import { disposeAttacks, table1Attacks } from "../src/evaluate/table1-attacks.ts";
import { avgPool2d, createEngine, upsampleNearest2d, type Tensor } from "../src/index.ts";
import { figure2, figure3 } from "../src/paper/figures/clusters.ts";
import { figure4 } from "../src/paper/figures/adversarial.ts";
import { CLASSES, SHAPE, STRIPES, trainOnStripes } from "./stripes.ts";

const test = suite("a new dataset");
const blur = (x: Tensor): Tensor => upsampleNearest2d(avgPool2d(x, 2), 2);

test("is clustered and drawn", async () => {
  const gpu = await createEngine({ seed: 0 });
  const trainer = await trainOnStripes(gpu, ["cnn", "cvae"]);
  const classifier = trainer.load("cnn", 0).classifier!;
  const model = (x: Tensor) => classifier.forward(x);
  const network = trainer.load("cvae", 0);
  const set = batches(STRIPES.read("test"), 32);
  const means = network.means!.get("means");
  assert.is((await clusterSet(gpu, network.net!, means, set, 0)).sizes.length, 3);
  const attacks = table1Attacks(model, { eps: 0.1, alpha: 0.03, steps: 5 });
  const { None: _, ...four } = attacks;
  for (const { png } of [await figure2(gpu, network.net!, means, set, { classes: CLASSES }),
    await figure3(gpu, network.net!, means, SHAPE),
    await figure4(gpu, set, four, model, [{ label: "blur", purify: blur }], { count: 4, classes: CLASSES })])
    assert.ok(png.length > 400);
  disposeAttacks(attacks);
  trainer.dispose();
  gpu.close();
});

test.run();
