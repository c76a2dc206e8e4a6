/**
 * The Chromium of the npm package @sparticuz/chromium, with WebGPU on its own SwiftShader. The package carries the
 * system libraries and fonts too, so a bare Linux is enough. PURIGRAD_CHROMIUM=/path/to/chrome takes another browser.
 */
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".json": "application/json", ".wasm": "application/wasm" };

/** Why there is no browser on this machine, or "". */
export function noBrowser() {
  if (process.env.PURIGRAD_CHROMIUM || (process.platform === "linux" && process.arch === "x64")) return "";
  return `the Chromium of @sparticuz/chromium is built for linux-x64, this is ${process.platform}-${process.arch}; ` +
    `set PURIGRAD_CHROMIUM`;
}

/** Starts the browser. Needs a build, since the unpacking code is the engine's. */
export async function launch(extraArgs = []) {
  const { chromium } = await import("playwright-core");
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader",
    // SwiftShader makes of this extension one store an element, which takes seconds to compile (see adapter.node.ts)
    "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
    "--accept-lang=en-US", ...extraArgs]; // without a system locale it would speak "en-US@posix", which is no language
  if (process.env.PURIGRAD_CHROMIUM) return chromium.launch({ executablePath: process.env.PURIGRAD_CHROMIUM, args });
  const { unpack } = await import("../dist/test/unpack.js");
  const folder = unpack(["chromium.br", "swiftshader.tar.br", "al2023.tar.br", "fonts.tar.br"]);
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_FILE: fontsOf(folder) };
  return chromium.launch({ executablePath: join(folder, "chromium"), args, env });
}

/** A fontconfig file that knows the unpacked fonts and nothing of the system; the package's own looks in /tmp/fonts. */
function fontsOf(folder) {
  const file = join(mkdtempSync(join(tmpdir(), "purigrad-fonts-")), "fonts.conf");
  const dirs = `<dir>${join(folder, "fonts")}</dir><cachedir>${join(file, "../cache")}</cachedir>`;
  writeFileSync(file, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs}</fontconfig>`);
  process.once("exit", () => rmSync(join(file, ".."), { recursive: true, force: true }));
  return file;
}

/** The file behind a path: dist/, and what tests need beside it. */
function fileOf(path) {
  if (path === "/drive.mjs") return join(root, "test/drive.mjs");
  if (path.startsWith("/test/results/")) return join(root, path.slice("/test".length)); // as beside dist/browser.js
  return join(root, path.startsWith("/cases/") ? "" : "dist", path);
}

/** Serves dist/, cases/ and test/drive.mjs on a free port of 127.0.0.1; `/` is an empty page. */
export async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const file = fileOf(path);
    if (path === "/")
      return void response.setHeader("content-type", "text/html").end("<!doctype html><title>test</title>");
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`,
    close: () => server.closeAllConnections() ?? server.close() };
}

/** Runs one bundle (a path under dist/) in a fresh page and returns drive()'s sum. */
export async function runInPage(browser, url, path, sign = () => {}) {
  const page = await browser.newPage();
  const stray = [];
  page.on("pageerror", (error) => stray.push(`  error outside of a test: ${error.stack ?? error.message}`));
  page.on("console", sign); // uvu writes as its tests end
  page.on("crash", () => stray.push("  the page crashed"));
  try {
    await page.goto(url);
    const sum = await page.evaluate(async (path) => {
      const { drive } = await import("/drive.mjs");
      return drive(() => import(path));
    }, path);
    return { ...sum, failed: sum.failed + stray.length, errors: [...sum.errors, ...stray] };
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, errors: [...stray, `  ${error.message}`], done: true };
  } finally {
    await page.close().catch(() => {});
  }
}
