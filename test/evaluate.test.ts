// purigrad evaluate and attack, on weights of small untrained networks.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Engine } from "../src/index.ts";
import type { Command, Context } from "../src/cli/command.ts";
import { attack } from "../src/cli/attack.ts";
import { evaluate } from "../src/cli/evaluate.ts";
import { mnist as MNIST, readMnistPart, slice } from "../src/data/mnist.ts";
import { parseSafetensors } from "../src/data/safetensors.ts";
import { table1 } from "../src/paper/parts/table1.ts";
import type { Results } from "../src/paper/results.ts";
import { silent } from "../src/report/progress.ts";
import { reseed } from "./engine-tools.ts";
import { labAt, saveTiny, TINY } from "./tiny-weights.ts";

const test = suite("evaluate");
let folder: string;
let weights: string;
let gpu: Engine;
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "purigrad-evaluate-"));
  weights = join(folder, "weights");
  gpu = await createEngine({ seed: 0 });
  await saveTiny(gpu, weights, ["vae", "cvae", "cvae+g-signed", "vae+g"]);
  rmSync(join(weights, "vae.safetensors")); // vae+g lacks what it began from
});
test.after(() => {
  gpu.close();
  rmSync(folder, { recursive: true });
});

/** Runs a command as the shell does, in this process. */
async function run<T>(command: Command, flags: Context["flags"]): Promise<{ result: T; said: string }> {
  let said = "";
  reseed(gpu);
  const { result } = await command.run({ open: async () => gpu, flags, positionals: [], seed: 0,
    signal: new AbortController().signal, progress: silent, say: (line) => void (said += `${line}\n`) });
  return { result: result as T, said };
}

test("evaluate gives Table 1 of the networks that are there, in the sizes that their files say", async () => {
  const out = join(folder, "out");
  const { result, said } = await run<Results>(evaluate, { weights, images: "100", out });
  assert.equal(result.table1!.map((r) => r.defence), ["none", "cvae", "cvae+g-signed"]);
  reseed(gpu);
  const rows = ["none", "cvae", "cvae+g-signed"];
  const lab = labAt(gpu, weights, { ...TINY, rows, testImages: 100, evaluationBatch: 100 });
  await table1.run(lab);
  const due = lab.results;
  assert.equal(result.table1, due.table1);
  assert.equal(result.mcnemar, due.mcnemar);
  assert.equal(JSON.parse(readFileSync(join(out, "results.json"), "utf8")), JSON.parse(JSON.stringify(result)));
  assert.match(said, /100 test images; no defence, C-VAE, C-VAE\+G \(signed\)/);
  assert.match(said, /no defence .*\(99\.43\)[\s\S]*C-VAE\+G \(signed\)\s.*\(96\.72\)/);
});

/** A command refuses flags with one sentence. */
async function refuses(command: Command, flags: Context["flags"], message: RegExp): Promise<void> {
  const error = await run(command, flags).then(() => null, (e: Error) => e);
  assert.match(error?.message ?? "nothing was thrown", message);
  assert.not.match(error!.message, /\n/);
}

test("a row that was asked for by name must be there, with what it began from", async () => {
  await refuses(evaluate, { weights, defence: "cvae,dae" },
    /^--defence: dae came and there is no .*dae\.safetensors; train it with purigrad train --net dae/);
  await refuses(evaluate, { weights, defence: "vae+g" }, /^--defence: vae\+g came and there is no .*vae\.safetensors/);
  await refuses(evaluate, { weights, defence: "cvae,xae" }, /^--defence: "xae" came, one of none, dae, .* was due$/);
  const { result } = await run<Results>(evaluate, { weights, defence: "cvae+g-signed,none", images: "10" });
  assert.equal(result.table1!.map((r) => r.defence), ["cvae+g-signed", "none"]);
});

test("labels and units of the attack can be chosen, and stand in the result", async () => {
  const of = async (flags: Context["flags"]) =>
    (await run<Results>(evaluate, { weights, images: "50", defence: "none", ...flags })).result;
  const [plain, own, scaled] = [await of({}), await of({ labels: "own" }), await of({ units: "normalised" })];
  assert.is((own.settings.attack as { ownLabels?: boolean }).ownLabels, true);
  assert.equal((scaled.settings.attack as { std?: number[] }).std, [...MNIST.std]);
  const right = (r: Results) => (r.table1![0] as unknown as Record<string, number>).ifgsm!;
  assert.ok(right(own) >= right(plain), "away from its own class an image that is wrong may become right");
  assert.ok(right(scaled) >= right(plain), "a third of the radius");
  await refuses(evaluate, { weights, labels: "mine" }, /^--labels: "mine" came, true or own was due$/);
  await refuses(evaluate, { weights, units: "x" }, /^--units: "x" came, pixel or normalised was due$/);
});

test("without weights one sentence says what to run", async () => {
  const none = join(folder, "none");
  await refuses(evaluate, { weights: none },
    /^purigrad evaluate: there is no .*none\/cnn\.safetensors; give a folder that purigrad train wrote$/);
  await refuses(attack, { attack: "pgd", weights: none }, /^purigrad attack: there is no /);
  await refuses(evaluate, { weights, pretrained: true }, /--pretrained and --weights came, one of them was due/);
  await refuses(evaluate, { preset: "half" }, /^--preset: "half" came, quick, full or gpu was due$/);
  if (!existsSync("out/mnist-quick/weights/cnn.safetensors"))
    await refuses(evaluate, {},
      /there is no out\/mnist-quick\/weights\/cnn\.safetensors; run purigrad train --dataset mnist --preset quick fi/);
  if (!existsSync("results/mnist/weights/cnn.safetensors"))
    await refuses(evaluate, { pretrained: true },
      /results\/mnist\/weights\/cnn\.safetensors; this copy of purigrad comes without them$/);
});

test("a number of images that does not come out is refused", async () => {
  for (const images of ["0", "x", "1.5", "251", "10050"])
    await refuses(evaluate, { weights, images },
      /^--images: ".*" came, a whole number from 1 to 250 or a multiple of 50 up to 10,000 was due$/);
});

test("attack keeps clean, adversarial and purified images, the verdicts, and a picture", async () => {
  const out = join(folder, "attack");
  const { result, said } = await run<{ accuracy: Record<string, number>; gradients: object }>(attack, {
    attack: "ifgsm", eps: "0.1", alpha: "0.02", steps: "4", images: "300", weights, out });
  const file = parseSafetensors(readFileSync(join(out, "adversarial.safetensors")));
  const [clean, adversarial, purified, labels, predicted] = ["clean", "adversarial", "purified", "labels", "predicted"]
    .map((name) => file[name]!);
  for (const t of [clean, adversarial, purified]) assert.equal([t!.dtype, t!.shape], ["F32", [300, 1, 28, 28]]);
  assert.equal([labels!.shape, predicted!.shape], [[300], [3, 300]]);
  const mnist = slice(readMnistPart("test"), 0, 300);
  assert.equal(clean!.data, mnist.images.slice());
  assert.equal(labels!.data, mnist.labels.slice());
  const change = (adversarial!.data as Float32Array).map((v, i) => Math.abs(v - (clean!.data[i] as number)));
  assert.ok(
    Math.abs(Math.max(...Array.from({ length: 100 }, (_, i) =>
      Math.max(...change.subarray(i * 784, (i + 1) * 784)))) - 0.08) < 1e-5,
  );
  const right = [0, 1, 2].map((stage) =>
    mnist.labels.reduce((n, label, i) => n + Number(predicted!.data[stage * 300 + i] === label), 0) / 3
  );
  assert.equal(Object.keys(result.accuracy), ["before", "after", "behind"]);
  Object.values(result.accuracy).forEach((percent, i) => assert.ok(Math.abs(percent - right[i]!) < 1e-9));
  assert.match(said,
    /I-FGSM, eps 0\.1, 300 test images: .* % right before the attack, .* % after it, .* % behind C-VAE\+G \(signed\)/);
  assert.match(said,
    /of 300 images 0 had a gradient that was all zero at some step, 0 one that was not finite; \d+ ended with a lower/);
  assert.equal(Object.keys(result.gradients), ["zero", "broken", "milder"]);
  const { data } = PNG.sync.read(readFileSync(join(out, "adversarial.png")));
  assert.ok(new Set(data).size > 50, "the picture is not blank");
});

test("each attack runs", async () => {
  const out = join(folder, "each");
  for (const name of ["fgsm", "pgd", "mifgsm"]) {
    const { said } = await run(attack, { attack: name, defence: "cvae", images: "3", weights, out });
    assert.match(said, /3 test images: .* behind C-VAE\n/);
  }
});

test("attack refuses wrong flags in one sentence each", async () => {
  await refuses(attack, {}, /^--attack: nothing came, one of fgsm, ifgsm, pgd, mifgsm was due$/);
  await refuses(attack, { attack: "cw" }, /^--attack: "cw" came, /);
  await refuses(attack, { attack: "pgd", eps: "2" }, /^--eps: "2" came, a number above 0 and up to 1 was due$/);
  await refuses(attack, { attack: "pgd", alpha: "" }, /^--alpha: "" came, /);
  await refuses(attack, { attack: "pgd", steps: "1.5" },
    /^--steps: "1\.5" came, a whole number from 1 to 10000 was due$/);
  await refuses(attack, { attack: "fgsm", steps: "5" },
    /^--steps: FGSM takes one step of eps; leave it out, or take ifgsm$/);
  await refuses(attack, { attack: "pgd", defence: "none", weights },
    /^--defence: "none" came, one of dae, .* was due$/);
  await refuses(attack, { attack: "pgd", defence: "cvae,vae", weights },
    /^--defence: "cvae,vae" came, one defence was due/);
});

test("both are commands of purigrad", () => {
  for (const [name, flag] of [["evaluate", "--pretrained"], ["attack", "--alpha <x>"]] as const)
    assert.match(spawnSync(process.execPath, ["dist/cli.js", name, "--help"], { encoding: "utf8" }).stdout, flag);
});

test.run();
