/**
 * How long the attack tab takes in Chromium on SwiftShader until its test images are there, and until the first attack
 * and its reconstructions are: `node build.mjs && node test/first-picture.mjs [VISITS]`. Each visitor comes with an
 * empty cache, and then once more. Seconds: the least, the median, the most.
 */
import { launch, serve } from "./browser.mjs";
import { LAB_ARGS } from "./lab/all.mjs";

const visits = Number(process.argv[2] ?? 5);
const PATIENCE = { timeout: 120_000 };

/** Seconds from asking for the page to the test images, and to the pictures that the networks have made. */
async function visit(page, url) {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  await page.goto(url);
  await page.waitForSelector(".strip canvas", PATIENCE);
  const images = since();
  await page.waitForSelector(".card:nth-child(4) canvas", PATIENCE);
  return { images, reconstructions: since() };
}

const [browser, server] = [await launch(LAB_ARGS), await serve()];
const times = { "first visit": [], "next visit": [] };
for (let i = 0; i < visits; i++) {
  const page = await browser.newPage();
  for (const all of Object.values(times)) {
    all.push(await visit(page, `${server.url}/web/index.html#attack`));
    await page.goto("about:blank");
  }
  await page.close();
}
server.close();
for (const [name, all] of Object.entries(times)) {
  const spread = (key) => {
    const sorted = all.map((time) => time[key]).sort((a, b) => a - b);
    return [0, sorted.length >> 1, sorted.length - 1].map((at) => sorted[at].toFixed(1)).join(" ");
  };
  console.log(`${name}: test images after ${spread("images")} s, reconstructions after ${spread("reconstructions")} s`);
}
await browser.close();
process.exit(0);
