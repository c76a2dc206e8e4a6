// What a new dataset and a new defence touch: one object each. Here both are made up (stripes.ts), and training and
// evaluation take them, in Node and in a browser, with the defences of the list beside them.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFENCES } from "../src/defences/index.ts";
import type { Defence } from "../src/defences/defence.ts";
import { toImageSet, type ByteSet } from "../src/data/dataset.ts";
import type { Purifier } from "../src/defences/purifier.ts";
import { batches } from "../src/evaluate/batches.ts";
import { epsCurves } from "../src/evaluate/eps-curves.ts";
import { grayBox, percentOf } from "../src/evaluate/gray-box.ts";
import { disposeAttacks, table1Attacks } from "../src/evaluate/table1-attacks.ts";
import { whiteBox } from "../src/evaluate/white-box.ts";
import { avgPool2d, createEngine, upsampleNearest2d, type Engine, type Tensor } from "../src/index.ts";
import type { Trainer } from "../src/train/trainer.ts";
import { SETTINGS, STRIPES, trainOnStripes } from "./stripes.ts";

const test = suite("a new dataset and a new defence");
const BLUR: Defence = { name: "blur", title: "blur",
  open: () => ({ purify: (x) => upsampleNearest2d(avgPool2d(x, 2), 2) }) };
const TRAINED = ["cvae", "cvae+g", "fast"];
const EPS = { eps: 0.1, alpha: 0.03, steps: 5 };

let gpu: Engine;
let trainer: Trainer;
let model: (x: Tensor) => Tensor;
test.before(async () => {
  gpu = await createEngine({ seed: 0 });
  trainer = await trainOnStripes(gpu, ["cnn", ...TRAINED]);
  const classifier = trainer.load("cnn", 0).classifier!;
  model = (x) => classifier.forward(x);
});
test.after(() => {
  trainer?.dispose();
  gpu.close();
});

async function open(defence: Defence): Promise<Purifier> {
  const network = defence.recipe && trainer.load(defence.recipe.name, 0);
  const train = STRIPES.read("train");
  const trainingImages = (n: number) => toImageSet({ ...train, bytes: train.bytes.subarray(0, n * 288), n } as ByteSet)
    .images;
  return { ...defence, ...(await defence.open({ gpu, settings: SETTINGS, dataset: STRIPES, seed: 0, network,
    trainingImages })) };
}

test("gray box: every defence of the list, and one that is not in it", async () => {
  const fits = ({ name, recipe }: Defence) =>
    recipe ? TRAINED.includes(recipe.name) : name !== "pca-350"; // of 288 pixels
  const listed = DEFENCES.filter(fits);
  assert.ok(listed.length > 8);
  const defences = await Promise.all([...listed, BLUR].map(open));
  const attacks = table1Attacks(model, EPS);
  const judged = await grayBox(gpu, defences, model, attacks, batches(STRIPES.read("test"), 32));
  disposeAttacks(attacks);
  const percent = (name: string, attack: string) =>
    percentOf(judged.find(({ defence }) => defence === name)!.correct[attack]!);
  assert.ok(percent("none", "None") > 90, `${percent("none", "None")} % clean`);
  assert.ok(percent("none", "PGD") < percent("none", "None"));
  assert.equal(judged.map((j) => Object.keys(j.correct)), defences.map(() => Object.keys(attacks)));
});

test("accuracy over eps, and white box on a purifier with noise", async () => {
  const cvae = await open(DEFENCES.find(({ name }) => name === "cvae+g")!);
  const { curves } = await epsCurves(gpu, [cvae], model, batches(STRIPES.read("test"), 32), [0, 0.1, 0.3], EPS);
  assert.ok(curves[0]!.values[0]! >= curves[0]!.values[2]!);
  const { rows: [row] } = await whiteBox(gpu, [cvae], model, toImageSet(STRIPES.read("test")),
    { batch: 8, images: 8, eps: [0.1], fresh: 3, bpda: { lr: 1, steps: 5, images: 8 },
      pgd: { steps: 3, alpha: 0.3, restarts: 1 }, eot: { draws: 2, steps: 2, average: "gradients" } });
  assert.is(row!.eps[0]!.attacks.sampler!.mean_latent.n, 8);
  assert.ok(row!.eps[0]!.worst.mean_latent.percent <= row!.clean.mean_latent.percent);
});

test.run();
