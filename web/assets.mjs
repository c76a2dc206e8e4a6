/**
 * What the lab fetches beside its scripts, written by build.mjs into dist/web: the page, test images of both data sets,
 * the shipped weights in 8 bits, the cases of `purigrad verify`, the committed bench runs in short, and the
 * service worker's list of all of that. Large files are compressed, so that a plain static host sends them so.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** Images of each part, and of MNIST for training in the page. */
const IMAGES = { "mnist-test": 2000, "mnist-train": 4000, "cifar10-test": 100 };

/** Which of the trained networks go with the page; those of CIFAR-10 are taken as they come. */
const MNIST_WEIGHTS = ["cnn", "cvae", "cvae+g-signed", "vae", "vae+g-signed"];

/** Committed runs and the engines of them that the bench page draws beside the visitor's GPU. */
const RUNS = ["results/h100/peers.json", "results/bench/llvmpipe.json", "results/bench/swiftshader.json",
  "results/bench/peers-swiftshader.json"];
const ENGINES = { purigrad: "", "torch-cuda": "PyTorch, " };

/** Writes everything into `out`/web; `out` holds the bundles already. */
export async function writeLab(root, out) {
  const web = join(out, "web");
  for (const name of ["index.html", "style.css"]) cpSync(join(root, "web", name), join(web, name));
  cpSync(join(dirname(createRequire(import.meta.url).resolve("uplot")), "uPlot.min.css"), join(web, "uplot.css"));
  await writeImages(out, join(web, "data"));
  await writeWeights(root, out, join(web, "weights"));
  writeCases(join(root, "cases"), join(web, "cases"));
  put(join(web, "bench.json"), JSON.stringify(committedRuns(root)));
  removeOthers(web);
  writeWorker(web);
}

/** What belongs to this build; the rest of the folder is of an earlier one. */
const due = new Set();

const put = (file, bytes) => {
  due.add(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
};

function removeOthers(web) {
  for (const name of readdirSync(web, { recursive: true })) {
    const file = join(web, name);
    const ofBundles = /^(index\.html|style\.css|uplot\.css|[\w-]+\.js)$/.test(name);
    if (!ofBundles && !due.has(file) && statSync(file).isFile()) rmSync(file);
  }
}

const compressed = (bytes) => gzipSync(bytes, { level: 9 });

/** Whether `file` is there and was written after all of `sources`: then it stays. */
function isNewer(file, ...sources) {
  due.add(file);
  return existsSync(file) && sources.every((source) => statSync(source).mtimeMs < statSync(file).mtimeMs);
}

/** One image a row, and a JSON file that says what they are. */
async function writeImages(out, folder) {
  const [{ mnist, cifar10, readCifar10Slice }, { PNG }] = [await import(join(out, "data.js")), await import("pngjs")];
  const sets = { mnist: [mnist, (part) => mnist.read(part)], cifar10: [cifar10, readCifar10Slice] };
  for (const [name, count] of Object.entries(IMAGES)) {
    if (["json", "png"].map((kind) => isNewer(join(folder, `${name}.${kind}`), import.meta.filename)).every(Boolean))
      continue;
    const [set, part] = name.split("-");
    const [{ shape, classes, mean, std, title }, read] = sets[set];
    const { bytes, labels } = read(part);
    put(join(folder, `${name}.png`), picture(PNG, bytes, shape, count));
    put(join(folder, `${name}.json`), JSON.stringify({ name: set, title, shape, classes, mean, std,
      labels: [...labels.subarray(0, count)] }));
  }
}

/** Bytes [n,C,H,W] as a PNG of `count` rows; one channel is grey, three are red, green and blue. */
function picture(PNG, bytes, [channels, h, w], count) {
  const size = h * w;
  const pixels = Buffer.alloc(count * channels * size);
  for (let i = 0; i < count * size; i++)
    for (let c = 0; c < channels; c++)
      pixels[channels * i + c] = bytes[(Math.floor(i / size) * channels + c) * size + (i % size)];
  const colorType = channels === 1 ? 0 : 2;
  const options = { width: size, height: count, colorType, inputColorType: colorType, bitDepth: 8,
    inputHasAlpha: false, deflateLevel: 9 };
  return PNG.sync.write(Object.assign(new PNG(options), { data: pixels }), options);
}

/** Weights of each set by 8 bits a number: as they lie in results/ they would be 15 MB. */
async function writeWeights(root, out, folder) {
  const { loadSafetensors } = await import(join(out, "index.js"));
  const { encodeSafetensors, safetensorsMetadata } = await import(join(out, "data.js"));
  const listed = {};
  for (const set of ["mnist", "cifar10"]) {
    const from = join(root, `results/${set}/weights`);
    const all = readdirSync(from).filter((file) => file.endsWith(".safetensors")).map((file) => file.slice(0, -12));
    listed[set] = set === "mnist" ? MNIST_WEIGHTS : all.sort();
    for (const name of listed[set]) {
      const [source, target] = [join(from, `${name}.safetensors`), join(folder, set, `${name}.safetensors.gz`)];
      if (isNewer(target, source, import.meta.filename)) continue;
      const bytes = readFileSync(source);
      const { purigrad } = safetensorsMetadata(bytes, source);
      put(target, compressed(encodeSafetensors(inEightBits(loadSafetensors(bytes, source)), { purigrad })));
    }
  }
  put(join(folder, "list.json"), JSON.stringify(listed));
}

/**
 * Tensors of two or more dimensions as I8 with a scale F32 [rows], the largest value of the row over 127, under the
 * name "NAME.scale"; vectors stay F32. web/eight-bits.ts undoes it.
 */
const inEightBits = (tensors) => Object.fromEntries(Object.entries(tensors).flatMap(([name, { shape, data }]) => {
  if (shape.length < 2) return [[name, { dtype: "F32", shape, data }]];
  const size = data.length / shape[0];
  const scale = Float32Array.from({ length: shape[0] }, (_, r) =>
    data.subarray(r * size, (r + 1) * size).reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 127);
  const whole = Int8Array.from(data, (v, i) => Math.round(v / (scale[Math.floor(i / size)] || 1)));
  return [[name, { dtype: "I8", shape, data: whole }],
    [`${name}.scale`, { dtype: "F32", shape: [shape[0]], data: scale }]];
}));

/** The cases, compressed, and the list of what is there: what is not is never asked for. */
function writeCases(from, to) {
  const all = readdirSync(from, { recursive: true }).map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.(json|safetensors)$/.test(name) && !name.startsWith("cifar10"));
  for (const name of all)
    if (!isNewer(join(to, `${name}.gz`), join(from, name)))
      put(join(to, `${name}.gz`), compressed(readFileSync(join(from, name))));
  put(join(to, "files.json"), JSON.stringify(all));
}

/** Milliseconds by case, of each engine and adapter; where two files have a case, the first one counts. */
function committedRuns(root) {
  const runs = {};
  for (const file of RUNS.filter((name) => existsSync(join(root, name)))) {
    const { adapter, rows } = JSON.parse(readFileSync(join(root, file), "utf8"));
    for (const { case: name, engine, ms, ok = true } of rows) {
      if (!ok || !(ms > 0) || !Object.hasOwn(ENGINES, engine)) continue;
      const run = runs[`${ENGINES[engine]}${adapter.replace(/ (driver|\().*/, "")}`] ??= {};
      run[name] ??= Number(ms.toPrecision(3));
    }
  }
  return runs;
}

/** Every file by its path and the beginning of its SHA-256, in front of the service worker's own code. */
function writeWorker(web) {
  const worker = join(web, "sw.js");
  if (!existsSync(worker)) return;
  const files = readdirSync(web, { recursive: true }).map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name !== "sw.js" && statSync(join(web, name)).isFile()).sort();
  const hash = (name) => createHash("sha256").update(readFileSync(join(web, name))).digest("hex").slice(0, 16);
  const list = JSON.stringify(Object.fromEntries(files.map((name) => [name, hash(name)])));
  writeFileSync(worker, `self.FILES = ${list};\n${readFileSync(worker, "utf8")}`);
}
