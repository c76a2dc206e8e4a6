// Figures: none is blank, SVGs are well-formed and say what they must, wrong input is one sentence.

import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, fgsm, type Engine, type Tensor } from "../src/index.ts";
import { figure4, verdictGroup } from "../src/paper/figures/adversarial.ts";
import { lineChart, spread } from "../src/report/chart.ts";
import { around, clusterGroups, figure2, figure3, summarise } from "../src/paper/figures/clusters.ts";
import { accuracyFigure } from "../src/paper/figures/curves.ts";
import { encodeAll } from "../src/evaluate/encode.ts";
import { latentFigure, latentSpace } from "../src/paper/figures/latent.ts";
import { structureOf } from "../src/paper/figures/layers.ts";
import { principalComponents } from "../src/evaluate/pca.ts";
import { structureFigure } from "../src/paper/figures/structure.ts";
import { tsne } from "../src/evaluate/tsne.ts";
import { imagesOf, labelsOf, type Batches } from "../src/evaluate/batches.ts";
import { convAutoencoder, convMlpAutoencoder, mlpAutoencoder, purify } from "../src/model/networks/autoencoder.ts";
import { cnn } from "../src/model/networks/cnn.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { assertSentence } from "./sentence.ts";
import { held } from "../src/verify/held.ts";

const figures = suite("figures");
const PIXELS = 784;

let gpu: Engine;
figures.before(async () => void (gpu = await createEngine({ seed: 1 })));
figures.after(() => gpu.close());

/** 3 batches of 8 images: bright bars on noise, labels 0 to 9 in turn. */
function pictures(seed = 2): Batches {
  const random = hostRandom(seed);
  const images = Array.from({ length: 3 },
    () => Float32Array.from({ length: 8 * PIXELS }, (_, i) => (i % 28 < 5 ? 1 : 0.3 * random())));
  return { size: 8, shape: [1, 28, 28], images,
    labels: images.map((_, b) => Int32Array.from({ length: 8 }, (_, i) => (8 * b + i) % 10)) };
}
const tinyNet = () => mlpAutoencoder(gpu, 1, { hidden: 8, latent: 4 });
const tinyMeans = () => gpu.tensor(Float32Array.from({ length: 12 }, (_, i) => (i % 5) - 2), [3, 4]);
const tinyClassifier = () => cnn(gpu, 2, { channels: [2, 3], hidden: 8 });

/** Asserts that a PNG shows something, and returns its size. */
function seen(png: Uint8Array): { width: number; height: number } {
  const { data, width, height } = PNG.sync.read(Buffer.from(png));
  const greys = new Set<number>();
  for (let i = 0; i < data.length; i += 4) greys.add(data[i]!);
  assert.ok(greys.size > 20, `${greys.size} distinct values`);
  assert.ok(Math.min(...greys) < 40 && Math.max(...greys) > 215, "dark and light pixels");
  return { width, height };
}

/** Asserts that a text is well-formed XML with a viewBox, a title and both colour schemes; returns its texts. */
function texts(svg: string): string[] {
  const open: string[] = [];
  const rest = svg.replace(/<(\/?)([a-z]+)((?:\s+[a-zA-Z:-]+="[^"<>]*")*)\s*(\/?)>/g, (_, end, name, __, empty) => {
    if (end) assert.is(open.pop(), name);
    else if (!empty) open.push(name);
    return "";
  });
  assert.equal(open, []);
  assert.not.match(rest, /<|&(?!(amp|lt|gt|quot|#39);)/);
  assert.not.match(svg, /NaN|undefined|Infinity/);
  assert.match(svg, /^<svg [^>]*viewBox="0 0 \d+(\.\d+)? \d+(\.\d+)?"[^>]*>\s*<title>[^<]+<\/title>/);
  assert.match(svg, /prefers-color-scheme:dark/);
  return [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, words]) => words!.replace(/<[^>]+>/g, ""));
}
const count = (svg: string, part: string) => svg.split(part).length - 1;

// structure

figures("the structure's parameters and shapes are those of the networks", () => {
  const classifier = tinyClassifier();
  const nets = [mlpAutoencoder(gpu, 1, { hidden: 8, latent: 4 }),
    convAutoencoder(gpu, 1, { channels: [2, 3], hidden: 5, latent: 4 }),
    convMlpAutoencoder(gpu, 1, { channels: [2, 3, 4], hidden: 5, widths: [6, 7], latent: 4 })];
  const sum = (layers: { parameters: number; }[]) => layers.reduce((n, layer) => n + layer.parameters, 0);
  const before = held(gpu);
  for (const net of nets) {
    const s = structureOf(net, classifier);
    assert.is(sum(s.encoder.layers) + sum(s.heads), net.encoder.count);
    assert.is(sum(s.decoder.layers), net.decoder.count);
    assert.is(sum(s.classifier.layers), classifier.params.count);
    assert.equal(s.heads.map(({ name, shape }) => [name, ...shape]), [["mu", 4], ["logvar", 4]]);
    assert.equal([s.encoder.input, s.encoder.output, s.decoder.input, s.decoder.output, s.classifier.output], [[1, 28,
      28], [4], [4], [1, 28, 28], [10]]);
  }
  assert.equal(held(gpu), before);
  assert.is(gpu.tape, null);
  assert.equal(
    structureOf(nets[1]!, classifier).encoder.layers.map(({ name, kind, shape }) => `${name} ${kind} ${shape}`),
    ["conv1 4x4, stride 2 2,14,14", "conv2 4x4, stride 2 3,7,7", "fc1 linear 5"],
  );
  assert.equal(
    structureOf(nets[1]!, classifier).decoder.layers.slice(2).map(({ name, kind, shape }) =>
      `${name} ${kind} ${shape}`
    ),
    ["up1 4x4, stride 1/2 16,14,14", "up2 4x4, stride 1/2 1,28,28"],
  );
  assert.equal(structureOf(nets[2]!, classifier).classifier.layers.map(({ name, shape }) => `${name} ${shape}`), [
    "conv1 2,28,28",
    "max pool 2,14,14",
    "conv2 3,14,14",
    "max pool 3,7,7",
    "fc1 8",
    "fc2 10",
  ]);
});

figures("figure 1 has a box a layer, and the clusters only where there are some", () => {
  const structure = structureOf(tinyNet(), tinyClassifier());
  const svg = structureFigure(structure, { clusters: 3 });
  const words = texts(svg);
  assert.is(count(svg, `class="layer"`), 1 + 2 + 2 + 6);
  for (const word of ["image x", "z", "mu", "logvar", "label", "Encoder", "Decoder", "Classifier", "12 parameters"])
    assert.ok(words.includes(word), word);
  assert.ok(words.some((word) => /^Q\(y\|z\)/.test(word)) && words.some((word) => word.includes("3 cluster means")),
    words.join("; "));
  assert.not.ok(texts(structureFigure(structure)).some((word) => word.includes("cluster")));
});

figures("a classifier or images that do not fit the purifier are refused", () => {
  assertSentence(() => structureOf({ ...tinyNet(), decode: (z: Tensor) => z }, tinyClassifier()), "[1,28,28]", "[4]");
});

// clusters

figures("figure 2 shows every cluster, an empty one too; the same bytes with and without a pass before", async () => {
  const set = pictures();
  const [net, means] = [tinyNet(), tinyMeans()];
  const encoded = await encodeAll(gpu, net, means, set);
  assert.is(encoded.mu.length, 24 * 4);
  assert.equal([...encoded.labels].slice(8, 12), [8, 9, 0, 1]);
  const drawn = await figure2(gpu, net, means, set, { count: 5, encoded });
  assert.equal(seen(drawn.png), { width: 5 * 28, height: 6 * 28 });
  assert.equal(await figure2(gpu, net, means, set, { count: 5 }), drawn);
  const titles = drawn.sheet.groups.map(({ title }) => title!);
  assert.is(titles.length, 3);
  for (const title of titles) assert.match(title, /^Cluster \d: (empty|1 image, |\d+ images, )/);
});

figures("an image is in the cluster whose mean is nearest", async () => {
  const [net, means, set] = [tinyNet(), tinyMeans(), pictures()];
  const { mu, clusters } = await encodeAll(gpu, net, means, set, 20);
  const at = await means.data();
  const far = (i: number, y: number) =>
    [0, 1, 2, 3].reduce((sum, c) => sum + (mu[4 * i + c]! - at[4 * y + c]!) ** 2, 0);
  assert.is(clusters.length, 20);
  clusters.forEach((cluster, i) =>
    [0, 1, 2].forEach((y) => assert.ok(far(i, cluster) <= far(i, y) + 1e-5, `image ${i}`))
  );
});

figures("clusters are summed up by size and majority label", () => {
  const [first, second, third] = summarise([0, 2, 0, 0, 2], [7, 1, 7, 3, 1], 3);
  assert.equal(first, { size: 3, label: 7, share: 2 / 3, members: [0, 2, 3] });
  assert.equal(second, { size: 0, label: -1, share: 0, members: [] });
  assert.is(third!.label, 1);
  assertSentence(() => summarise([0, 3], [1, 1], 3), "image 1", "cluster 3", "0 to 2");
  assertSentence(() => summarise([0], [1, 1], 3), "1 images", "2 a label");
  const row = { size: 1, label: 1, share: 1, originals: new Float32Array(4), reconstructions: new Float32Array(0),
    labels: [1] };
  assertSentence(() => clusterGroups([row]), "cluster 0", "4 values");
});

figures("figure 3: the decoded mean and samples, the same for a seed", async () => {
  const [net, means] = [tinyNet(), tinyMeans()];
  const draw = (seed: number) => figure3(gpu, net, means, [1, 28, 28], { count: 4, seed, names: ["mostly 1"] });
  const { png, sheet } = await draw(1);
  assert.equal(seen(png), { width: 5 * 28, height: 3 * 28 });
  assert.is(sheet.groups[0]!.rows[0]!.label, "cluster 0, mostly 1");
  assert.equal((await draw(1)).png, png);
  assert.not.equal((await draw(2)).png, png);
  const z = around(Float32Array.of(5, -5), 4000, hostRandom(1));
  assert.equal([...z.subarray(0, 2)], [5, -5]);
  const mean = z.reduce((sum, v, i) => sum + (i % 2 ? 0 : v), 0) / 4001;
  const variance = z.reduce((sum, v, i) => sum + (i % 2 ? 0 : (v - mean) ** 2), 0) / 4001;
  assert.ok(Math.abs(mean - 5) < 0.08 && Math.abs(variance - 1) < 0.1, `${mean} ${variance}`);
});

// adversarial images

figures("figure 4: a block an attack, a row a method", async () => {
  const [net, classifier, set] = [tinyNet(), tinyClassifier(), pictures()];
  const methods = ["DAE", "VAE", "VAE+G", "C-VAE", "C-VAE+G"].map((label) => ({ label,
    purify: (x: Tensor) => purify(net, x) })
  );
  const classify = (x: Tensor) => classifier.forward(x);
  const attack = fgsm(classify, { eps: 0.1 });
  const [x, y] = [imagesOf(gpu, set, 0), labelsOf(gpu, set, 0)];
  attack(x, y).dispose();
  [x, y].forEach((t) => t.dispose());
  const before = held(gpu);
  const { png, sheet } = await figure4(gpu, set, { FGSM: attack, PGD: attack, "MI-FGSM": attack }, classify, methods,
    { count: 4 });
  assert.equal(held(gpu), before);
  assert.equal(seen(png), { width: 4 * 28, height: 3 * 7 * 28 });
  assert.equal(sheet.groups.map(({ title }) => title), ["FGSM", "PGD", "MI-FGSM"]);
  assert.equal(sheet.groups[0]!.rows.map(({ label }) => label), ["original", "attacked", "DAE", "VAE", "VAE+G", "C-VAE",
    "C-VAE+G"]);
  const message = await figure4(gpu, set, { FGSM: attack }, classify, methods, { count: 9 }).then(() => "",
    (error: Error) => error.message);
  assert.match(message, /^figure 4: 9 images wanted; 1 to 8/);
  assertSentence(
    () =>
      verdictGroup({ title: "FGSM", labels: [1, 2],
        rows: [{ label: "DAE", images: new Float32Array(8), predicted: [1] }] }),
    `"DAE" of FGSM`,
    "1 verdicts",
    "2 labels",
  );
  const { rows } = verdictGroup({ title: "FGSM", labels: [1, 2],
    rows: [{ label: "DAE", images: new Float32Array(8), predicted: [1, 0] }] }, { classes: ["cat", "dog", "bird"] });
  assert.equal([rows[0]!.captions, rows[0]!.wrong], [["dog", "cat"], [false, true]]);
});

// curves

const CURVES = { eps: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  curves: ["no defence", "DAE", "VAE & <G>"].map((label, i) => ({ label, values: [99, 90, 70, 40, 10, i],
    dashed: i === 1 })
  ) };

figures("accuracy over epsilon: a curve and two names a defence, ticks, Table 1's epsilon", () => {
  const { wide: svg, narrow } = accuracyFigure({ ...CURVES, attack: "FGSM" });
  const words = texts(svg);
  assert.is(count(svg, `class="curve"`), 3);
  assert.is(count(svg, "mark\""), 1);
  for (const word of ["no defence", "DAE", "VAE &amp; &lt;G&gt;"])
    assert.is(words.filter((w) => w === word).length, 2, word);
  for (const tick of ["0.1", "0.2", "0.3", "0.4", "0.5", "20", "40", "60", "80", "100"])
    assert.ok(words.includes(tick), `tick ${tick}`);
  assert.ok(words.includes("Table 1: ε 0.2"));
  assert.is(count(accuracyFigure({ ...CURVES, marked: 0.7 }).wide, "mark\""), 0);
  assert.is(texts(narrow!).filter((w) => w === "DAE").length, 1, "a phone has names in the legend alone");
  assert.ok(Number(/ width="(\d+)"/.exec(narrow!)![1]) <= 354);
});

figures("names at the ends of lines stand apart and inside", () => {
  const svg = accuracyFigure(CURVES).wide;
  const heights = [...svg.matchAll(/y="([\d.]+)"[^>]*class="end"/g)].map((found) => Number(found[1])).sort((a, b) =>
    a - b
  );
  assert.is(heights.length, 3);
  heights.slice(1).forEach((y, i) => assert.ok(y - heights[i]! >= 16.9, heights.join()));
  assert.equal(spread([5, 5, 90], 10, 0, 95), [5, 15, 90]);
  assert.equal(spread([94, 95, 95], 10, 0, 95), [75, 85, 95]);
});

figures("curves that cannot be drawn are refused; gaps can be", () => {
  const chart = (eps: number[], values: (number | null)[]) =>
    lineChart({ title: "t", x: { label: "x", values: eps }, y: { label: "y", from: 0, to: 1 },
      lines: [{ label: "DAE", values }] });
  assertSentence(() => chart([0, 1], [1]), `"DAE" has 1 values`, "x has 2");
  assertSentence(() => chart([0, 0], [1, 1]), "[0,0]", "rising");
  assertSentence(() => chart([0, 1], [1, NaN]), `"DAE"`, "null");
  assertSentence(() => accuracyFigure({ ...CURVES, curves: [] }), "0 lines");
  assertSentence(() => accuracyFigure({ eps: [0, 1], curves: [{ label: "VAE", values: [50, 101] }] }), `"VAE"`, "101");
  assert.match(chart([0, 1, 2, 3], [0, null, 1, 0.5]), / d="M52 [\d.]+M[\d.]+ [\d.]+L/);
  texts(chart([0, 1], [null, null]));
});

// latent space

/** Two far blobs of n points each in three dimensions. */
function blobs(n: number): Float32Array {
  const random = hostRandom(4);
  return Float32Array.from({ length: 2 * n * 3 }, (_, i) => random() + (i >= 3 * n && i % 3 === 1 ? 50 : 0));
}

figures("t-SNE parts two far blobs, and gives the same points again", () => {
  const y = tsne(blobs(30), 3, { perplexity: 8, iterations: 200 });
  const far = (i: number, j: number) => Math.hypot(y[2 * i]! - y[2 * j]!, y[2 * i + 1]! - y[2 * j + 1]!);
  const side = (i: number) =>
    Array.from({ length: 60 }, (_, j) => j).filter((j) => j !== i).sort((a, b) => far(i, a) - far(i, b)).slice(0, 5);
  for (let i = 0; i < 60; i++)
    assert.ok(side(i).every((j) => j < 30 === i < 30), `the neighbours of ${i} are ` +
      `${side(i)}`);
  assert.ok(far(0, 45) > far(0, 15), "the blobs lie apart");
  assert.equal(tsne(blobs(30), 3, { perplexity: 8, iterations: 200 }), y);
  assertSentence(() => tsne(blobs(30), 3), "60 points", "more than 90", "perplexity of 30");
  assertSentence(() => tsne(blobs(30).fill(NaN, 3, 4), 3, { perplexity: 5 }), "no finite number");
});

figures("the first principal component is the long axis", () => {
  const y = principalComponents(blobs(30), 3);
  const sides = [0, 1].map((half) => Math.sign(y[2 * 30 * half]!));
  assert.is(sides[0]! * sides[1]!, -1);
  for (let i = 0; i < 60; i++) assert.ok(Math.abs(Math.abs(y[2 * i]!) - 1) < 0.05 && Math.abs(y[2 * i + 1]!) < 0.1);
});

figures("the latent space: two panels, a path and a number for each group", async () => {
  const points = tsne(blobs(20), 3, { perplexity: 5, iterations: 50 });
  const svg = latentFigure({ points, clusters: Array.from({ length: 40 }, (_, i) => i % 4),
    labels: Array.from({ length: 40 }, (_, i) => i % 10) });
  const words = texts(svg);
  assert.is(count(svg, `class="group"`), 4 + 10);
  assert.is(count(svg, "h0M") + 14, 2 * 40);
  for (let i = 0; i < 10; i++)
    assert.is(words.filter((word) => word === String(i)).length, i < 4 ? 4 : 2, `number ${i}`);
  assert.ok(words.includes("by cluster") && words.includes("by label"));
  texts(await latentSpace(gpu, tinyNet(), tinyMeans(), pictures(), { count: 20, perplexity: 4, iterations: 20 }));
  assertSentence(() => latentFigure({ points, clusters: [1], labels: [1] }), "40 points", "1 clusters");
  assertSentence(() => latentFigure({ points: points.subarray(0, 2), clusters: [11], labels: [1] }), "clusters has 11",
    "0 to 9");
});

figures.run();
