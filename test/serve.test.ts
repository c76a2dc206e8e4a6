// `purigrad serve`: the files of its folder and nothing else, whatever is asked for.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fileServer, serve } from "../src/cli/serve.ts";
import { silent } from "../src/report/progress.ts";

const test = suite("serve");

/** Status, type and text of a path as it is: fetch would tidy it up first. */
const get = (port: number, path: string) =>
  new Promise<[number, string, string]>((resolve, reject) => {
    request({ port, path, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve([response.statusCode!, response.headers["content-type"] ?? "", text]));
    }).on("error", reject).end();
  });

test("gives files by their type; a path out of the folder, none or a broken one is not found", async () => {
  const root = mkdtempSync(join(tmpdir(), "purigrad-serve-"));
  const folder = join(root, "web/");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.html"), "<p>lab</p>");
  writeFileSync(join(root, "secret.json"), "{}");
  const server = fileServer(folder);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  assert.equal(await get(port, "/"), [200, "text/html; charset=utf-8", "<p>lab</p>"]);
  for (const path of ["/../secret.json", "/%2e%2e/secret.json", "/none.js", "/%", "/%00"])
    assert.is((await get(port, path))[0], 404, path);
  assert.is((await get(port, "/index.html?a=b"))[0], 200, "it is still there");
  server.close();
  rmSync(root, { recursive: true });
});

test("a port that is none is one sentence", async () => {
  const run = (port: string) =>
    serve.run({ flags: { port }, positionals: [], signal: new AbortController().signal, progress: silent,
      say: () => undefined })
      .then(() => "nothing was thrown", (e: Error) => e.message);
  assert.match(await run("x"), /^--port: "x" came, a whole number from 0 to 65535 was due$/);
  assert.match(await run("70000"), /^--port: "70000" came/);
});

test.run();
