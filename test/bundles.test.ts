// The package in a browser, as its users load it: from a <script type="module">, in a worker, bundled with esbuild; and
// what a bundle weighs that takes little of it.

import { createServer, type Server } from "node:http";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packPurigrad, Project } from "./packed.ts";

/** What `import { createEngine, relu }` may weigh, minified and compressed, in bytes. */
const MOST = 60_000;

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };
// by its path, since a bundled copy would look for the repository in dist/
const { launch, noBrowser } = await import(pathToFileURL(resolve("test/browser.mjs")).href) as {
  launch(): Promise<Browser>;
  noBrowser(): string;
};
const project = new Project();
let [server, browser]: [Server | null, Browser | null] = [null, null];
const url = () => `http://127.0.0.1:${(server!.address() as AddressInfo).port}`;

/** Computes and tells the page: a program of a user. */
const PROGRAM = (from: string, tell: string) => `import { createEngine, relu } from "${from}";
try {
  const gpu = await createEngine();
  ${tell}(String(await relu(gpu.tensor([-1, 2])).data()));
} catch (error) {
  ${tell}(error.message);
}`;
const TITLE = "globalThis.told";
const page = (head: string) =>
  `<!doctype html><meta charset="utf-8"><script>globalThis.told = (text) => { document.title = text; }</script>${head}`;

function serve(): Promise<Server> {
  const made = createServer((request, response) => {
    const file = join(project.folder, normalize(new URL(request.url!, "http://localhost").pathname));
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(readFileSync(file));
  });
  return new Promise((done) => made.listen(0, "127.0.0.1", () => done(made)));
}

async function bundled(contents: string): Promise<Uint8Array> {
  const { outputFiles: [file] } = await esbuild.build({ stdin: { contents, resolveDir: project.folder }, bundle: true,
    minify: true, format: "esm", write: false, logLevel: "error" });
  return file!.contents;
}

/** The title that a page of the project gives itself. */
async function title(path: string): Promise<string> {
  const tab = await browser!.newPage();
  try {
    await tab.goto(`${url()}/${path}`);
    await tab.waitForFunction(() => document.title !== "", null, { timeout: 60_000 });
    return await tab.title();
  } finally {
    await tab.close();
  }
}

const bundles = suite("bundles");
bundles.before(async () => {
  project.install("purigrad", await packPurigrad(project.folder));
  if (!noBrowser()) [server, browser] = [await serve(), await launch()];
});
bundles.after(async () => {
  await browser?.close();
  server?.close();
  project.remove();
});

bundles("an engine and one op weigh little; what is not imported is left out", async () => {
  const bundle = await bundled(`export { createEngine, relu } from "purigrad"`);
  const size = gzipSync(bundle).length;
  assert.ok(size < MOST, `${size} bytes; at most ${MOST} are due`);
  const text = new TextDecoder().decode(bundle);
  assert.match(text, "shaders/pointwise/");
  assert.not.match(text, "shaders/paper/signed_noise.wgsl");
});

const inBrowser = noBrowser() ? bundles.skip : bundles;

inBrowser("from a script of a page", async () => {
  const map = JSON.stringify({ imports: { purigrad: "./node_modules/purigrad/dist/browser.js" } });
  project.write("page.html", page(`<script type="importmap">${map}</script>
    <script type="module">${PROGRAM("purigrad", TITLE)}</script>`));
  assert.is(await title("page.html"), "0,2");
});

inBrowser("in a worker", async () => {
  project.write("worker.js", PROGRAM("./node_modules/purigrad/dist/browser.js", "postMessage"));
  project.write("worker.html", page(`<script>
    new Worker("worker.js", { type: "module" }).onmessage = ({ data }) => told(data);</script>`));
  assert.is(await title("worker.html"), "0,2");
});

inBrowser("bundled with esbuild", async () => {
  writeFileSync(join(project.folder, "bundle.js"), await bundled(PROGRAM("purigrad", TITLE)));
  project.write("bundle.html", page(`<script type="module" src="bundle.js"></script>`));
  assert.is(await title("bundle.html"), "0,2");
});

bundles.run();
