/**
 * The lab as a person would use it, in Chromium: every page, its controls, its address, its errors. Run by run.mjs
 * after the bundles; by hand `node build.mjs && node test/lab/all.mjs [WORD...]` runs the tests whose names contain a
 * WORD and says how long each takes.
 */
import { fileURLToPath } from "node:url";
import { launch, serve } from "../browser.mjs";
import { attackTests } from "./attack.mjs";
import { due } from "./hand.mjs";
import { latentTests } from "./latent.mjs";
import { measureTests } from "./measure.mjs";
import { shellTests } from "./shell.mjs";
import { trainTests } from "./train.mjs";
import { troubleTests } from "./trouble.mjs";

/** Compositing by SwiftShader's Vulkan, without which a WebGPU canvas takes the GPU process down with it. */
export const LAB_ARGS = ["--headless=new", "--use-gl=angle", "--use-angle=swiftshader", "--enable-features=Vulkan",
  "--use-vulkan=swiftshader"];

const TESTS = Object.entries({ ...attackTests, ...latentTests, ...trainTests, ...troubleTests, ...measureTests,
  ...shellTests });

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

/** Runs [name, test] one after the other; `sign` hears of each end, with its seconds. As runInPage, their sum. */
async function runTests(tests, browser, base, sign) {
  const sum = { passed: 0, failed: 0, skipped: 0, errors: [], done: true };
  for (const [name, test] of tests) {
    const start = performance.now();
    try {
      await inPage(browser, `${base}/web/index.html`, test);
      sum.passed++;
    } catch (error) {
      sum.failed++;
      sum.errors.push(`   FAIL  lab  "${name}"\n    ${error.message}`);
    }
    sign(name, (performance.now() - start) / 1000);
  }
  return sum;
}

/** A part of the tests, "2/3" for every third one from the second on. */
export function labTests(browser, base, sign = () => {}, part = "1/1") {
  const [first, step] = part.split("/").map(Number);
  return runTests(TESTS.filter((_, i) => i % step === first - 1), browser, base, sign);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const [browser, server] = [await launch(LAB_ARGS), await serve()];
  const wanted = TESTS.filter(([name]) => !words.length || words.some((word) => name.includes(word)));
  const { passed, failed, errors } = await runTests(wanted, browser, server.url, (name, seconds) =>
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${name}`));
  server.close();
  await browser.close();
  console.log([...errors, `${passed} passed, ${failed} failed`].join("\n"));
  process.exit(failed || !passed ? 1 : 0);
}
