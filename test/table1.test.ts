// Table 1 on networks whose every answer is known; intervals and McNemar against scipy's numbers; curves and seeds.

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Engine, type Model, type Tensor } from "../src/index.ts";
import { epsCurves } from "../src/evaluate/eps-curves.ts";
import { batches } from "../src/evaluate/batches.ts";
import { grayBox } from "../src/evaluate/gray-box.ts";
import { NO_DEFENCE, type Purifier } from "../src/defences/purifier.ts";
import type { AttackBudget } from "../src/evaluate/eps-curves.ts";
import { purify } from "../src/model/networks/autoencoder.ts";
import { disposeAttacks, table1Attacks } from "../src/evaluate/table1-attacks.ts";
import type { SeedRow } from "../src/paper/results.ts";
import { clopperPearson } from "../src/evaluate/stats.ts";
import { COLUMN_NAMES, compareRows, measuredRow, summariseSeeds, verdictsOf } from "../src/paper/measured.ts";
import { IDENTITY, linearNet, NOTHING, tenImages, TRUTH, twoPixels } from "./tiny.ts";
import { held } from "../src/verify/held.ts";

const tables = suite("table 1");
const BUDGET = { eps: 0.1, alpha: 0.025, steps: 10 };
const near = (got: number, due: number, within = 1e-9) => assert.ok(Math.abs(got - due) <= within, `${got}, due ` +
  `${due}`);

const byNet = (gpu: Engine, name: string, rows: number[][]): Purifier => {
  const net = linearNet(gpu, rows);
  return { name, title: name, purify: (x) => purify(net, x) };
};

const makeDefences = (gpu: Engine): Purifier[] =>
  [NO_DEFENCE, byNet(gpu, "dae", IDENTITY), byNet(gpu, "vae", NOTHING), byNet(gpu, "cvae+g", TRUTH)];

/** The verdicts of Table 1 on ten images. */
async function verdicts(gpu: Engine, defences: readonly Purifier[], model: Model, budget: AttackBudget,
  signal?: AbortSignal) {
  const attacks = table1Attacks(model, budget);
  try {
    return (await grayBox(gpu, defences, model, attacks, batches(tenImages(), 5), { signal })).map(verdictsOf);
  } finally {
    disposeAttacks(attacks);
  }
}

tables("every cell, interval and comparison is the one that the images give", async () => {
  const gpu = await createEngine({ seed: 1 });
  const classifier = twoPixels(gpu);
  const found = await verdicts(gpu, makeDefences(gpu), (x) => classifier.forward(x), BUDGET);
  const [rows, mcnemar] = [found.map(measuredRow), compareRows(found)];
  const percents = rows.map((row) => [row.defence, ...COLUMN_NAMES.map((column) => row[column])]);
  // radius 0.1 on two pixels moves the difference by 0.2: the four images with |a - 0.5| of 0.05 and 0.15 fall
  assert.equal(percents, [
    ["none", 100, 60, 60, 60, 60],
    ["dae", 100, 60, 60, 60, 60],
    ["vae", 50, 50, 50, 50, 50],
    ["cvae+g", 100, 100, 100, 100, 100],
  ]);
  const [low, high] = clopperPearson(6, 10);
  assert.equal(rows[0]!.intervals.pgd, [100 * low, 100 * high]);
  assert.ok(rows.every((row) => row.n === 10));
  assert.equal(mcnemar.map((c) => [c.reference, c.other]), [["cvae+g", "none"], ["cvae+g", "dae"], ["cvae+g", "vae"]]);
  assert.equal(mcnemar[0]!.none, { b: 0, c: 0, p: 1 });
  near(mcnemar[0]!.fgsm.p, 2 / 2 ** 4);
  assert.equal([mcnemar[0]!.fgsm.b, mcnemar[0]!.fgsm.c], [4, 0]);
  assert.equal(JSON.parse(JSON.stringify(rows)), rows);
  assert.not.match(JSON.stringify({ rows, mcnemar }), "true");
  gpu.close();
});

tables("any subset of rows will do, and nothing is left in memory, not even after a stop", async () => {
  const gpu = await createEngine({ seed: 1 });
  const [classifier, defences] = [twoPixels(gpu), makeDefences(gpu)];
  const before = held(gpu);
  const model = (x: Tensor) => classifier.forward(x);
  const found = await verdicts(gpu, [defences[1]!], model, BUDGET);
  assert.equal([found.map((row) => measuredRow(row).fgsm), compareRows(found)], [[60], []]);
  assert.equal(held(gpu), before);
  const stop = await verdicts(gpu, defences, model, BUDGET, AbortSignal.abort(new Error("stopped")))
    .catch((e: Error) => e.message);
  assert.is(stop, "stopped");
  assert.equal(held(gpu), before);
  gpu.close();
});

tables("intervals and p-values are scipy's, from arrays of right and wrong", () => {
  const stored = JSON.parse(readFileSync("cases/stats.json", "utf8")) as {
    binomial_ci: { k: number; n: number; level: number; clopper_pearson: number[]; }[];
    mcnemar: { b: number; c: number; exact_mcnemar_p: number; }[];
  };
  const columns = (correct: boolean[]) => ({ none: correct, fgsm: correct, ifgsm: correct, pgd: correct,
    mifgsm: correct });
  const cases = stored.binomial_ci.filter(({ level }) => level === 0.95);
  assert.ok(cases.length > 0 && stored.mcnemar.length > 0);
  for (const { k, n, clopper_pearson: due } of cases) {
    const row = measuredRow({ defence: "dae", correct: columns(Array.from({ length: n }, (_, i) => i < k)) });
    near(row.mifgsm, (100 * k) / n);
    row.intervals.mifgsm.forEach((bound, i) => near(bound, 100 * due[i]!));
  }
  for (const { b, c, exact_mcnemar_p: due } of stored.mcnemar) {
    const both = [true, true, false]; // right or wrong in both, which must not count
    const rows = [
      { defence: "cvae+g-signed" as const,
        correct: columns([...both, ...Array<boolean>(b).fill(true), ...Array<boolean>(c).fill(false)]) },
      { defence: "cvae+g" as const,
        correct: columns([...both, ...Array<boolean>(b).fill(false), ...Array<boolean>(c).fill(true)]) },
    ];
    const [there, back] = compareRows(rows);
    assert.equal([there!.reference, there!.other, there!.pgd.b, there!.pgd.c], ["cvae+g-signed", "cvae+g", b, c]);
    assert.equal([back!.reference, back!.other, back!.pgd.b, back!.pgd.c], ["cvae+g", "cvae+g-signed", c, b]);
    near(there!.pgd.p, due);
  }
});

tables("defences that were judged on different images are not compared", () => {
  const row = (defence: "cvae+g" | "dae", n: number) => {
    const correct = Array<boolean>(n).fill(true);
    return { defence, correct: { none: correct, fgsm: correct, ifgsm: correct, pgd: correct, mifgsm: correct } };
  };
  assert.throws(() => compareRows([row("cvae+g", 4), row("dae", 5)]),
    /table1: 4 images of one defence and 5 of another came, the same images were due/);
});

tables("curves over eps: 100 at 0, and each radius takes the images that it can", async () => {
  const gpu = await createEngine({ seed: 1 });
  const [classifier, defences] = [twoPixels(gpu), makeDefences(gpu)];
  const before = held(gpu);
  const eps = [0, 0.05, 0.1, 0.2, 0.5];
  const result = await epsCurves(gpu, [defences[0]!, defences[3]!], (x) => classifier.forward(x),
    batches(tenImages(), 5), eps, BUDGET);
  assert.equal(held(gpu), before);
  assert.equal(result.curves, [
    { defence: "none", values: [100, 80, 60, 20, 0] },
    { defence: "cvae+g", values: [100, 100, 100, 100, 100] },
  ]);
  assert.equal([result.eps, result.attack, result.alpha, result.steps, result.images], [eps, "I-FGSM", 0.25, 10, 10]);
  gpu.close();
});

tables("the spread over seeds", () => {
  const row = (seed: number, v: number): SeedRow => ({ seed, defence: "cvae+g-signed", none: v, fgsm: 90, ifgsm: v,
    pgd: v, mifgsm: v });
  const summary = summariseSeeds([row(0, 96), row(1, 97), row(2, 98)]);
  assert.equal(summary.none, { mean: 97, min: 96, max: 98, std: 1 });
  assert.equal(summary.fgsm, { mean: 90, min: 90, max: 90, std: 0 });
  assert.equal([summary.defence, summary.seeds], ["cvae+g-signed", [0, 1, 2]]);
  assert.is(summariseSeeds([row(4, 96)]).pgd.std, 0);
  assert.throws(() => summariseSeeds([]),
    /summariseSeeds: no rows came, rows of one defence were due; give one row a seed/);
  assert.throws(() => summariseSeeds([row(0, 96), { ...row(1, 96), defence: "dae" }]),
    /rows of cvae\+g-signed and dae came/);
});

tables.run();
