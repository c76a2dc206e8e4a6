// Our weight files in PyTorch: they load by name with strict=True and give the same logits.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findPython, reference } from "../bench/pytorch/python.ts";
import { readMnistPart, slice } from "../src/data/mnist.ts";
import { encodeSafetensors, parseSafetensors, safetensorsMetadata } from "../src/data/safetensors.ts";
import { createEngine, type Engine } from "../src/index.ts";
import { labAt, saveTiny, TINY } from "./tiny-weights.ts";

const python = findPython();
const test = suite("pytorch");
const checked = python ? test : test.skip; // a machine without torch

let gpu: Engine;
let folder: string;
const N = 20;
const images = slice(readMnistPart("test"), 0, N).images.slice();

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "purigrad-pytorch-"));
  gpu = await createEngine();
  await saveTiny(gpu, folder, ["vae", "vae+g", "cvae", "cvae+g-signed"]);
  writeFileSync(join(folder, "images.safetensors"),
    encodeSafetensors({ images: { dtype: "F32", shape: [N, 1, 28, 28], data: images } }));
});
test.after(() => {
  gpu.close();
  rmSync(folder, { recursive: true });
});

async function ours(name: string): Promise<Float32Array> {
  const lab = labAt(gpu, folder);
  const [{ purify }, model] = [await lab.defence(name), await lab.model()];
  return model(purify(gpu.tensor(images, [N, 1, 28, 28]))).data();
}

const torch = <T>(command: string, network: string, ...args: string[]) =>
  reference<T>(python!, command, "--weights", folder, "--network", network, ...args);

checked("every network loads strictly and gives the same logits", async () => {
  const names = ["none", "vae", "vae+g", "cvae", "cvae+g-signed"] as const;
  const all = torch<Record<string, number[][]>>("logits", names.join(), "--input", join(folder, "images.safetensors"));
  for (const name of names) {
    const due = Float32Array.from(all[name]!.flat());
    const found = await ours(name);
    const scale = Math.max(...due.map(Math.abs));
    const worst = Math.max(...found.map((v, i) => Math.abs(v - due[i]!))) / scale;
    assert.ok(worst < 1e-3, `${name}: off by ${worst} of ${scale}`);
    assert.is(found.length, N * 10);
    assert.ok(new Set(found).size > N, `${name}: images get different logits`);
  }
});

checked("accuracy on MNIST's own files, and a training step", async () => {
  const { predicted, images: count } = torch<{ predicted: number[]; images: number; }>("accuracy", "cvae", "--images",
    String(N));
  const logits = await ours("cvae");
  const largest = Array.from({ length: N },
    (_, i) =>
      Array.from(logits.subarray(10 * i, 10 * i + 10)).reduce((best, v, j, row) => (v > row[best]! ? j : best), 0));
  assert.equal([predicted, count], [largest, N]);
  const { channels, hidden, widths, latent, clusters, lam } = TINY.autoencoder;
  const timed = reference<{ ms: number[]; }>(python!, "step", "--steps", "1", "--warmup", "0", "--threads", "1",
    "--batch", "4", "--settings", JSON.stringify({ channels, hidden, widths, latent, clusters, lam }));
  assert.is(timed.ms.length, 1);
});

checked("a file whose names differ is refused", () => {
  const file = join(folder, "vae.safetensors");
  const { "encoder.mu.bias": bias, ...rest } = parseSafetensors(readFileSync(file));
  writeFileSync(join(folder, "dae.safetensors"),
    encodeSafetensors({ ...rest, "encoder.mean.bias": bias! }, safetensorsMetadata(readFileSync(file))));
  assert.throws(() => torch("accuracy", "dae", "--images", "1"),
    /reference\.py: RuntimeError: .*Missing key.*encoder\.mu\.bias.*Unexpected key.*encoder\.mean\.bias/);
});

test.run();
