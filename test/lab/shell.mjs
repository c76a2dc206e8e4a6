/** What holds on every page: how much is fetched, how wide it is, who can use it. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { due, saidThat } from "./hand.mjs";

const LAB = fileURLToPath(new URL("../../dist/web", import.meta.url));
const MB = 2 ** 20;
const TABS = ["attack", "latent", "train", "verify", "bench"];
/** What a tab says when it is ready. */
const READY = { attack: "reads", latent: "2000 test images", train: "wait", verify: "cases", bench: "Roofline" };

/** How far the layout jumps by itself: the sum of Chromium's layout shifts, 0.1 being what a visitor notices. */
const JUMPS = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) sum += hadRecentInput ? 0 : value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})`;

/** From asking for the page to its first reconstruction. */
async function firstPicture(page, url) {
  const start = performance.now();
  await page.goto(`${url}#attack`);
  await saidThat(page, "reads");
  return (performance.now() - start) / 1000;
}

export const shellTests = {
  async "the first picture comes soon; little is fetched before it, and all in all"(page, url) {
    const seconds = [await firstPicture(page, url)];
    const fetched = await page.evaluate(() => performance.getEntriesByType("resource")
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
    due(fetched > 1e6 && fetched <= 4 * MB, `${(fetched / MB).toFixed(2)} MB before the first picture`);
    while (seconds.at(-1) > 10 && seconds.length < 3) { // another program may have taken the cores
      await page.goto("about:blank");
      seconds.push(await firstPicture(page, url));
    }
    due(seconds.at(-1) <= 10, `the first picture after ${seconds} s`);
    const files = readdirSync(LAB, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const sizeOf = ({ parentPath, path, name }) => statSync(join(parentPath ?? path, name)).size;
    const all = files.reduce((sum, file) => sum + sizeOf(file), 0);
    due(all <= 12 * MB, `${(all / MB).toFixed(2)} MB in all`);
  },
  async "nothing jumps or overflows, and axe finds nothing serious: every tab, light and dark"(page, url) {
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const faults = [];
    for (const tab of TABS) {
      await page.goto("about:blank");
      await page.goto(`${url}#${tab}`);
      await saidThat(page, READY[tab]);
      const jumps = await page.evaluate(JUMPS);
      if (jumps > 0.1) faults.push(`${tab} jumps by ${jumps.toFixed(2)}`);
      for (const width of [1600, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
        if (overflow > width) faults.push(`${tab} is ${overflow} pixels wide on ${width}`);
      }
      await page.evaluate(axe);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const rules = colorScheme === "dark" ? { runOnly: ["color-contrast"] } : {}; // the rest is the same
        const { violations, passes } = await page.evaluate((chosen) => globalThis.axe.run(chosen), rules);
        due(passes.length > (rules.runOnly ? 0 : 15), `axe looked at ${passes.length} rules only`);
        for (const { id, impact, nodes } of violations)
          if (/serious|critical/.test(impact)) faults.push(`${tab} ${colorScheme}: ${id}, ${nodes[0].html}`);
      }
    }
    due(faults.length === 0, faults.join("; "));
  },
};
