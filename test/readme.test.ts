// The README's example is run as it stands.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const readme = suite("readme");

readme("the engine example prints what the README says", () => {
  const [, code, printed] = /```js\n([\s\S]*?)```\n+prints\n+```\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];
  assert.ok(code && printed, "README.md has the example and what it prints");
  const folder = mkdtempSync(resolve("dist/readme-"));
  try {
    const file = join(folder, "example.mjs");
    writeFileSync(file, code.replace('"purigrad"', JSON.stringify(resolve("dist/index.js"))));
    assert.is(execFileSync(process.execPath, [file], { encoding: "utf8" }).trim(), printed.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

readme.run();
