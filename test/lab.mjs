/**
 * The lab as a person would use it, in Chromium: every tab, its controls, its address, its errors. Run by run.mjs after
 * the bundles; pictures of each tab go to $PURIGRAD_SHOTS, where that names a folder.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./browser.mjs";

/** Compositing by SwiftShader's Vulkan, without which a WebGPU canvas takes the GPU process down with it. */
export const LAB_ARGS = ["--headless=new", "--use-gl=angle", "--use-angle=swiftshader", "--enable-features=Vulkan",
  "--use-vulkan=swiftshader"];

const LAB = fileURLToPath(new URL("../dist/web", import.meta.url));
const MB = 2 ** 20;
const PATIENCE = { timeout: 120_000 };
const said = (page) => page.textContent(".sentence");
const saidThat = (page, text) => page.waitForFunction((part) =>
  document.querySelector(".sentence")?.textContent.includes(part), text, PATIENCE);

const button = (page, name) => page.getByRole("button", { name, exact: true });
const press = (page, name) => button(page, name).click(PATIENCE);

/** Sets controls by their labels. */
async function settings(page, values) {
  for (const [label, value] of Object.entries(values)) {
    const control = page.getByLabel(label, { exact: true });
    if (await control.evaluate(({ tagName }) => tagName === "SELECT")) await control.selectOption(value);
    else await control.fill(value);
  }
}

/** Chooses a file for the page. */
const give = (page, name, buffer) => page.setInputFiles("input[type=file]", { name, mimeType: "", buffer });

/** The bytes of the weights that the page saves. */
async function saved(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Save the weights")]);
  due(file.suggestedFilename() === name, file.suggestedFilename());
  return readFileSync(await file.path());
}

/** A training run that is going on is paused, steps by one and by two, and goes on. */
async function pauseAndStep(page) {
  const stepOf = (text) => Number(/step (\d+) of/.exec(text)?.[1]);
  due(await button(page, "Step").isDisabled(), "no single steps while it runs");
  await press(page, "Pause");
  await saidThat(page, "Paused:");
  const at = stepOf(await said(page));
  await page.waitForTimeout(700);
  due(stepOf(await said(page)) === at, "nothing moves while it is paused");
  await press(page, "Step");
  await saidThat(page, `Paused: ${(await said(page)).split(": ")[1].split(",")[0]}, step ${at + 1} of`);
  await button(page, "Step").evaluate((step) => {
    step.click();
    step.click();
  });
  await saidThat(page, `step ${at + 3} of`);
  await page.waitForTimeout(300);
  due(stepOf(await said(page)) === at + 3, "as many steps as were asked for");
  await press(page, "Continue");
  await page.waitForFunction((from) => {
    const [, step] = /^(?!Paused).*step (\d+) of/.exec(document.querySelector(".sentence").textContent) ?? [];
    return Number(step) > from;
  }, at + 3, PATIENCE);
}

const TABS = ["attack", "latent", "train", "verify", "bench"];
/** What a tab says when it is ready. */
const READY = { attack: "reads", latent: "2000 test images", train: "wait", verify: "cases", bench: "Roofline" };

/** The next command encoder takes its device away with it, as a driver that crashes does. */
const LOSE_DEVICE = `{
  const make = GPUDevice.prototype.createCommandEncoder;
  GPUDevice.prototype.createCommandEncoder = function (...args) {
    GPUDevice.prototype.createCommandEncoder = make;
    this.destroy();
    return make.apply(this, args);
  };
}`;

/** Keeps the device of the next command encoder, to lose it when nothing is encoded. */
const REMEMBER_DEVICE = `{
  const make = GPUDevice.prototype.createCommandEncoder;
  GPUDevice.prototype.createCommandEncoder = function (...args) {
    GPUDevice.prototype.createCommandEncoder = make;
    self.device = this;
    return make.apply(this, args);
  };
}`;

function due(right, what) {
  if (!right) throw new Error(what);
}

/** How many different colours a picture of an element has: a blank one has few. */
async function colours(page, selector) {
  const png = await page.locator(selector).first().screenshot();
  return page.evaluate(async (bytes) => {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, [...png]);
}

const TESTS = {
  async "attack and purify"(page, url) {
    await page.goto(`${url}#attack`);
    await page.waitForSelector(".card canvas", PATIENCE);
    await saidThat(page, "reads");
    due(/^PGD turned 7 into \d\. C-VAE\+G \(signed\) reads 7/.test(await said(page)), await said(page));
    due(await page.locator(".card .verdict.wrong").count() === 1, "the attacked image alone is wrong");
    due((await colours(page, ".card canvas")) > 20, "the picture is not blank");
    const before = await page.textContent(".card:nth-child(2)");
    await page.getByLabel("eps", { exact: true }).fill("0.05");
    await page.waitForFunction((text) => document.querySelector(".card:nth-child(2)").textContent !== text, before,
      PATIENCE);
    due(page.url().includes("eps=0.05"), "the address keeps the state");
    await page.getByLabel("attack through").selectOption("cvae+g-signed");
    await saidThat(page, "through C-VAE+G (signed)");
  },
  async "an address restores what was chosen; a drawn digit is read; a wrong file is a sentence"(page, url) {
    await page.goto(`${url}#attack?image=3&attack=fgsm&eps=0.1&steps=5&purifiers=vae`);
    await saidThat(page, "VAE reads 0");
    due(await page.getByLabel("attack", { exact: true }).inputValue() === "fgsm", "the attack");
    due(await page.locator(".card").count() === 4, "one purifier");
    await page.locator("canvas.pad").scrollIntoViewIfNeeded();
    const box = await page.locator("canvas.pad").boundingBox();
    await page.mouse.move(box.x + 112, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 112, box.y + 180, { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector(".card .verdict")?.textContent.startsWith("1"), null,
      PATIENCE);
    await page.setInputFiles("input[type=file]",
      { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("no") });
    await saidThat(page, "note.txt: it is no picture");
  },
  async "CIFAR-10: its victim is fooled, filters answer at once, a dropped picture is read"(page, url) {
    await page.goto(`${url}#attack`);
    await saidThat(page, "reads 7");
    await page.getByLabel("images", { exact: true }).selectOption("cifar10");
    await saidThat(page, "JPEG 50 reads");
    due(/^PGD turned (\w+) into (?!\1)\w+\. /.test(await said(page)), await said(page));
    due(page.url().includes("set=cifar10"), "the address says which images");
    due((await colours(page, ".card canvas")) > 100, "the picture has colours");
    await page.getByLabel("attack through").selectOption("jpeg-50");
    await saidThat(page, "PGD through JPEG 50");
    const picture = await page.locator(".strip canvas").nth(3).screenshot();
    const input = { bytes: [...picture], name: "part.png", type: "image/png" };
    const data = await page.evaluateHandle(({ bytes, name, type }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
      return transfer;
    }, input);
    const before = await page.textContent(".cards");
    await page.dispatchEvent(".drop", "drop", { dataTransfer: data });
    await page.waitForFunction((text) => document.querySelector(".cards").textContent !== text, before, PATIENCE);
    due(await page.locator(".strip [aria-pressed=true]").count() === 0, "the dropped picture took the place");
  },
  async "an attack is played step by step, and probabilities follow"(page, url) {
    await page.goto(`${url}#attack?attack=ifgsm&eps=0.2&steps=10&purifiers=cvae`);
    await saidThat(page, "C-VAE reads");
    const slider = page.getByLabel("Step of the attack");
    due(await slider.inputValue() === "10", "the end is shown first");
    const verdict = () => page.textContent(".card:nth-child(3) .verdict");
    const bars = () => page.getAttribute(".card:nth-child(3) .bars", "aria-label");
    const end = [await verdict(), await bars()];
    await slider.fill("0");
    due((await page.textContent(".card:nth-child(2) p")).startsWith("largest 0.000"), "the start is the original");
    due(await verdict() === "7, right" && await bars() !== end[1], "which is read right");
    await slider.press("ArrowRight");
    due(await slider.inputValue() === "1", "by keyboard");
    await press(page, "Play the steps");
    await page.waitForFunction(() => document.querySelector(".player input").value === "10", null, PATIENCE);
    await page.getByRole("button", { name: "Play the steps" }).waitFor(PATIENCE);
    due(await verdict() === end[0] && await bars() === end[1], "and ends as it was");
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.getByLabel("attack", { exact: true }).selectOption("cw");
    await page.getByRole("button", { name: "Next step" }).waitFor(PATIENCE);
    await press(page, "Next step");
    due(await slider.inputValue() === "0", "one step at a press, from the end to the start");
  },
  async "little is fetched before the first picture, and all in all"(page, url) {
    await page.goto(`${url}#attack`);
    await saidThat(page, "reads");
    const fetched = await page.evaluate(() => performance.getEntriesByType("resource")
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
    due(fetched > 1e6 && fetched <= 4 * MB, `${(fetched / MB).toFixed(2)} MB before the first picture`);
    const files = readdirSync(LAB, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const sizeOf = ({ parentPath, path, name }) => statSync(join(parentPath ?? path, name)).size;
    const all = files.reduce((sum, file) => sum + sizeOf(file), 0);
    due(all <= 12 * MB, `${(all / MB).toFixed(2)} MB in all`);
  },
  async "latent space"(page, url) {
    await page.goto(`${url}#latent`);
    await saidThat(page, "2000 test images");
    await page.waitForTimeout(500);
    due((await colours(page, "canvas.wide")) > 20, "the points are drawn");
    const before = await page.locator("canvas.wide").screenshot();
    const box = await page.locator("canvas.wide").boundingBox();
    await page.mouse.move(box.x + 200, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 320, box.y + 240, { steps: 5 });
    await page.mouse.up();
    await page.waitForTimeout(500);
    due(!before.equals(await page.locator("canvas.wide").screenshot()), "dragging turns the view");
    await page.mouse.click(box.x + 5, box.y + 5);
    await page.waitForSelector("text=decoded from this place", PATIENCE);
    for (let y = 0.3; y < 0.8 && await page.locator("text=reconstruction").count() === 0; y += 0.04)
      await page.mouse.click(box.x + box.width / 2, box.y + y * box.height).then(() => page.waitForTimeout(400));
    await page.focus("canvas.wide");
    await page.keyboard.press("n");
    const first = await page.textContent(".tip");
    due(/^test image \d+, a \d$/.test(first) && (await said(page)).startsWith(first.replace("t", "T")),
      "N goes to an image and names it");
    due(await page.locator(".tip canvas").count() === 2 && (await colours(page, ".tip canvas >> nth=1")) > 5,
      "with its reconstruction");
    await page.keyboard.press("p");
    due(await page.textContent(".tip") !== first, "P goes back");
    for (let y = 0.3; y < 0.8 && !(await page.isVisible(".tip")); y += 0.02)
      await page.mouse.move(box.x + box.width / 2, box.y + y * box.height);
    due(await page.isVisible(".tip"), "pointing at an image shows it");
    await press(page, "Attack this image");
    await saidThat(page, "I-FGSM on the classifier in 12 steps");
    due(/step by step.*C-VAE\+G \(signed\).*JPEG 50/.test(await page.textContent(".muted")), "marks are named");
    const byDigit = await page.locator("canvas.wide").screenshot();
    await page.getByLabel("colours").selectOption("cluster");
    await page.waitForTimeout(300);
    due(!byDigit.equals(await page.locator("canvas.wide").screenshot()), "clusters have other colours than digits");
    await page.focus("canvas.wide");
    for (let i = 0; i < 10; i++) await page.keyboard.press("+");
    await page.waitForTimeout(500);
    const inked = () => page.locator("canvas.over").evaluate((canvas) => canvas.getContext("2d")
      .getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0));
    due(await inked(), "close by, the images are seen");
    await page.getByLabel("axes").selectOption("first");
    await saidThat(page, "by first three numbers");
    due(page.url().includes("network=cvae&colour=cluster&axes=first"), page.url());
    await page.getByLabel("network").selectOption("vae");
    await saidThat(page, "latent space of VAE");
    due(await page.getByLabel("colours").isDisabled(), "a VAE has no clusters");
  },
  async "train: the loss falls, the network learns, its weights can be kept and say their sizes"(page, url) {
    await page.goto(`${url}#train`);
    await settings(page, { network: "classifier", size: "small", epochs: "1", "steps from look to look": "20" });
    due(!(await page.isVisible("text=clusters")) && await page.isVisible("text=seed"), "a classifier has no clusters");
    await press(page, "Start");
    await saidThat(page, "Done.");
    const [, loss, right, under] = /loss (\d+\.\d+); (\d+) of 250 .* right, (\d+) under PGD/.exec(await said(page)) ??
      [];
    due(Number(loss) < 1.2 && Number(right) > 170 && Number(under) < Number(right), await said(page));
    due(`${await page.locator(".looks tbody th").allTextContents()}` === "20,40,60,62", "a look every 20 steps");
    due(await page.textContent(".looks tr:last-child td >> nth=0") === right, "the last one is what was said");
    const bytes = await saved(page, "classifier.safetensors");
    await page.reload();
    await give(page, "classifier.safetensors", bytes);
    await saidThat(page, "the small classifier (CNN) begins from it");
    due(await page.getByLabel("size").inputValue() === "small", "the file says its size");
    await press(page, "Start");
    await page.waitForSelector(".looks tbody th", PATIENCE);
    due(await page.textContent(".looks tr:last-child td >> nth=0") === right, "it is the network that was saved");
    await saidThat(page, "loss ");
    const [, again] = /loss (\d+\.\d+)/.exec(await said(page)) ?? [];
    due(Number(again) < 1.2, `it goes on from where it was: ${await said(page)}`);
    await press(page, "Stop");
    await saidThat(page, "Stopped;");
    await give(page, "other.safetensors", Buffer.from("no"));
    await saidThat(page, "other.safetensors: it has 2 bytes");
    const other = Buffer.from(bytes.toString("latin1").replace('hidden\\":64', 'hidden\\":65'), "latin1");
    const shipped = readFileSync(join(LAB, "../../results/mnist/weights/cnn.safetensors"));
    for (const [name, file] of Object.entries({ other, shipped })) {
      await give(page, `${name}.safetensors`, file);
      await saidThat(page, `${name}.safetensors: it does not say which network of this page it holds`);
    }
    await give(page, "classifier.safetensors", bytes);
    await saidThat(page, "begins from it");
    await page.getByLabel("size").selectOption("large");
    await saidThat(page, "the next run begins anew");
  },
  async "train: a C-VAE shows its clusters and what the classifier reads under attack"(page, url) {
    await page.goto(`${url}#train`);
    await settings(page, { size: "small", "numbers in the code": "8", clusters: "4", epochs: "1",
      "steps from look to look": "20" });
    await press(page, "Start");
    await saidThat(page, "once purified");
    const [, bare, after] = /reads (\d+) of 250 test images right, (\d+) once purified/.exec(await said(page)) ?? [];
    due(Number(bare) < 25 && Number(after) <= 250, await said(page));
    due(`${await page.locator(".looks tbody >> tr >> nth=0 >> td").allTextContents()}`.endsWith(`,${bare},${after}`),
      "and the table has it");
    const titles = await page.locator(".card h3").allTextContents();
    due(titles.length === 9 && titles.at(-1) === "cluster 3", `five images and four clusters: ${titles}`);
    due((await colours(page, ".card:last-child canvas")) > 20, "samples are drawn");
    await press(page, "Pause");
    await saidThat(page, "Paused:");
    const bytes = await saved(page, "cvae.safetensors");
    await press(page, "Stop");
    await saidThat(page, "Stopped;");
    due(bytes.toString("latin1").includes('"means":{"dtype":"F32","shape":[4,8]'), "of the sizes that were set");
    await page.reload();
    await give(page, "cvae.safetensors", bytes);
    await saidThat(page, "the small C-VAE begins from it");
    due(await page.getByLabel("numbers in the code").inputValue() === "8" &&
      await page.getByLabel("clusters").inputValue() === "4", "which the file says");
  },
  async "train: a worker is paused, steps, goes on, and keeps the last weights of a lost device"(page, url) {
    await page.goto(`${url}#train`);
    await settings(page, { network: "classifier", size: "small", epochs: "5", "steps from look to look": "500" });
    await press(page, "Start");
    await saidThat(page, "loss");
    due(page.workers().length === 1, "a worker trains");
    await pauseAndStep(page);
    await press(page, "Pause");
    await saidThat(page, "Paused:");
    await press(page, "Stop");
    await saidThat(page, "Stopped; the weights can be saved.");
    due(await button(page, "Step").isDisabled() && await button(page, "Start").isEnabled(), "nothing is left to step");
    await press(page, "Start");
    await saidThat(page, "loss");
    await page.workers()[0].evaluate(LOSE_DEVICE);
    await saidThat(page, "The last weights are kept and can be saved.");
    await press(page, "Start");
    await saidThat(page, "loss");
    await page.workers()[0].evaluate(REMEMBER_DEVICE);
    await press(page, "Pause");
    await saidThat(page, "Paused:");
    const bytes = await saved(page, "classifier.safetensors");
    await page.workers()[0].evaluate("device.destroy()");
    await saidThat(page, "the GPU device was lost");
    await saidThat(page, "The last weights are kept and can be saved.");
    due(bytes.equals(await saved(page, "classifier.safetensors")), "they are those of the pause");
    await press(page, "Start");
    await saidThat(page, "loss");
    await press(page, "Pause");
    await saidThat(page, "Paused:");
    await page.goto(`${url}#verify`);
    await saidThat(page, "cases");
    for (let tries = 0; page.workers().length; tries++) {
      due(tries < 100, "the worker ends with its tab, also while it is paused");
      await page.waitForTimeout(100);
    }
  },
  async "train: where a worker has no WebGPU, the page trains, pauses and steps"(page, url) {
    await page.addInitScript(() => { delete self.Worker; });
    await page.goto(`${url}#train`);
    await settings(page, { network: "vae", size: "small", "steps from look to look": "500" });
    await press(page, "Start");
    await page.waitForSelector("text=It runs in the page", PATIENCE);
    await saidThat(page, "loss");
    await pauseAndStep(page);
    await press(page, "Stop");
    await saidThat(page, "Stopped;");
  },
  async "no WebGPU, no adapter: a sentence says so, and the images are there"(page, url) {
    await page.addInitScript(() => { navigator.gpu.requestAdapter = async () => null; });
    await page.goto(`${url}#attack`);
    await saidThat(page, "no auto adapter: the browser offers none");
    due(await page.locator(".strip canvas").count() === 40, "the images are shown");
    await page.goto(`${url}#bench`);
    await press(page, "Run");
    await saidThat(page, "no auto adapter");
    await page.addInitScript(() => { delete Navigator.prototype.gpu; });
    await page.reload();
    await page.waitForSelector("footer >> text=no WebGPU: this browser has no navigator.gpu", PATIENCE);
  },
  async "a lost device is said, and the next computation gets a new one"(page, url) {
    await page.goto(`${url}#attack`);
    await saidThat(page, "reads");
    await page.evaluate(LOSE_DEVICE);
    await page.getByLabel("eps", { exact: true }).fill("0.1");
    await page.waitForSelector("footer >> text=The GPU was lost", PATIENCE);
    await saidThat(page, "the GPU device was lost");
    await page.getByLabel("eps", { exact: true }).fill("0.2");
    await saidThat(page, "reads");
  },
  async "what was loaded works when the server is gone"(page) {
    const server = await serve();
    await page.goto(`${server.url}/web/index.html#attack`);
    await saidThat(page, "reads");
    const kept = () => page.evaluate(async () => {
      const found = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return found.flat().map(({ url }) => url);
    });
    const files = ["main.js", "cnn.safetensors", "mnist-test.png", "cvae.safetensors"];
    const missing = async () => {
      const all = await kept();
      return files.filter((part) => !all.some((at) => at.includes(part)));
    };
    for (let tries = 0; (await missing()).length > 0; tries++) {
      due(tries < 300, `not kept: ${await missing()}`);
      await page.waitForTimeout(200);
    }
    due((await kept()).every((at) => at.startsWith(`${server.url}/web/`)), "only the page's own files are kept");
    server.close();
    await page.reload();
    await saidThat(page, "reads");
    await page.goto(`${server.url}/web/index.html#bench`);
    await page.getByRole("button", { name: "Run" }).waitFor(PATIENCE);
  },
  async "verify runs and stops"(page, url) {
    await page.goto(`${url}#verify`);
    await press(page, "Run");
    await page.waitForFunction(() => document.querySelector("progress").value > 15, null, PATIENCE);
    due(await page.locator("li.error").count() === 0, "no case failed");
    await press(page, "Stop");
    await saidThat(page, "Stopped.");
  },
  async "bench gives rows"(page, url) {
    await page.goto(`${url}#bench`);
    await press(page, "Run");
    await page.waitForSelector("tbody tr", PATIENCE);
    await press(page, "Stop");
    await page.waitForSelector("text=Download the result", PATIENCE);
    due(/: copy \S+ GB\/s, .*; [1-3] of 13 rows, stopped/.test(await said(page)), await said(page));
    due(/this GPU.*nvidia-h100.*PyTorch.*llvmpipe/s.test(await page.textContent("td.bar")), "beside committed runs");
    await page.getByLabel("whose name contains").fill("matmul 256");
    await page.getByLabel("each variant of a kernel").check();
    await press(page, "Run");
    await saidThat(page, "1 of 1 rows, done");
    due(await page.locator("tbody tr").count() > 2, "variants stand side by side");
    const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Download the result")]);
    const { rows, variants, roofline } = JSON.parse(readFileSync(await file.path(), "utf8"));
    due(rows.length === 1 && rows[0].ms > 0 && rows[0].samples >= 3 && roofline.fma_gflops > 0, "the file has the row");
    const bench = join(LAB, "../bench.js");
    const printed = execFileSync(process.execPath, [bench, "--from", await file.path()], { encoding: "utf8" });
    due(printed.includes("matmul 256"), "and `npm run bench` reads it");
    due(new Set(variants.map(({ variant }) => variant)).size === variants.length, "each variant was taken");
    await page.getByLabel("whose name contains").fill("no such row");
    await press(page, "Run");
    await saidThat(page, 'No row contains "no such row"');
  },
  async "tuning choices are kept in the browser, taken by every page, and forgotten"(page, url) {
    await page.goto(`${url}#bench`);
    await page.waitForSelector("text=keeps no tuning choices", PATIENCE);
    due(await button(page, "Forget the choices").isDisabled(), "nothing to forget");
    await page.getByLabel("whose name contains").fill("matmul 256");
    await press(page, "Tune these rows");
    await saidThat(page, "Tuned 1 of 1 rows");
    await page.waitForSelector("text=keeps 1 tuning choice for", PATIENCE);
    const [name, id, others] = await page.evaluate(() => {
      const name = Object.keys(localStorage).find((key) => key.startsWith("purigrad:tuner-"));
      const choices = JSON.parse(localStorage[name]);
      const [[id, { variant, among }]] = Object.entries(choices);
      const others = [...among.matchAll(/(\S.*?):\w+(?: |$)/g)].map(([, other]) => other).filter((v) => v !== variant);
      choices[id].variant = others.at(-1);
      localStorage[name] = JSON.stringify(choices);
      return [name, id, others];
    });
    due(/^matmul /.test(id) && others.length > 1, id);
    await page.reload();
    await page.getByLabel("whose name contains").fill("matmul 256");
    await press(page, "Run");
    await saidThat(page, "1 of 1 rows, done");
    due(await page.textContent("tbody td") === `matmul:${others.at(-1)}`,
      `${others.at(-1)}, the stored choice, is taken: ${await page.textContent("tbody td")}`);
    due(/^(\d+\.\d|under \d+)$/.test(await page.textContent("tbody td >> nth=3")), "the host cost of a kernel");
    await page.goto(`${url}#train`);
    await press(page, "Start");
    await page.waitForSelector("text=kernels by 1 tuning choice", PATIENCE);
    await page.goto(`${url}#bench`);
    await press(page, "Forget the choices");
    await saidThat(page, "forgotten");
    due(await page.evaluate((key) => localStorage[key], name) === "{}", "also where they were stored");
    await page.waitForSelector("text=keeps no tuning choices", PATIENCE);
  },
  async "nothing overflows, and axe finds nothing serious: every tab, light and dark"(page, url) {
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const faults = [];
    for (const tab of TABS) {
      await page.goto(`${url}#${tab}`);
      await saidThat(page, READY[tab]);
      for (const width of [1600, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
        if (overflow > width) faults.push(`${tab} is ${overflow} pixels wide on ${width}`);
      }
      await page.evaluate(axe);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
        due(passes.length > 15, `axe looked at ${passes.length} rules only`);
        for (const { id, impact, nodes } of violations)
          if (/serious|critical/.test(impact)) faults.push(`${tab} ${colorScheme}: ${id}, ${nodes[0].html}`);
      }
    }
    due(faults.length === 0, faults.join("; "));
  },
};

/** What is done on a tab before its picture is taken. */
const SCENES = {
  attack: (page) => saidThat(page, "reads"),
  async cifar(page) {
    await page.getByLabel("images", { exact: true }).selectOption("cifar10");
    await saidThat(page, "JPEG 50 reads");
  },
  async latent(page) {
    await saidThat(page, "2000 test images");
    await page.focus("canvas.wide");
    await page.keyboard.press("n");
    await press(page, "Attack this image");
    await saidThat(page, "12 steps");
  },
  async train(page) {
    await settings(page, { size: "small", epochs: "1", "steps from look to look": "20" });
    await press(page, "Start");
    await saidThat(page, "Done.");
  },
  async verify(page) {
    await press(page, "Run");
    await page.waitForFunction(() => document.querySelector("progress").value > 5, null, PATIENCE);
  },
  async bench(page) {
    await page.getByLabel("whose name contains").fill("matmul 256");
    await page.getByLabel("each variant of a kernel").check();
    await press(page, "Run");
    await saidThat(page, "done");
  },
};

/** Pictures of every scene: NAME.png on a desktop in light colours, NAME-dark, NAME-phone and NAME-phone-dark. */
async function shoot(browser, url, folder) {
  const views = [["", 1280], ["-phone", 390]].flatMap((v) => ["", "-dark"].map((scheme) => [...v, scheme]));
  for (const [name, width, scheme] of views) {
    for (const [scene, act] of Object.entries(SCENES)) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme ? "dark" : "light" });
      await page.goto(`${url}#${scene === "cifar" ? "attack" : scene}`);
      await act(page);
      await page.waitForTimeout(1000);
      await page.screenshot({ path: join(folder, `${scene}${name}${scheme}.png`), fullPage: true });
      await page.close();
    }
  }
}

/** What `work` gives; an error when it takes longer: what playwright itself sets no limit to, as a page that hangs. */
function within(seconds, work) {
  let clock;
  const late = new Promise((_, reject) => {
    clock = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(clock));
}

/** One test in a page of its own. */
async function inPage(browser, url, test) {
  const page = await within(60, browser.newPage());
  const stray = [];
  page.on("pageerror", (error) => stray.push(error.message));
  page.on("console", (message) => message.type() === "error" && stray.push(message.text()));
  try {
    await within(240, test(page, url));
    due(stray.length === 0, stray.join("; "));
  } catch (error) {
    throw stray.length ? new Error(`${error.message} (${stray.join("; ")})`) : error;
  } finally {
    await within(20, page.close()).catch(() => {});
  }
}

/** Runs a part of the tests, "2/2" for every other one from the second on; as runInPage, their sum. */
export async function labTests(browser, base, sign = () => {}, part = "1/1") {
  const url = `${base}/web/index.html`;
  const sum = { passed: 0, failed: 0, skipped: 0, errors: [], done: true };
  const [first, step] = part.split("/").map(Number);
  for (const [name, test] of Object.entries(TESTS).filter((_, i) => i % step === first - 1)) {
    try {
      await inPage(browser, url, test);
      sum.passed++;
    } catch (error) {
      sum.failed++;
      sum.errors.push(`   FAIL  lab  "${name}"\n    ${error.message}`);
    }
    sign();
  }
  if (process.env.PURIGRAD_SHOTS && first === 1) await shoot(browser, url, process.env.PURIGRAD_SHOTS);
  return sum;
}
