// The weights of the lab, 8 bits a number, beside those that they were made from.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cifar10, readCifar10Slice } from "../src/data/cifar10.ts";
import { toImageSet } from "../src/data/dataset.ts";
import { RECIPES } from "../src/defences/index.ts";
import { packageRoot } from "../src/engine/device/shipped.node.ts";
import { argmax, createEngine, loadSafetensors, type LoadedTensor } from "../src/index.ts";
import type { TrainSettings } from "../src/train/settings.ts";
import { fromEightBits } from "../web/eight-bits.ts";

const read = (path: string) => new Uint8Array(readFileSync(join(packageRoot(), path)));
const listed = JSON.parse(new TextDecoder().decode(read("dist/web/weights/list.json"))) as Record<string, string[]>;

const files = Object.entries(listed).flatMap(([set, names]) => names.map((name) => {
  const small = fromEightBits(gunzipSync(read(`dist/web/weights/${set}/${name}.safetensors.gz`)), name);
  return { set, name, ...small, whole: loadSafetensors(read(`results/${set}/weights/${name}.safetensors`)) };
}));

const weights = suite("the lab's weights");

/** The largest difference of a row by the row's largest value. */
function worst(whole: LoadedTensor, small: LoadedTensor): number {
  const size = whole.data.length / whole.shape[0]!;
  let most = 0;
  for (let r = 0; r < whole.shape[0]!; r++) {
    const [a, b] = [whole, small].map(({ data }) => data.subarray(r * size, (r + 1) * size)) as [Float32Array,
      Float32Array];
    const scale = a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    most = Math.max(most, ...a.map((v, i) => (scale ? Math.abs(v - b[i]!) / scale : Math.abs(b[i]!))));
  }
  return most;
}

weights("every tensor is there, vectors as they were, others to half a 127th of the largest of their row", () => {
  assert.ok(files.length >= 6, `${files.length} files`);
  for (const { set, name, whole, state } of files) {
    assert.equal(Object.keys(state).sort(), Object.keys(whole).sort(), `${set}/${name}`);
    for (const [key, t] of Object.entries(whole)) {
      assert.equal(state[key]!.shape, t.shape, key);
      const limit = t.shape.length > 1 ? 0.5 / 127 + 1e-6 : 0;
      assert.ok(worst(t, state[key]!) <= limit, `${set}/${name} ${key}: ${worst(t, state[key]!)}`);
    }
  }
});

weights("the victim of CIFAR-10 reads the images of the page as the one of results/ does", async () => {
  const gpu = await createEngine({ seed: 0 });
  const { state, whole, origin } = files.find(({ set, name }) => set === "cifar10" && name === "cnn")!;
  const { settings } = JSON.parse(origin) as { settings: TrainSettings };
  const { images, labels, shape } = toImageSet(readCifar10Slice("test"));
  const n = 100;
  const x = gpu.tensor(images.subarray(0, (n * images.length) / labels.length), [n, ...shape]);
  const answers = await Promise.all([whole, state].map(async (tensors) => {
    const net = RECIPES.cnn!.build({ gpu, settings, dataset: cifar10, seed: 0 });
    net.parts[""]!.load(tensors);
    return gpu.scope(() => argmax(net.classifier!.forward(x), { dim: 1 })).data();
  }));
  const [before, after] = answers as [Float32Array, Float32Array];
  const same = before.filter((k, i) => k === after[i]).length;
  const right = after.filter((k, i) => k === labels[i]).length;
  assert.ok(same >= 98 && right >= 75, `${same} of ${n} the same, ${right} right`);
  gpu.close();
});

weights.run();
