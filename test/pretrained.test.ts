// The shipped weights give the committed accuracies on the first 500 test images.

import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../src/index.ts";
import { grayBox, percentOf, type Attacks } from "../src/evaluate/gray-box.ts";
import { table1Attacks } from "../src/evaluate/table1-attacks.ts";
import { FULL } from "../src/paper/mnist.ts";
import type { Results } from "../src/paper/results.ts";
import { labAt } from "./tiny-weights.ts";

const pretrained = suite("pretrained");
const DIR = "results/mnist";
/**
 * One image is .2 points: another adapter's rounding may turn one or two, and few more where it also makes the attack.
 */
const LIMITS = { none: 0.4, fgsm: 1 };

const test = existsSync(`${DIR}/results.json`) ? pretrained : pretrained.skip;
test("every row has its committed accuracy on clean images, the first and the last also under FGSM", async () => {
  const results = JSON.parse(readFileSync(`${DIR}/results.json`, "utf8")) as Results;
  const gpu = await createEngine({ seed: 0 });
  const lab = labAt(gpu, `${DIR}/weights`, FULL);
  const model = await lab.model();
  const { FGSM } = table1Attacks(model, FULL.attack);
  for (const row of results.table1!) {
    const attacks: Attacks = { none: null,
      ...(["none", "cvae+g-signed"].includes(row.defence) && { fgsm: FGSM! }) };
    const [judged] = await grayBox(gpu, [await lab.defence(row.defence)], model, attacks, lab.batches(500));
    for (const [column, correct] of Object.entries(judged!.correct) as ["none" | "fgsm", boolean[]][]) {
      const due = row.first500![column];
      assert.ok(Math.abs(percentOf(correct) - due) <= LIMITS[column], `${row.defence} ${column}: ` +
        `${percentOf(correct)} %, ${due} % is committed`);
    }
  }
  gpu.close();
});

pretrained.run();
