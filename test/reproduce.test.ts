// The whole reproduction at a small size: every part, the files it leaves, and what a second run keeps.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Engine } from "../src/index.ts";
import type { Part } from "../src/paper/part.ts";
import { PARTS, partsOf } from "../src/paper/parts/index.ts";
import { planOf } from "../src/paper/plan.ts";
import { redraw } from "../src/paper/redraw.ts";
import { reproduce, writeReport } from "../src/paper/reproduce.ts";
import { SLICE } from "../src/paper/cifar10.ts";
import { QUICK } from "../src/paper/mnist.ts";
import { Overall } from "../src/report/overall.ts";
import { silent } from "../src/report/progress.ts";
import type { Results } from "../src/paper/results.ts";
import type { Settings } from "../src/paper/settings.ts";
import { reseed } from "./engine-tools.ts";

const suites = suite("reproduce");
const TINY: Settings = {
  ...QUICK, trainImages: 128, testImages: 100, batch: 32, evaluationBatch: 50,
  classifier: { ...QUICK.classifier, channels: [4, 4], hidden: 16, epochs: 2 },
  autoencoder: { ...QUICK.autoencoder, channels: [4, 4, 8], hidden: 16, widths: [16], latent: 4, clusters: 3 },
  warmUp: { epochs: 1, lr: 1e-3 },
  phase1: { epochs: 1, lr: 2e-3 },
  phase2: { ...QUICK.phase2, epochs: 1 },
  dae: { ...QUICK.dae, epochs: 1 },
  attack: { eps: 0.2, alpha: 0.1, steps: 2 },
  curves: { images: 20, eps: [0, 0.2, 0.4] },
  latentImages: 100,
  seeds: [0, 1],
  whiteBox: { images: 4, batch: 4, eps: [0.1], bpda: { lr: 0.1, steps: 2, images: 4 },
    pgd: { alpha: 0.1, steps: 2, restarts: 2 }, eot: { draws: 2, steps: 2, average: "gradients" }, fresh: 3 },
};

/** Without the filters and the vote, whose passes are many; they have tests of their own. */
const SMALLER: Settings = { ...SLICE, trainImages: 50,
  autoencoder: { ...SLICE.autoencoder, channels: [4, 4], latent: 4 },
  attack: { ...SLICE.attack, steps: 2 }, curves: { ...SLICE.curves, images: 20 },
  robust: { ...SLICE.robust!, images: 20 },
  rows: ["none", "dae", "vae", "cvae", "cvae+g-ring", "cvae+g-tuned", "jpeg-50"] };

let gpu: Engine;
suites.before(async () => void (gpu = await createEngine()));
suites.after(() => gpu.close());

/** Runs the parts as on a new engine; `labels` gets those of all bars. */
async function run(out: string, parts: readonly Part[], settings = TINY, labels: string[] = []): Promise<Results> {
  reseed(gpu);
  const o = { gpu, settings, out, resume: false, say: () => {} };
  const overall = new Overall(planOf(o, parts), (label) => (labels.push(label), silent("", 0)));
  return await reproduce({ ...o, overall }, parts);
}

suites("all parts leave their files and every row of the tables; a second run keeps what it does not measure",
  async () => {
    const out = mkdtempSync(join(tmpdir(), "purigrad-"));
    const labels: string[] = [];
    const results = await run(out, PARTS, TINY, labels);
    const phases = labels.map((label) => /^phase (\d+) of (\d+), (.*)$/.exec(label)!.slice(1));
    assert.is(phases.at(-1)![0], phases[0]![1], "the last phase is the last of the plan");
    phases.slice(1).forEach(([n], i) => assert.ok(Number(n) >= Number(phases[i]![0]), labels.join("; ")));
    for (const name of Object.keys(results.durations).filter((key) => key.startsWith("train ")))
      assert.ok(phases.some(([, , label]) => label === name), `${name} is a phase`);
    for (const file of ["results.json", "report.html", "figure1.svg", "figure2.png", "figure3.png", "figure4.png",
      "eps-curves.svg", "latent.svg", "weights/cnn.safetensors", "weights/cvae+g-signed.seed1.safetensors"])
      assert.ok(existsSync(join(out, file)), file);
    assert.equal(results.table1!.map((r) => r.defence), [...TINY.rows]);
    assert.equal(results.table2!.rows.map((r) => r.defence), [...TINY.rows]);
    assert.equal(results.epsCurves!.curves.map((c) => c.values.length), TINY.rows.map(() => 3));
    assert.equal(results.seeds!.map((r) => r.seed), [0, 1]);
    assert.equal(results.clustering!.map((c) => c.sizes.reduce((a, b) => a + b)), [100, 100]);
    for (const name of [...PARTS.map((p) => p.name), "train classifier", "train C-VAE+G (signed), seed 1"])
      assert.ok(results.durations[name]! > 0, name);
    assert.match(results.date!, /^\d{4}-\d\d-\d\d$/);
    assert.match(results.version!, /^\d+\.\d+\.\d+$/);
    const losses = results.history!["train C-VAE"]!;
    assert.is(losses.at(-1)![0], Math.floor(TINY.trainImages / TINY.batch), "the last step is there");
    assert.ok(losses.every(([, loss]) => Number.isFinite(loss)));
    assert.equal(JSON.parse(readFileSync(join(out, "results.json"), "utf8")), JSON.parse(JSON.stringify(results)));

  const again = await run(out, partsOf(["table1"]));
  assert.equal(again.table1, results.table1, "the same seed, the same numbers");
  assert.equal(again.table2, results.table2, "kept");

  const figures = PARTS.flatMap(({ figure }) => figure?.file ?? []);
  const drawn = figures.map((file) => readFileSync(join(out, file)));
  const page = readFileSync(join(out, "report.html"), "utf8");
  figures.forEach((file) => rmSync(join(out, file)));
  const { pictures, ...bare } = again;
  reseed(gpu);
  await redraw(gpu, out, bare, { say: (line) => assert.unreachable(line) });
  writeReport(out, bare);
  assert.equal((bare as Results).pictures, pictures, "the same words");
  figures.forEach((file, i) => assert.equal(readFileSync(join(out, file)), drawn[i], file));
  assert.is(readFileSync(join(out, "report.html"), "utf8"), page);
  rmSync(out, { recursive: true });
});

suites("CIFAR-10 on the slice that ships: residual networks, filters and adversarial training", async () => {
  const out = mkdtempSync(join(tmpdir(), "purigrad-"));
  const results = await run(out, PARTS, SMALLER);
  for (const { figure, name } of PARTS) if (figure) assert.ok(existsSync(join(out, figure.file)), name);
  assert.equal(results.table1!.map((r) => r.defence), [...SMALLER.rows]);
  assert.equal(results.table3!.map((r) => [r.defence, r.n, r.gray === null]),
    SLICE.robust!.rows.map((name) => [name, 20, !name.includes("vae")]));
  for (const { defence, minutes, white, clean, gray, interval: [low] } of results.table3!) {
    assert.ok(minutes > 0, defence);
    // ring noise is drawn anew for each judgement, so that of a purifier may be a few images above
    assert.ok(gray === null ? white <= clean : low <= clean, `${defence}: ${white} % under PGD, ${clean} % clean`);
  }
  const report = readFileSync(join(out, "report.html"), "utf8");
  for (const text of ["CIFAR-10 (slice) results", "JPEG 50", "Fast", "Table 3: adversarial training",
    "on that scale the minutes are"])
    assert.match(report, new RegExp(text.replaceAll(/[()]/g, "\\$&")));
  assert.not.match(report.replaceAll(/data:[^"]*/g, ""), /NaN|undefined|\[object/);
  rmSync(out, { recursive: true });
});

suites.run();
