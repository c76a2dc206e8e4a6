/** The page "Train". */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { button, colours, due, give, PATIENCE, press, said, saidThat, saved, settings } from "./hand.mjs";
import { LOSE_DEVICE, REMEMBER_DEVICE } from "./trouble.mjs";

const SHIPPED = fileURLToPath(new URL("../../results/mnist/weights/cnn.safetensors", import.meta.url));

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

export const trainTests = {
  async "train: the loss falls, the network learns, its weights can be kept and say their sizes"(page, url) {
    await page.goto(`${url}#train`);
    await settings(page, { network: "classifier", size: "small", epochs: "1", "steps from look to look": "50",
      "test images at a look": "100" });
    due(!(await page.isVisible("text=clusters")) && await page.isVisible("text=seed"), "a classifier has no clusters");
    await press(page, "Start");
    await saidThat(page, "Done.");
    const [, loss, right, under] = /loss (\d+\.\d+); (\d+) of 100 .* right, (\d+) under PGD/.exec(await said(page)) ??
      [];
    due(Number(loss) < 1.2 && Number(right) > 65 && Number(under) < Number(right), await said(page));
    due(`${await page.locator(".looks tbody th").allTextContents()}` === "50,62", "a look every 50 steps");
    due(await page.textContent(".looks tr:last-child td >> nth=0") === right, "the last one is what was said");
    const bytes = await saved(page, "classifier.safetensors");
    await page.reload();
    await settings(page, { "test images at a look": "100" });
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
    const shipped = readFileSync(SHIPPED);
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
      "steps from look to look": "20", "test images at a look": "50" });
    await press(page, "Start");
    await saidThat(page, "once purified");
    const [, bare, after] = /reads (\d+) of 50 test images right, (\d+) once purified/.exec(await said(page)) ?? [];
    due(Number(bare) < 10 && Number(after) <= 50, await said(page));
    due(`${await page.locator(".looks tbody >> tr >> nth=0 >> td").allTextContents()}`.endsWith(`,${bare},${after}`),
      "and the table has it");
    const titles = await page.locator(".card h3").allTextContents();
    due(titles.length === 9 && titles.at(-1).startsWith("cluster 3"), `five images and four clusters: ${titles}`);
    due(titles.some((title) => /^cluster \d, mostly \d$/.test(title)), `clusters have names: ${titles}`);
    due((await colours(page, ".card:last-child canvas")) > 20, "samples are drawn");
    due((await colours(page, ".curve")) > 10 && /step.*loss/.test(await page.textContent(".curve")), "so is the loss");
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
    await saidThat(page, "Stopped; the weights can be saved.");
    due(await button(page, "Step").isDisabled() && await button(page, "Start").isEnabled(), "nothing is left to step");
  },
};
