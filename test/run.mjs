/**
 * npm test: type check, build, every test in Node and in Chromium. `node test/run.mjs [--node] [--browser] [NAME...]`
 * runs one side, or the files whose names contain a NAME. The last line is `N passed, N failed` (and `, N skipped`);
 * the exit code is 1 on any failure and when nothing ran.
 */
import { execFile, fork } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { build, tscPath } from "../build.mjs";
import { launch, noBrowser, runInPage, serve } from "./browser.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const TIMEOUT_S = Number(process.env.PURIGRAD_TEST_TIMEOUT ?? 600); // for one file
const PROCESSES = 2;

const sides = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const wanted = (side, paths) =>
  sides.length && !sides.includes(side) ? [] : paths.filter((path) => !names.length || names.some((name) => basename(path).includes(name)));

const sum = { passed: 0, failed: 0, skipped: 0 };

/** Adds a file's counts and prints its line; a failing file also shows its errors and what it wrote. */
function report(label, result, seconds, output = "") {
  for (const key of Object.keys(sum)) sum[key] += result[key];
  const skipped = result.skipped ? `, ${result.skipped} skipped` : "";
  console.log(`${result.failed ? "FAIL" : "ok  "} ${label}: ${result.passed} passed, ${result.failed} failed${skipped}, ${seconds.toFixed(1)} s`);
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
  const check = () => new Promise((resolve) => execFile(process.execPath, [tscPath(), "-p", ".", "--pretty", "false"], { cwd: root },
    (error, stdout) => resolve(error ? failure(stdout.trim() || error.message) : NOTHING)));
  const [result, seconds] = await timed(check);
  if (result.failed) report("types", result, seconds);
  else console.log(`ok   types, ${seconds.toFixed(1)} s`);
}

/** One process a file, so that a crash or a lost device stays in its file. Output goes to a file in append mode. */
function runInNode(path, folder) {
  const log = join(folder, `${basename(path)}.log`);
  const fd = openSync(log, "a");
  const child = fork(join(root, "test/drive.mjs"), [path], { cwd: root, stdio: ["ignore", fd, fd, "ipc"], execArgv: ["--enable-source-maps"], env: { FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...process.env } });
  let last = NOTHING;
  let late = false;
  const clock = setTimeout(() => { late = true; child.kill("SIGKILL"); }, TIMEOUT_S * 1000);
  child.on("message", (message) => { last = message; });
  return new Promise((resolve) => child.on("exit", (code, signal) => {
    clearTimeout(clock);
    closeSync(fd);
    const output = readFileSync(log, "utf8");
    if (last.done) return resolve({ result: last, output });
    const why = late ? `no end after ${TIMEOUT_S} s` : `the process ended early (${signal ?? `exit code ${code}`})`;
    resolve({ result: { ...last, failed: last.failed + 1, errors: [...last.errors, `  ${why}`] }, output });
  }));
}

async function nodeTests(paths) {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-test-"));
  const queue = [...paths];
  const worker = async () => {
    for (let path = queue.shift(); path; path = queue.shift()) {
      const [{ result, output }, seconds] = await timed(() => runInNode(path, folder));
      report(`node     ${basename(path, ".js")}`, result, seconds, output);
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, worker));
  rmSync(folder, { recursive: true });
}

async function browserTests(paths) {
  if (!paths.length) return;
  const missing = noBrowser();
  if (missing) return report(`chromium: ${missing}`, { ...NOTHING, skipped: paths.length }, 0);
  const server = await serve();
  const [browser, seconds] = await timed(() => launch());
  console.log(`     chromium ${browser.version()} started, ${seconds.toFixed(1)} s`);
  for (const path of paths) {
    const [result, seconds] = await timed(() => withTimeout(runInPage(browser, server.url, `/${relative(join(root, "dist"), path)}`)));
    report(`chromium ${basename(path, ".js")}`, result, seconds);
  }
  await withTimeout(browser.close());
  server.close();
}

function withTimeout(promise) {
  let clock;
  const late = new Promise((resolve) => { clock = setTimeout(resolve, TIMEOUT_S * 1000, failure(`no end after ${TIMEOUT_S} s`)); });
  return Promise.race([promise, late]).finally(() => clearTimeout(clock));
}

const types = typeCheck();
try {
  const built = await build();
  await types;
  if (built.failed) report("build", { ...failure(`${built.failed} of its parts failed, see above`), failed: built.failed }, 0);
  await nodeTests(wanted("--node", built.nodeTests));
  await browserTests(wanted("--browser", built.browserTests));
} catch (error) {
  report("npm test", failure(error.stack), 0);
}
await types;
const ok = sum.failed === 0 && sum.passed > 0;
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ""}`);
process.exit(ok ? 0 : 1);
