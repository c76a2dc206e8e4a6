// The audit on defences of which the answer is known, in Node and in a browser: an undefended network is broken, an
// adversarially trained one passes the checks, purifiers that hide their gradient are found out; parts join to the bits
// of the whole.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toImageSet, type ByteSet } from "../src/data/dataset.ts";
import { auditBlocks, compareAudits, evaluateDefence, summarise, type Audit } from "../src/evaluate/audit/audit.ts";
import type { OpenBlock } from "../src/evaluate/audit/block.ts";
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
  assert.match(textTable(attackTable(audit), { width: 160, intervals: true }),
    /PGD \(white box\) +\d+\.0 \[[\d., ]+\] +16 +0 \/ 0 \/ 0/);
  assert.equal(audit.rows.filter(({ norm }) => norm === "L2").map(({ attack }) => attack),
    ["pgd-l2", "apgd-l2", "fab-l2", "square-l2"]);
  assert.match(auditSentence(audit),
    /^bare: \d+\.\d % of the clean images right, .* checks: fail \(something holds\)$/);
  assert.match(checkLines(audit)[0]!, /^something holds: fail: \d+\.\d % right under every L-infinity attack, 25\.0 %/);
});

test("an adversarially trained network passes every check but, of so few images, that more is left than by chance",
  async () => {
    const net = trainer.load("pgd-7", 0).classifier!;
    const audit = await evaluateDefence(gpu, { classify: (x) => net.forward(x), surrogate: classify }, images,
      { ...QUICK, eps: 0.03 });
    assert.equal(audit.checks.filter(({ name, mark }) => mark !== "pass" && name !== "something holds"), []);
    assert.is.not(markOf(audit, "something holds"), "fail");
    assert.ok(audit.rows.some(({ attack }) => attack === "transfer-pgd"));
    assert.ok(audit.rows.every(({ gradients: g }) => !g || g.zero + g.broken === 0), "no attack is without a gradient");
  });

/** Four levels: no gradient, and little is lost. */
const levels = (x: Tensor): Tensor => div(floor(add(mul(x, 4), 0.5)), 4);

test("a purifier that cuts the gradient is found out; with a stand-in its attack works", async () => {
  const fake = await evaluateDefence(gpu, { classify, purify: levels }, images, QUICK);
  assert.is(markOf(fake, "gradients are there"), "fail");
  assert.is(markOf(fake, "without a radius nothing is left"), "fail");
  assert.is(fake.mark, "fail");
  assert.equal(fake.rows.find(({ attack }) => attack === "pgd")!.gradients!.zero, 16, "the attack says so, too");
  const honest = await evaluateDefence(gpu, { classify, purify: levels, substitute: (x) => x }, images, QUICK);
  assert.is(markOf(honest, "gradients are there"), "pass");
  assert.ok(honest.worst[0]!.left.deployed!.percent <= fake.worst[0]!.left.deployed!.percent);
});

test("a network whose softmax is saturated is found out: the gradient is gone, another loss sees through it",
  async () => {
    const hot = (x: Tensor) => mul(classify(x), 1e4);
    const audit = await evaluateDefence(gpu, { title: "saturated", classify: hot }, images, QUICK);
    assert.is(audit.mark, "fail");
    assert.is(markOf(audit, "gradients are there"), "fail");
    assert.is(markOf(audit, "without a radius nothing is left"), "fail");
    const left = (name: string) => audit.rows.find(({ attack }) => attack === name)!.left.deployed!.percent;
    assert.ok(left("pgd") > 40 && left("apgd-dlr") < 20, "DLR does not vanish");
    assert.ok(audit.rows.find(({ attack }) => attack === "pgd")!.gradients!.zero > 4);
    assert.is(markOf(audit, "something holds"), "fail", "with the right attacks nothing is left");
  });

const noisy = (x: Tensor) => add(x, mul(randn(x.gpu, x.shape), 0.05));
const RANDOM = { purify: noisy, sample: (x: Tensor, draws: number) =>
  cat(Array.from({ length: draws }, () => noisy(x))) };

test("a random defence gets verdicts over fresh draws, and parts join to the bits of the whole", async () => {
  const subject = { title: "noisy", classify, ...RANDOM };
  const [settings, o] = [auditSettings(QUICK), { gpu }];
  const whole = await evaluateDefence(gpu, subject, images, QUICK);
  assert.equal(Object.keys(whole.clean), ["deployed", "majority", "all_right", "draws_mean"]);
  const inBall = whole.rows.filter(({ norm }) => norm === "Linf");
  const means = [whole.clean, ...inBall.map(({ robust }) => robust)].map((v) => v.draws_mean!);
  assert.ok(means.every((mean, i) => i === 0 || mean <= means[i - 1]!), "more attacks leave no more");
  assert.ok(whole.worst[0]!.left.all_right!.percent <= means.at(-1)!);
  const made = ["shift", "eot", "eot-logits", "apgd-dlr", "apgd-t", "fab"];
  assert.ok(made.every((name) => whole.rows.some(({ attack }) => attack === name)));
  const of = async (i: number) => auditBlocks(o, subject, images, QUICK, { shard: { i, n: 2 } });
  const [second, first] = [await of(1), await of(0)]; // in the wrong order, to the same end
  assert.equal([first.length, second.length], [1, 1]);
  assert.equal(summarise("noisy", settings, [...second, ...first]), whole);
  const identity: AuditIdentity = { title: "noisy", dataset: "stripes", weights: "-", defence: "-", images: 16,
    places: [...Array(16).keys()], adapter: "-", settings };
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

test("a run that was stopped within a block goes on after its last attack, to the same bits", async () => {
  const subject = { title: "noisy", classify, ...RANDOM };
  const states: string[] = [];
  const [whole] = await auditBlocks({ gpu }, subject, images, QUICK, { shard: { i: 0, n: 2 },
    onPart: (open) => void states.push(JSON.stringify(open)) });
  assert.is(states.length, Object.keys(whole!.attacks).length + 5, "a state for each attack and probe");
  for (const at of [2, states.length - 3]) {
    const begun = JSON.parse(states[at]!) as OpenBlock;
    let left = 0;
    const [again] = await auditBlocks({ gpu }, subject, images, QUICK, { shard: { i: 0, n: 2 }, begun,
      onPart: () => void left++ });
    assert.equal(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(whole)));
    assert.is(left, states.length - 1 - at, "what is there is not made again");
  }
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
