/** The page "Latent space". */
import { colours, due, PATIENCE, press, said, saidThat } from "./hand.mjs";
import { LOSE_DEVICE } from "./trouble.mjs";

const CANVAS = "canvas.wide";
const drawn = (page) => page.locator(CANVAS).screenshot();

/** Waits until the canvas looks otherwise than `before`. */
async function changes(page, before, what) {
  for (let tries = 0; before.equals(await drawn(page)); tries++) {
    due(tries < 50, what);
    await page.waitForTimeout(100);
  }
}

async function pointsAre(page, what) {
  for (let tries = 0; await colours(page, CANVAS) <= 20; tries++) {
    due(tries < 50, `the points are not ${what}`);
    await page.waitForTimeout(100);
  }
}

/** How many pixels of the layer over the points are written on. */
const inked = (page) => page.locator("canvas.over").evaluate((canvas) => canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v > 0).length);

async function inks(page, least, what) {
  for (let tries = 0; await inked(page) < least; tries++) {
    due(tries < 50, what);
    await page.waitForTimeout(100);
  }
}

async function drag(page, box) {
  await page.mouse.move(box.x + 200, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 320, box.y + 240, { steps: 5 });
  await page.mouse.up();
}

export const latentTests = {
  async "latent space: it turns; images, their reconstructions and places between them are seen"(page, url) {
    await page.goto(`${url}#latent`);
    await saidThat(page, "2000 test images");
    await pointsAre(page, "drawn");
    const [before, box] = [await drawn(page), await page.locator(CANVAS).boundingBox()];
    await drag(page, box);
    await changes(page, before, "dragging turns the view");
    due(await page.locator(".side .card").count() === 0, "and clicks nothing");
    await page.mouse.click(box.x + 5, box.y + 5);
    await page.waitForSelector("text=decoded from this place", PATIENCE);
    due((await colours(page, ".side .card canvas")) > 5, "a place between them is decoded");
    await page.focus(CANVAS);
    await page.keyboard.press("n");
    const first = await page.textContent(".tip");
    due(/^test image 0, a 7$/.test(first) && (await said(page)).startsWith("Test image 0, a 7, in cluster"), first);
    await page.waitForSelector("text=reconstruction", PATIENCE);
    due((await colours(page, ".tip canvas >> nth=1")) > 5, "with its reconstruction");
    due(page.url().endsWith("&image=0"), "the address says which");
    await page.keyboard.press("p");
    due(await page.textContent(".tip") === "test image 1999, a 5", "P goes back");
    await page.mouse.move(box.x + 5, box.y + 5);
    for (let y = 0.3; y < 0.8 && !(await page.isVisible(".tip")); y += 0.02)
      await page.mouse.move(box.x + box.width / 2, box.y + y * box.height);
    due(await page.isVisible(".tip"), "pointing at an image shows it");
    await page.focus(CANVAS);
    const labels = await inked(page);
    for (let i = 0; i < 10; i++) await page.keyboard.press("+");
    await inks(page, 3 * labels, "close by, the images are seen");
  },
  async "latent space: an attack is a line; clusters have names; another network, also on another device"(page, url) {
    await page.goto(`${url}#latent?image=3&axes=first`);
    await saidThat(page, "Test image 3, a 0");
    const byFirst = await drawn(page);
    await page.getByLabel("axes").selectOption("principal");
    await saidThat(page, "by principal axes");
    await changes(page, byFirst, "other axes, another view");
    await inks(page, 100, "cluster means bear digits");
    const labels = await inked(page);
    await press(page, "Attack this image");
    await saidThat(page, "I-FGSM on the classifier in 12 steps");
    const legend = await page.textContent(".legend >> nth=1");
    due(/step by step.*C-VAE\+G \(signed\).*JPEG 50/.test(legend), `marks are named: ${legend}`);
    await inks(page, 2 * labels, "where they are, too");
    const byDigit = await drawn(page);
    await page.getByLabel("colours").selectOption("cluster");
    await changes(page, byDigit, "clusters have other colours than digits");
    const names = await page.locator(".legend >> nth=0 >> .entry").allTextContents();
    due(names.length === 10 && names.every((name) => /^mostly \d \(\d+ of \d+\)$/.test(name)), names.join("; "));
    due(page.url().includes("network=cvae&colour=cluster&axes=principal&image=3"), page.url());
    await page.evaluate(LOSE_DEVICE);
    await page.getByLabel("network").selectOption("vae");
    await page.waitForSelector("footer >> text=The GPU was lost", PATIENCE);
    await page.getByLabel("network").selectOption("cvae");
    await page.getByLabel("network").selectOption("vae");
    await saidThat(page, "latent space of VAE");
    due(await page.getByLabel("colours").isDisabled(), "a VAE has no clusters");
    await pointsAre(page, "drawn again");
  },
};
