/** The page "Attack and purify". */
import { colours, due, PATIENCE, press, said, saidThat } from "./hand.mjs";

export const attackTests = {
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
    await page.getByLabel("step size (0: automatic)").fill("0.01");
    await page.waitForFunction(() => /largest 0\.0[45]/.test(document.querySelector(".card:nth-child(2)").textContent),
      null, PATIENCE);
    due(page.url().includes("step=0.01"), "also the length of a step");
    await page.getByLabel("attack through").selectOption("cvae+g-signed");
    await saidThat(page, "through C-VAE+G (signed)");
    await page.evaluate(() => {
      const steps = document.querySelector("input[aria-label='steps']");
      steps.value = "40";
      for (const name of ["input", "change"]) steps.dispatchEvent(new Event(name));
      document.querySelector("button.halt.busy").click();
    });
    await saidThat(page, "Stopped.");
    due(await page.locator("button.halt.busy").count() === 0, "nothing is computed that anybody waits for");
    await page.getByLabel("attack through").selectOption("");
    await page.waitForFunction(() => /^PGD .*reads/.test(document.querySelector(".sentence").textContent), null,
      PATIENCE);
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
    await page.goto(`${url}#attack?attack=fgsm&steps=2`);
    await saidThat(page, "reads 7");
    await page.getByLabel("images", { exact: true }).selectOption("cifar10");
    await saidThat(page, "JPEG 50 reads");
    due(await page.getByLabel("attack", { exact: true }).inputValue() === "fgsm", "the attack stays as it was");
    due(/^FGSM turned (\w+) into (?!\1)\w+\. /.test(await said(page)), await said(page));
    due(page.url().includes("set=cifar10"), "the address says which images");
    due((await colours(page, ".card canvas")) > 100, "the picture has colours");
    await page.getByLabel("attack through").selectOption("jpeg-50");
    await saidThat(page, "FGSM through JPEG 50");
    const picture = await page.locator(".strip canvas").nth(3).screenshot();
    const input = { bytes: [...picture], name: "part.png", type: "image/png" };
    const data = await page.evaluateHandle(({ bytes, name, type }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
      return transfer;
    }, input);
    const before = await page.textContent(".cards");
    await page.dispatchEvent("h2 >> nth=0", "drop", { dataTransfer: data });
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
};
