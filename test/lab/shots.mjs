/**
 * Pictures of every page, to be looked at: `node build.mjs && node test/lab/shots.mjs FOLDER [SCENE...]` writes
 * SCENE-WIDTH-light.png and SCENE-WIDTH-dark.png at 390 and 1,600 pixels. `node test/lab/shots.mjs --readme` writes the
 * two of the README, results/lab/attack.png and latent.png, at 1,280.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, serve } from "../browser.mjs";
import { LAB_ARGS } from "./all.mjs";
import { press, saidThat, settings } from "./hand.mjs";

/** By name: the page's address, and what is done there before its picture is taken. */
const SCENES = {
  attack: ["attack", (page) => saidThat(page, "reads")],
  cifar: ["attack?set=cifar10&steps=2", (page) => saidThat(page, "reads")],
  latent: ["latent?image=0", async (page) => {
    await press(page, "Attack this image");
    await saidThat(page, "12 steps");
  }],
  clusters: ["latent?colour=cluster", (page) => saidThat(page, "2000 test images")],
  train: ["train", async (page) => {
    await settings(page, { size: "small", epochs: "3", "steps from look to look": "50",
      "test images at a look": "50" });
    await press(page, "Start");
    await saidThat(page, "Done.");
  }],
  verify: ["verify", async (page) => {
    await settings(page, { "cases whose name contains": "softmax" });
    await press(page, "Run");
    await saidThat(page, "right on");
  }],
  bench: ["bench", async (page) => {
    await settings(page, { "whose name contains": "matmul 256" });
    await page.getByLabel("each variant of a kernel").check();
    await press(page, "Run");
    await saidThat(page, "done");
  }],
};

/** One page, in each of `views`: [width, scheme, file]. */
async function shoot(browser, url, scene, views) {
  const [address, act] = SCENES[scene];
  const page = await browser.newPage({ viewport: { width: views[0][0], height: 900 }, colorScheme: views[0][1] });
  await page.goto(`${url}/web/index.html#${address}`);
  await act(page);
  for (const [width, colorScheme, path] of views) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(800);
    await page.screenshot({ path, fullPage: true });
    console.log(path);
  }
  await page.close();
}

const [browser, server] = [await launch(LAB_ARGS), await serve()];
const [folder, ...chosen] = process.argv.slice(2);
if (folder === "--readme") {
  const file = (name) => fileURLToPath(new URL(`../../results/lab/${name}.png`, import.meta.url));
  for (const name of ["attack", "latent"]) await shoot(browser, server.url, name, [[1280, "light", file(name)]]);
} else {
  mkdirSync(folder, { recursive: true });
  const views = (scene) => [1600, 390].flatMap((width) => ["light", "dark"].map((scheme) =>
    [width, scheme, join(folder, `${scene}-${width}-${scheme}.png`)]));
  for (const scene of chosen.length ? chosen : Object.keys(SCENES))
    await shoot(browser, server.url, scene, views(scene));
}
server.close();
await browser.close();
process.exit(0);
