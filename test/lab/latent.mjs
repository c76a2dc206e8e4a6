/** The page "Latent space". */
import { colours, due, PATIENCE, press, said, saidThat } from "./hand.mjs";

export const latentTests = {
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
};
