// The audit on defences of which the answer is known, in Node and in a browser: an undefended network is broken, an
// adversarially trained one passes the checks, purifiers that hide their gradient are found out; parts join to the bits
// of the whole.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toImageSet, type ByteSet } from "../src/data/dataset.ts";
import { auditBlocks, compareAudits, evaluateDefence, summarise, type Audit } from "../src/evaluate/audit/audit.ts";
import { auditSettings } from "../src/evaluate/audit/options.ts";
import { joinParts, partOf, type AuditIdentity } from "../src/evaluate/audit/part.ts";
import { attackTable, auditSentence, checkLines } from "../src/evaluate/audit/tables.ts";
import { add, createEngine, div, floor, mul, randn, cat, type Engine, type Tensor } from "../src/index.ts";
import { textTable } from "../src/report/table.ts";
import type { Trainer } from "../src/train/trainer.ts";
import { STRIPES, trainOnStripes } from "./stripes.ts";

const test = suite("audit");
const QUICK = { eps: 0.3, steps: 8, restarts: 1, queries: 40, draws: 2, fresh: 4, batch: 8 };
const set = toImageSet({ ...STRIPES.read("test") } as ByteSet);
const images = { ...set, images: set.images.slice(0, 16 * 288), labels: set.labels.slice(0, 16), n: 16 };
let gpu: Engine;
let trainer: Trainer;
let classify: (x: Tensor) => Tensor;
test.before(async () => {
  gpu = await createEngine({ seed: 0 });
  trainer = await trainOnStripes(gpu, ["cnn", "pgd-7"]);
  const net = trainer.load("cnn", 0).classifier!;
  classify = (x) => net.forward(x);
});
test.after(() => {
  trainer?.dispose();
  gpu.close();
});

const markOf = (audit: Audit, name: string) => audit.checks.find((check) => check.name === name)!.mark;
const masked = (audit: Audit) =>
  audit.checks.filter(({ name, mark }) => name !== "something holds" && mark === "fail").map(({ name }) => name);

test("an undefended network is broken, and the attack on it is a good one", async () => {
  const audit = await evaluateDefence(gpu, { title: "bare", classify }, images, { ...QUICK, epsL2: 4 });
  assert.is(markOf(audit, "something holds"), "fail");
  assert.is(audit.mark, "fail");
  assert.equal(masked(audit), []);
  assert.ok(audit.clean.deployed!.percent > 90 && audit.worst[0]!.left.deployed!.percent < 20);
  assert.ok(audit.rows.some(({ attack, attacked }) => attack === "square" && attacked < 16), "broken ones are out");
  assert.equal(audit.worst.map(({ norm }) => norm), ["Linf", "L2"]);
  assert.match(textTable(attackTable(audit), { width: 120, intervals: true }),
    /APGD-DLR \(white box\) +\d+ +\d+\.0 \[/);
  assert.match(auditSentence(audit),
    /^bare: \d+\.\d % of the clean images right, .* checks: fail \(something holds\)$/);
  assert.match(checkLines(audit)[0]!, /^something holds: fail: \d+\.\d % right under every L-infinity attack, 25\.0 %/);
});

test("an adversarially trained network passes the checks for masked gradients", async () => {
  const net = trainer.load("pgd-7", 0).classifier!;
  const audit = await evaluateDefence(gpu, { classify: (x) => net.forward(x), surrogate: classify }, images,
    { ...QUICK, eps: 0.1 });
  assert.equal(masked(audit), []);
  assert.ok(audit.rows.some(({ attack }) => attack === "transfer-pgd"));
});

/** Four levels: no gradient, and little is lost. */
const levels = (x: Tensor): Tensor => div(floor(add(mul(x, 4), 0.5)), 4);

test("a purifier that cuts the gradient is found out; with a stand-in its attack works", async () => {
  const fake = await evaluateDefence(gpu, { classify, purify: levels }, images, QUICK);
  assert.is(markOf(fake, "gradients are there"), "fail");
  assert.is(markOf(fake, "without a radius nothing is left"), "fail");
  assert.is(fake.mark, "fail");
  const honest = await evaluateDefence(gpu, { classify, purify: levels, substitute: (x) => x }, images, QUICK);
  assert.is(markOf(honest, "gradients are there"), "pass");
  assert.ok(honest.worst[0]!.left.deployed!.percent <= fake.worst[0]!.left.deployed!.percent);
});

const noisy = (x: Tensor) => add(x, mul(randn(x.gpu, x.shape), 0.05));
const RANDOM = { purify: noisy, sample: (x: Tensor, draws: number) =>
  cat(Array.from({ length: draws }, () => noisy(x))) };

test("a random defence gets verdicts over fresh draws, and parts join to the bits of the whole", async () => {
  const subject = { title: "noisy", classify, ...RANDOM };
  const [settings, o] = [auditSettings(QUICK), { gpu }];
  const whole = await evaluateDefence(gpu, subject, images, QUICK);
  assert.equal(Object.keys(whole.clean), ["deployed", "majority", "all_right"]);
  assert.ok(["eot", "apgd-dlr", "apgd-t"].every((name) => whole.rows.some(({ attack }) => attack === name)));
  const of = async (i: number) => auditBlocks(o, subject, images, QUICK, { shard: { i, n: 2 } });
  const [second, first] = [await of(1), await of(0)]; // in the wrong order, to the same end
  assert.equal([first.length, second.length], [1, 1]);
  assert.equal(summarise("noisy", settings, [...second, ...first]), whole);
  const identity: AuditIdentity = { title: "noisy", dataset: "stripes", weights: "-", defence: "-", images: 16,
    adapter: "-", settings };
  const part = (blocks: typeof first) => JSON.parse(JSON.stringify(partOf(identity, "-", blocks)));
  assert.equal(joinParts([{ file: "2", part: part(second) }, { file: "1", part: part(first) }]), whole);
  assert.throws(() => joinParts([{ file: "1", part: part(first) }]), /^audit: of 2 blocks 2 is missing; run their/);
  assert.throws(() => joinParts([{ file: "1", part: part(first) }, { file: "again", part: part(first) },
    { file: "2", part: part(second) }]), /^audit: block 1 is there twice/);
  const other = { ...part(second), identity: { ...identity, dataset: "mnist" } };
  assert.throws(() => joinParts([{ file: "1", part: part(first) }, { file: "2", part: other }]),
    /^2: dataset is "mnist", "stripes" was due; join parts of one audit$/);
  const again = await auditBlocks(o, subject, images, QUICK,
    { done: first, onBlock: ({ block }) => assert.is(block, 1) });
  assert.equal(summarise("noisy", settings, again), whole, "a block that is there is not made again");
});

test("two audits of the same images are compared; what cannot be is one sentence", async () => {
  const small = { ...images, images: images.images.slice(0, 8 * 288), labels: images.labels.slice(0, 8), n: 8 };
  const one = await evaluateDefence(gpu, { classify }, small, QUICK);
  assert.equal(compareAudits(one, one), { onlyFirst: 0, onlySecond: 0, p: 1 });
  assert.throws(() => compareAudits(one, { ...one, images: [1] }), /two audits of other images cannot be compared/);
  const refuses = async (subject: object, options: object, message: RegExp) => {
    const error = await evaluateDefence(gpu, subject as never, small, options as never)
      .then(() => null, (e: Error) => e);
    assert.match(error?.message ?? "nothing was thrown", message);
  };
  await refuses({ classify }, { eps: 0 }, /^audit: eps is 0; a number > 0 is due$/);
  await refuses({ classify }, { eps: 0.1, step: 3 }, /^audit: no option named step; there are eps, epsL2, steps/);
  await refuses({ classify: 3 }, QUICK, /^audit: classify is no function of a tensor/);
  await refuses({ purify: levels }, QUICK, /^audit: classify is missing/);
  await refuses({ classify, sample: RANDOM.sample }, QUICK, /^audit: sample came without purify/);
});

test.run();
