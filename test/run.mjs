/**
 * npm test: type check, build, every test in Node and in Chromium. `node test/run.mjs [--node] [--browser] [NAME...]`
 * runs one side, or the files whose names contain a NAME; `--built` takes the Node tests of dist/ as they are, for a
 * host without the compilers. The last line is `N passed, N failed` (and `, N skipped`); the exit code is 1 on any
 * failure and when nothing ran.
 */
import { execFile, fork } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { launch, noBrowser, runInPage, serve } from "./browser.mjs";
import { LAB_ARGS, labTests } from "./lab/all.mjs";
import { reportTests } from "./reports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A file is given up when no test of it has ended for so long; on a loaded machine the whole may take any time. */
const QUIET_S = Number(process.env.PURIGRAD_TEST_QUIET ?? 300);
/** More than half the cores: a file often waits for a child, a page or the driver's own threads. */
const PROCESSES = Math.floor(availableParallelism() / 2) + 2;
/** Files that are run in parts, a process each. */
const PARTS = { "ops.both": 4 };
const LAB_PARTS = ["1/3", "2/3", "3/3"];

const BUILT = process.argv.includes("--built");
const sides = process.argv.slice(2).filter((arg) => arg.startsWith("--") && arg !== "--built");
const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const wanted = (side, paths) =>
  sides.length && !sides.includes(side) ? [] : paths.filter((path) =>
    !names.length || names.some((name) => basename(path).includes(name))
  );

const sum = { passed: 0, failed: 0, skipped: 0 };

/** Adds a file's counts and prints its line; a failing file also shows its errors and what it wrote. */
function report(label, result, seconds, output = "") {
  for (const key of Object.keys(sum)) sum[key] += result[key];
  const skipped = result.skipped ? `, ${result.skipped} skipped` : "";
  console.log(`${result.failed ? "FAIL" : "ok  "} ${label}: ${result.passed} passed, ${result.failed} ` +
    `failed${skipped}, ${seconds.toFixed(1)} s`);
  const errors = [...result.errors, output.trim()].filter(Boolean).join("\n");
  if (result.failed) console.log(process.stdout.isTTY ? errors : stripVTControlCharacters(errors));
}

async function timed(task) {
  const start = performance.now();
  const result = await task();
  return [result, (performance.now() - start) / 1000];
}

const NOTHING = { passed: 0, failed: 0, skipped: 0, errors: [], done: false };
const failure = (message) => ({ ...NOTHING, failed: 1, errors: [`  ${message}`] });

/** A type error is a failed test; a clean check is not a passed one. */
async function typeCheck() {
  const check = () =>
    new Promise((resolve) =>
      execFile(process.execPath, [tscPath(), "-p", ".", "--pretty", "false"], { cwd: root }, (error, stdout) =>
        resolve(error ? failure(stdout.trim() || error.message) : NOTHING))
    );
  const [result, seconds] = await timed(check);
  if (result.failed) report("types", result, seconds);
  else console.log(`ok   types, ${seconds.toFixed(1)} s`);
}

/** One process a file or part, so that a crash or a lost device stays in it. Output goes to a file in append mode. */
function runInNode({ path, label, part }, folder, tarball) {
  const log = join(folder, `${label.replace(/\W+/g, "-")}.log`);
  const fd = openSync(log, "a");
  const child = fork(join(root, "test/drive.mjs"), [path], { cwd: root, stdio: ["ignore", fd, fd, "ipc"],
    execArgv: ["--enable-source-maps"],
    env: { FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...process.env, PURIGRAD_TEST_PART: part,
      PURIGRAD_TEST_TARBALL: tarball } });
  let last = NOTHING;
  let late = false;
  // uvu writes a dot a test
  const life = watch(() => { late = true; child.kill("SIGKILL"); }, () => statSync(log).size);
  child.on("message", (message) => { last = message; });
  return new Promise((resolve) => child.on("exit", (code, signal) => {
    life.stop();
    closeSync(fd);
    const output = readFileSync(log, "utf8");
    if (last.done) return resolve({ result: last, output });
    const why = late ? quiet : `the process ended early (${signal ?? `exit code ${code}`})`;
    resolve({ result: { ...last, failed: last.failed + 1, errors: [...last.errors, `  ${why}`] }, output });
  }));
}

const quiet = `no test ended for ${QUIET_S} s`;

/** Calls `giveUp` when `sign` has not changed for QUIET_S seconds. */
function watch(giveUp, sign) {
  let [last, since] = [sign(), performance.now()];
  const clock = setInterval(() => {
    const now = sign();
    if (now !== last) [last, since] = [now, performance.now()];
    else if (performance.now() - since > QUIET_S * 1000) giveUp();
  }, 1000);
  return { stop: () => clearInterval(clock) };
}

/** A file, or its parts "1/4", "2/4", .. */
function jobsOf(path) {
  const name = basename(path, ".js");
  const count = PARTS[name] ?? 1;
  return Array.from({ length: count },
    (_, i) => ({ path, name, part: `${i + 1}/${count}`, label: count > 1 ? `${name} ${i + 1}/${count}` : name }));
}

/** Longest first, so that no worker is left with a long one at the end. */
const LONG = ["ops.both", "verify.test", "lab", "reproduce.test", "resume.test", "reports", "lab-train.test",
  "close.test", "verify.browser", "variants.both", "cli.test", "consumers.test", "package.test"];
const rank = ({ name }) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);

function nodeJobs(paths, folder) {
  const packed = packOnce(folder);
  return paths.flatMap(jobsOf).map((job) => ({ name: job.name, async run() {
    const tarball = PACKED.includes(job.name) ? await packed() : "";
    const [{ result, output }, seconds] = await timed(() => runInNode(job, folder, tarball));
    report(`node     ${job.label}`, result, seconds, output);
  } }));
}

/** Files that take the package as npm packs it: it is built and packed once for all of them. */
const PACKED = ["bundles.test", "consumers.test", "package.test"];

/** The tarball as JSON; "" where it cannot be made: then the files try, and say why. */
function packOnce(folder) {
  let made;
  return () => (made ??= import("../dist/test/packed.js").then(({ buildAndPack }) => buildAndPack(folder))
    .then(JSON.stringify).catch(() => ""));
}

/** Each in the browser that its worker keeps. */
function browserJobs(paths, server) {
  return paths.map((path) => ({ name: basename(path, ".js"), async run(worker) {
    const browser = (worker.browser ??= await launch());
    const [result, seconds] = await timed(() =>
      whileAlive((sign) => runInPage(browser, server.url, `/${relative(join(root, "dist"), path)}`, sign)));
    report(`chromium ${this.name}`, result, seconds);
  } }));
}

/** The pages of the lab, in parts, each in a browser that can show a WebGPU canvas. */
function labJobs(server) {
  return LAB_PARTS.map((part) => ({ name: "lab", async run() {
    const browser = await launch(LAB_ARGS);
    const [result, seconds] = await timed(() => whileAlive((sign) => labTests(browser, server.url, sign, part)));
    report(`chromium lab ${part}`, result, seconds);
    await whileAlive(() => browser.close());
  } }));
}

/** The pages of results, as a reader sees them. */
const reportJob = { name: "reports", async run() {
  const browser = await launch();
  const [result, seconds] = await timed(() => whileAlive((sign) => reportTests(browser, sign)));
  report("chromium reports", result, seconds);
  await whileAlive(() => browser.close());
} };

/** Whether tests that are no bundles are asked for. */
const pagesWanted = (name) =>
  !BUILT && (!sides.length || sides.includes("--browser")) && (!names.length || names.some((n) => name.includes(n)));

/** Everything, PROCESSES at a time. */
async function runAll(nodePaths, browserPaths) {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-test-"));
  const inBrowser = browserPaths.length + Number(pagesWanted("lab")) + Number(pagesWanted("reports"));
  const missing = inBrowser ? noBrowser() : "";
  if (missing) report(`chromium: ${missing}`, { ...NOTHING, skipped: inBrowser }, 0);
  const server = inBrowser && !missing ? await serve() : null;
  const jobs = [...nodeJobs(nodePaths, folder), ...(server ? browserJobs(browserPaths, server) : []),
    ...(server && pagesWanted("lab") ? labJobs(server) : []),
    ...(server && pagesWanted("reports") ? [reportJob] : [])].sort((a, b) => rank(a) - rank(b));
  await Promise.all(Array.from({ length: Math.min(PROCESSES, jobs.length) }, () => work(jobs)));
  server?.close();
  rmSync(folder, { recursive: true });
}

/** Takes jobs until there are none. */
async function work(jobs) {
  const worker = {};
  for (let job = jobs.shift(); job; job = jobs.shift()) await job.run(worker);
  if (worker.browser) await whileAlive(() => worker.browser.close());
}

/** What `run` gives, or a failure when it has given no sign of life (it calls its argument) for QUIET_S seconds. */
function whileAlive(run) {
  let signs = 0;
  let life;
  const late = new Promise((resolve) => { life = watch(() => resolve(failure(quiet)), () => signs); });
  return Promise.race([run(() => { signs++; }), late]).finally(() => life.stop());
}

/** The Node tests that an earlier build left in dist/test. */
function earlierBuild() {
  const folder = join(root, "dist/test");
  const names = readdirSync(folder).filter((name) => /\.(test|both)\.js$/.test(name));
  return { nodeTests: names.map((name) => join(folder, name)), browserTests: [], failed: 0 };
}

const { build } = BUILT ? {} : await import("../build.mjs");
const { tscPath } = BUILT ? {} : await import("../build.types.mjs");
const types = BUILT ? null : typeCheck();
try {
  const built = BUILT ? earlierBuild() : await build();
  await types;
  if (built.failed)
    report("build", { ...failure(`${built.failed} of its parts failed, see above`), failed: built.failed }, 0);
  await runAll(wanted("--node", built.nodeTests), wanted("--browser", built.browserTests));
} catch (error) {
  report("npm test", failure(error.stack), 0);
}
await types;
const ok = sum.failed === 0 && sum.passed > 0;
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ""}`);
process.exit(ok ? 0 : 1);
