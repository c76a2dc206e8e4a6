/**
 * The reports as a reader sees them, in Chromium on a phone and on a desk, everything unfolded: nothing reaches out of
 * the page, letters keep their size, the caveats stand in the first screen, row names stay in sight. Run by run.mjs;
 * pictures of each go to $PURIGRAD_SHOTS, where that names a folder.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const axeScript = () => readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LEAST = 11; // pixels of the smallest letters

const column = (value) => ({ none: value, fgsm: value, ifgsm: value, pgd: value, mifgsm: value });

/** A run with one row of a long name, on one image, with settings in one long word. */
const SMALL = {
  command: "reproduce", seed: 0, adapter: "an-adapter-of-a-name-without-any-gap-".repeat(4), commit: "0123abc",
  settings: { dataset: "mnist", preset: "small", words: "w".repeat(200) }, durations: { "train VAE": 61, table1: 1 },
  history: { "train VAE": [[0, 3], [10, 1]] },
  table1: [{ defence: "a-defence-that-no-list-has-and-whose-name-is-long", n: 1, ...column(100),
    intervals: column([2.5, 100]) }],
};

/** The pages under test, made from committed results by the command itself; by their names. */
function makePages(folder) {
  const small = join(folder, "small");
  mkdirSync(small);
  writeFileSync(join(small, "results.json"), JSON.stringify(SMALL));
  const made = (from, page = "report.html") => {
    const out = join(folder, `page-${from.replaceAll(/\W/g, "-")}`);
    execFileSync(process.execPath, [join(root, "dist/cli.js"), "report", from, "--out", out], { cwd: root });
    return join(out, page);
  };
  const bench = join(folder, "bench.html");
  execFileSync(process.execPath, [join(root, "dist/bench.js"), "--from", "results/bench/llvmpipe.json", "--peers",
    "results/bench/peers-llvmpipe.json", "--report", bench], { cwd: root });
  return { bench, mnist: made("results/mnist"), cifar10: made("results/cifar10"), start: made("results/start"),
    small: made(small), audit: made("results/mnist/audit-cvae+g-signed", "audit.html") };
}

/* The functions below run in the page. */

const unfold = () => document.querySelectorAll("details").forEach((one) => { one.open = true; });

/** Elements that reach out of the page; what scrolls in a box of its own may, and so may parts of a drawing. */
function overflowing() {
  const width = document.documentElement.clientWidth;
  const free = (element) => element.parentElement.closest(".scroll, svg") || element.matches(".spoken");
  const out = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > width + 0.5 || box.left < -0.5) && !free(element);
  }).map((element) => element.outerHTML.slice(0, 80));
  const whole = document.documentElement.scrollWidth;
  return whole > width ? [...out, `the page is ${whole} pixels wide in a window of ${width}`] : out;
}

/** Texts whose letters are smaller on the screen than `least` pixels. */
function tooSmall(least) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { parentElement: element, data } = walker.currentNode;
    if (!data.trim() || !element.getClientRects().length || element.closest(".spoken, title, style")) continue;
    const scale = element.closest("svg") ? element.getScreenCTM().a : 1;
    const size = scale * parseFloat(getComputedStyle(element).fontSize);
    if (size < least) found.push(`"${data.trim().slice(0, 40)}" has ${size.toFixed(1)} pixels`);
  }
  return found;
}

/** Where the row names of the first wide table stand, before and after it is scrolled to its end. */
function rowNames() {
  const box = [...document.querySelectorAll(".scroll")].find((one) => one.querySelector("tbody th") &&
    one.scrollWidth > one.clientWidth + 20);
  if (!box) return null;
  const left = () => box.querySelector("tbody th").getBoundingClientRect().left;
  const before = left();
  box.scrollLeft = box.scrollWidth;
  return [before, left(), box.scrollLeft];
}

/** Where the caveats end. */
const caveatEnd = () => document.querySelector(".caveat")?.getBoundingClientRect().bottom;

/* Up to here. */

function due(what, wrong) {
  if (wrong.length) throw new Error(`${what}: ${wrong.slice(0, 5).join("; ")}`);
}

async function openPage(browser, file, viewport, colorScheme = "light") {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(pathToFileURL(file).href);
  return page;
}

/** One page at one size. */
async function read(browser, file, viewport, caveats) {
  const page = await openPage(browser, file, viewport);
  try {
    const end = await page.evaluate(caveatEnd);
    if (caveats) due("the caveats", end <= viewport.height ? [] : [`they end at ${end}, below the first screen`]);
    await page.evaluate(unfold);
    due("out of the page", await page.evaluate(overflowing));
    due("letters", await page.evaluate(tooSmall, LEAST));
    const names = await page.evaluate(rowNames);
    if (names) due("row names", Math.abs(names[0] - names[1]) < 1 && names[2] > 0 ? [] : [`they move: ${names}`]);
    return names !== null;
  } finally {
    await page.close();
  }
}

/** What axe-core finds, everything unfolded; in dark it looks at the contrast alone. */
async function accessible(browser, file) {
  for (const [scheme, options] of [["light", {}], ["dark", { runOnly: ["color-contrast"] }]]) {
    const page = await openPage(browser, file, SIZES.desk, scheme);
    await page.evaluate(unfold);
    await page.evaluate(axeScript());
    const { violations, passes } = await page.evaluate((chosen) => globalThis.axe.run(document, chosen), options);
    await page.close();
    due("axe", scheme === "dark" || passes.length > 10 ? [] : [`it looked at ${passes.length} rules only`]);
    due(`axe in ${scheme}`, violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 150)}`));
  }
}

/** The checks find what they are for. */
async function findsFaults(browser) {
  const page = await browser.newPage({ viewport: SIZES.phone });
  await page.setContent(`<p style="width:500px">wide</p><p style="font-size:9px">small</p><div class="scroll" ` +
    `style="overflow-x:auto"><p style="width:900px">free</p></div><svg viewBox="0 0 900 90" width="300"><text y="9" ` +
    `font-size="14">shrunk</text></svg>`);
  const [wide, small] = [await page.evaluate(overflowing), await page.evaluate(tooSmall, LEAST)];
  await page.close();
  if (wide.length !== 2 || small.length !== 2) throw new Error(`found ${JSON.stringify([wide, small])}`);
}

/** Pictures of the first screen and of the whole page, in light and dark. */
async function shoot(browser, pages, folder) {
  for (const [name, file] of Object.entries(pages)) for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of ["light", "dark"]) {
      const page = await openPage(browser, file, viewport, scheme);
      const take = () => page.screenshot({ path: join(folder, `${name}-${size}-${scheme}.png`) });
      await take().catch(take); // on a busy machine the first may fail
      await page.close();
    }
  }
}

const CAVEATS = ["mnist", "cifar10", "start", "audit"];

/** Runs all checks and returns drive()'s sum. */
export async function reportTests(browser, sign = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-reports-"));
  const sum = { passed: 0, failed: 0, skipped: 0, errors: [], done: true };
  const check = async (name, test) => {
    await test().then(() => sum.passed++, (error) => {
      sum.failed++;
      sum.errors.push(`   FAIL  reports  "${name}"\n    ${error.message}`);
    });
    sign();
  };
  try {
    const pages = makePages(folder);
    await check("the checks find what they are for", () => findsFaults(browser));
    let wide = 0;
    for (const [name, file] of Object.entries(pages)) {
      for (const [size, viewport] of Object.entries(SIZES)) await check(`${name}, ${size}`, async () => {
        wide += Number(await read(browser, file, viewport, CAVEATS.includes(name)));
      });
      // CIFAR-10's has nothing that MNIST's has not, but for a thousand pictures
      if (name !== "cifar10") await check(`${name}, accessible`, () => accessible(browser, file));
    }
    await check("tables are wider than a phone somewhere", async () => due("row names", wide ? [] : ["none moved"]));
    if (process.env.PURIGRAD_SHOTS) await shoot(browser, pages, process.env.PURIGRAD_SHOTS);
  } catch (error) {
    sum.failed++;
    sum.errors.push(`   FAIL  reports\n    ${error.message}`);
  }
  rmSync(folder, { recursive: true });
  return sum;
}
