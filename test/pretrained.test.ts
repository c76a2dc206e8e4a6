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
  const rows = results.table1!;
  const attackedToo = rows.filter(({ defence }) => ["none", "cvae+g-signed"].includes(defence));
  const others = rows.filter((row) => !attackedToo.includes(row));
  for (const [some, attacks] of [[attackedToo, { none: null, fgsm: FGSM! }], [others, { none: null }]] as const) {
    const defences = await Promise.all(some.map((row) => lab.defence(row.defence)));
    const judged = await grayBox(gpu, defences, model, attacks as Attacks, lab.batches(500));
    for (const [i, { defence, first500 }] of some.entries())
      for (const [column, correct] of Object.entries(judged[i]!.correct) as ["none" | "fgsm", boolean[]][]) {
        const [percent, due] = [percentOf(correct), first500![column]];
        const what = `${defence} ${column}: ${percent} %, ${due} % is committed`;
        assert.ok(Math.abs(percent - due) <= LIMITS[column], what);
      }
  }
  gpu.close();
});

pretrained.run();
