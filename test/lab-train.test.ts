// Training as the lab does it, without a page: what is told, that the loss falls, and that neither looks nor pauses
// change what is learned.

import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mnist } from "../src/data/mnist.ts";
import { sliceBytes } from "../src/data/dataset.ts";
import { packageRoot } from "../src/engine/device/shipped.node.ts";
import type { StateDict } from "../src/index.ts";
import { Control } from "../web/control.ts";
import { fromEightBits } from "../web/eight-bits.ts";
import type { Images } from "../web/lab.ts";
import { FIRST, type Settings } from "../web/train-settings.ts";
import { runTraining, type News } from "../web/training.ts";

function imagesOf(part: "train" | "test", n: number): Images {
  const { bytes, labels } = sliceBytes(mnist.read(part), 0, n);
  const { title, shape, classes, mean, std } = mnist;
  return { name: "mnist", title, shape, classes: [...classes], mean: [...mean], std: [...std], n, labels: [...labels],
    bytes: new Uint8ClampedArray(bytes) };
}

const file = join(packageRoot(), "dist/web/weights/mnist/cnn.safetensors.gz");
const { state, origin } = fromEightBits(gunzipSync(readFileSync(file)), file);
const victim = { state, settings: JSON.parse(origin).settings };

/** All that a run tells; `steer` hears it as it comes. */
async function told(n: number, changes: Partial<Settings>, steer = (_news: News, _control: Control): void => {}) {
  const all: News[] = [];
  const control = new Control();
  const job = { settings: { ...FIRST, tested: 50, ...changes }, train: imagesOf("train", n),
    test: imagesOf("test", 50), victim, weights: null, tuned: {} };
  await runTraining(job, control, (news) => {
    all.push(news);
    steer(news, control);
  });
  const of = <What extends News["what"]>(what: What) => all.filter((news): news is Extract<News, { what: What }> =>
    news.what === what);
  assert.equal(of("end"), [{ what: "end", failure: "" }]);
  return { all, looks: of("look"), progress: of("progress"), last: of("weights").at(-1)!.weights as StateDict };
}

const train = suite("the lab trains");

train("a C-VAE learns: its loss falls, and a look says what is read right and shows what it makes", async () => {
  const { looks, progress, all } = await told(2560, { epochs: 1, every: 20, size: "small" });
  assert.equal(all.slice(0, 2).map(({ what }) => what), ["adapter", "weights"]);
  assert.equal(looks.map(({ step }) => step), [20, 40]);
  const losses = progress.map(({ loss }) => loss); // of every tenth step: from 1300 to 850
  assert.ok(losses.at(-1)! < 0.8 * losses[0]!, losses.join(", "));
  const { right, words, pictures } = looks.at(-1)!.look;
  const [clean, bare, after] = Object.values(right) as [number, number, number];
  assert.ok(bare < 10 && after <= 50 && clean >= after, JSON.stringify(right));
  assert.match(words, `${bare} of 50 test images right, ${after} once purified`);
  assert.is(pictures.length, 15);
  for (const [, side, pixels] of pictures)
    assert.ok(pixels.length === side * side && pixels.every((v) => v >= 0 && v <= 1));
});

train("neither looks nor pauses nor single steps change what is learned", async () => {
  const changes = { kind: "cvae", size: "small", epochs: 1, latent: 4, clusters: 3 } as const;
  const plain = await told(640, { ...changes, every: 500 });
  const steered = await told(640, { ...changes, every: 2 }, (news, control) => {
    if (news.what === "look" && news.step === 2) control.pause();
    if (news.what !== "progress" || !news.waits) return;
    if (news.step < 5) control.step();
    else if (news.step === 5) [1, 2].forEach(() => control.step());
    else control.go();
  });
  assert.equal(plain.looks.map(({ step }) => step), [10]);
  assert.equal(steered.looks.map(({ step }) => step), [2, 4, 6, 8, 10]);
  assert.equal(steered.progress.filter(({ waits }) => waits).map(({ step }) => step), [2, 3, 4, 5, 7]);
  for (const [name, { data }] of Object.entries(plain.last)) assert.equal(steered.last[name]!.data, data);
});

train.run();
