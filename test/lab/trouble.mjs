/** No GPU, a lost one, no network. */
import { serve } from "../browser.mjs";
import { due, PATIENCE, press, said, saidThat } from "./hand.mjs";

/** The next command encoder takes its device away with it, as a driver that crashes does. */
export const LOSE_DEVICE = `{
  const make = GPUDevice.prototype.createCommandEncoder;
  GPUDevice.prototype.createCommandEncoder = function (...args) {
    GPUDevice.prototype.createCommandEncoder = make;
    this.destroy();
    return make.apply(this, args);
  };
}`;

/** Keeps the device of the next command encoder, to lose it when nothing is encoded. */
export const REMEMBER_DEVICE = `{
  const make = GPUDevice.prototype.createCommandEncoder;
  GPUDevice.prototype.createCommandEncoder = function (...args) {
    GPUDevice.prototype.createCommandEncoder = make;
    self.device = this;
    return make.apply(this, args);
  };
}`;

export const troubleTests = {
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
    await page.goto(`${url}#attack?attack=fgsm&purifiers=vae`);
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
};
