// Table 2 at a small size: every entry is there, the worst case is no better than any attack, the same seed repeats it.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { argmax, cnn, createEngine, div, mlpAutoencoder, mul, round, type Autoencoder, type Classifier,
  type Engine, type Tensor } from "../src/index.ts";
import type { ImageSet } from "../src/data/images.ts";
import { byMean, byPosterior } from "../src/defences/autoencoders.ts";
import { NO_DEFENCE, type Purifier } from "../src/defences/purifier.ts";
import { pieces, spread } from "../src/evaluate/pieces.ts";
import type { WhiteBoxSettings } from "../src/evaluate/settings.ts";
import { table2Text } from "../src/paper/white-box-tables.ts";
import { whiteBox, type Table2, type Table2Row } from "../src/evaluate/white-box.ts";
import { Examiner, victimOf } from "../src/evaluate/victim.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";

const table2 = suite("table 2");
let gpu: Engine;
let classifier: Classifier;
let net: Autoencoder;
let set: ImageSet;

const SETTINGS: WhiteBoxSettings = {
  images: 12, batch: 8, eps: [0.3, 0.1],
  bpda: { lr: 100, steps: 30, images: 9 },
  pgd: { alpha: 0.25, steps: 6, restarts: 2 },
  eot: { draws: 3, steps: 4, average: "gradients" },
  apgd: { steps: 6 },
  fresh: 5,
};

/** Images of 16 random patches, each with the class that the classifier sees behind the untrained purifier. */
async function labelled(n: number): Promise<ImageSet> {
  const random = hostRandom(3);
  const patches = Float32Array.from({ length: n * 16 }, random);
  const images = Float32Array.from({ length: n * 784 },
    (_, i) => patches[Math.floor(i / 784) * 16 + Math.floor((i % 784) / 196) * 4 + Math.floor((i % 28) / 7)]!);
  const seen = argmax(classifier.forward(net.decode(net.encode(gpu.tensor(images, [n, 1, 28, 28])).mu)), { dim: 1 });
  return { images, labels: await seen.data<Int32Array>(), n, shape: [1, 28, 28] };
}

table2.before(async () => {
  gpu = await createEngine({ seed: 2 });
  classifier = cnn(gpu, 1, { channels: [4, 4], hidden: 8 });
  net = mlpAutoencoder(gpu, 1, { hidden: 16, latent: 4 });
  for (const { flat } of [classifier.params, net.encoder, net.decoder])
    gpu.write(flat, (await flat.data()).map((v) => 3 * v)); // so that classes differ
  set = await labelled(24);
});
table2.after(() => gpu.close());

const model = (x: Tensor) => classifier.forward(x);

const defences = (): Purifier[] => [
  NO_DEFENCE,
  { name: "dae", title: "DAE", ...byMean({ net, parts: {} }) },
  { name: "cvae+g", title: "C-VAE+G", ...byPosterior({ net, parts: {} }) },
];
const ROUNDING: Purifier = { name: "rounding", title: "Rounding", purify: (x) => div(round(mul(x, 8)), 8),
  substitute: (x) => x };

async function checked(table: Table2): Promise<void> {
  for (const row of table.rows) {
    assert.equal(row.eps.map(({ eps }) => eps), [0.1, 0.3]);
    for (const { attacks, worst } of row.eps) {
      const verdicts = [row.clean, ...Object.values(attacks).filter((v) => v != null)];
      for (const { mean_latent: m, fresh } of verdicts) {
        assert.ok(worst.mean_latent.right <= m.right && m.n === 12);
        if (!fresh) continue;
        assert.ok(worst.majority!.right <= fresh.majority.right && worst.all_right!.right <= fresh.all_right.right);
        assert.ok(fresh.all_right.percent <= fresh.draws_mean && fresh.draws === 5);
      }
      const [low, high] = worst.mean_latent.interval;
      assert.ok(low <= worst.mean_latent.percent && worst.mean_latent.percent <= high);
    }
  }
}

const rowOf = (table: Table2, name: string): Table2Row => table.rows.find((row) => row.defence === name)!;

table2("whiteBox fills the table, gives back its memory, and repeats it from the same seed", async () => {
  const saved = await gpu.random.save();
  await gpu.synchronize();
  const before = held(gpu);
  const said: string[] = [];
  const table = await whiteBox(gpu, defences(), model, set, SETTINGS, { say: (line) => void said.push(line) });
  await gpu.synchronize();
  assert.equal(held(gpu), before, "what it made is given back");
  assert.is(said.length, 3);
  await checked(table);

  assert.equal(Object.entries(rowOf(table, "dae").eps[0]!.attacks).map(([name, v]) => [name, v === null]), [["bpda",
    false], ["sampler", true], ["eot", true], ["mean", false], ["apgd-ce", false], ["apgd-dlr", false]]);
  assert.is(rowOf(table, "none").eps[0]!.worst.majority, null);
  const sampled = rowOf(table, "cvae+g");
  assert.is(sampled.paper.acc_raw.percent, 100);
  assert.ok(Object.values(sampled.eps[0]!.attacks).every((v) => v?.fresh));
  assert.ok(sampled.eps[1]!.attacks.mean!.mean_latent.right < 12, "the gradient fools some");
  assert.ok(sampled.eps[1]!.attacks.mean!.mean_latent.right <= sampled.eps[0]!.attacks.mean!.mean_latent.right,
    "a larger eps is no weaker");
  assert.ok(sampled.paper.l2 > 0 && sampled.paper.linf > 0 && sampled.paper.linf <= 1);
  assert.equal(JSON.parse(JSON.stringify(table)), table);

  gpu.random.restore(saved);
  assert.equal(await whiteBox(gpu, defences(), model, set, SETTINGS), table);
});

table2("APGD through a purifier that has only a stand-in's gradient takes cross-entropy alone", async () => {
  const { rows: [row] } = await whiteBox(gpu, [ROUNDING], model, set, { ...SETTINGS, images: 4, eps: [0.1] });
  assert.equal(Object.keys(row!.eps[0]!.attacks), ["bpda", "sampler", "eot", "mean", "apgd-ce"]);
});

table2("table2Text shows the paper's numbers and every eps within 80 characters", async () => {
  const measured = await whiteBox(gpu, defences().slice(1), model, set, { ...SETTINGS, images: 8, eps: [0.1] });
  const text = table2Text({ command: "", settings: {}, seed: 0, adapter: "", commit: "", durations: {},
    table2: measured });
  assert.match(text, /DAE +\S+ +\(96\.50\) +\S+ +\(1\.10\)/);
  assert.match(text, /L\u221e, eps 0\.1: as deployed/);
  assert.match(text, /majority vote over fresh draws/);
  assert.ok(text.split("\n").every((line) => line.length <= 80), text);
});

table2("an abort ends it", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  try {
    await whiteBox(gpu, defences(), model, set, SETTINGS, { signal: stop.signal });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /stopped/);
  }
});

table2("an exam counts the deployed purifier's verdicts, and those of draws", async () => {
  const victim = victimOf(defences()[2]!, model);
  const examiner = new Examiner(gpu, victim, 7, 5);
  const exam = await examiner.examine(set);
  assert.ok(exam.right.every((v) => v === 1));
  assert.ok(exam.rights.every((v) => Number.isInteger(v) && v >= 0 && v <= 7));
  exam.rights.forEach((v, i) => v > 3 && assert.is(exam.vote[i], 1));
  assert.not.equal((await examiner.examine(set)).drawsLoss, exam.drawsLoss, "new draws each time");
  examiner.dispose();
});

table2("spread takes images from all of a set, pieces cover it", () => {
  assert.equal([...spread(set, 4).labels], [0, 6, 12, 18].map((i) => set.labels[i]));
  assert.throws(() => spread(set, 25), /25 of 24 images were asked for/);
  const cut = pieces(set, 20);
  assert.equal(cut.map(({ from, rows, piece }) => [from, rows, piece.n]), [[0, 20, 20], [20, 4, 8]]);
  assert.equal(cut[1]!.piece.images.slice(4 * 784, 5 * 784), set.images.slice(23 * 784));
});

table2.run();
