/** The cache folder: only a folder of the user's own is used, and only whole files out of it. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync,
  statSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cacheFolder, readCache, writeCache } from "../src/engine/device/cache.node.ts";
import { temporaryName } from "../src/engine/device/files.node.ts";
import { unpack } from "../src/engine/device/unpack.node.ts";

const CHILD = "PURIGRAD_CACHE_CHILD";
const isRoot = process.getuid?.() === 0;

const test = suite<{ folder: string }>("cache");

test.before.each((context) => {
  context.folder = realpathSync(mkdtempSync(join(tmpdir(), "purigrad-cache-")));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** What a process of its own says: the cache folder, the folder of the unpacked driver, or an error. */
function child(what: "folder" | "driver", env: Record<string, string>, cwd = process.cwd()): string {
  const none = { PURIGRAD_CACHE: "", XDG_CACHE_HOME: "", HOME: "/dev/null", TMPDIR: "/dev/null" };
  return spawnSync(process.execPath, [fileURLToPath(import.meta.url)],
    { env: { ...process.env, ...none, ...env, [CHILD]: what }, cwd, encoding: "utf8" }).stdout;
}

test("nothing is taken from the working directory", ({ folder }) => {
  mkdirSync(join(folder, ".cache", "purigrad"), { recursive: true });
  for (const env of [{ HOME: "" }, { HOME: "." }, { HOME: "", XDG_CACHE_HOME: ".cache" }] as Record<string, string>[])
    assert.not.match(child("folder", { ...env, TMPDIR: folder }, folder), join(folder, ".cache"));
  const said = child("folder", { PURIGRAD_CACHE: ".cache/purigrad" }, folder);
  assert.is(said, "cache: .cache/purigrad is relative to the working directory; set PURIGRAD_CACHE to a folder of " +
    "your own, by its whole path");
});

test("the first folder that can be used is taken", ({ folder }) => {
  const home = join(folder, "home");
  assert.is(child("folder", { XDG_CACHE_HOME: join(folder, "xdg"), HOME: home }), join(folder, "xdg/purigrad"));
  assert.is(child("folder", { HOME: home }), join(home, ".cache/purigrad"));
  assert.is(child("folder", { TMPDIR: folder }), join(folder, `purigrad-${process.getuid?.() ?? "user"}`));
  assert.match(child("folder", {}), /^cache: \/dev\/null\/.* cannot be written \(E\w+\), .*; set PURIGRAD_CACHE/);
});

test("a folder that others can write, and one below such a folder, is not used", ({ folder }) => {
  const own = join(folder, "own");
  mkdirSync(own, { mode: 0o700 });
  chmodSync(own, 0o777);
  assert.match(child("folder", { PURIGRAD_CACHE: own }), `${own} can be written by others`);
  assert.match(child("folder", { PURIGRAD_CACHE: join(own, "a") }), `lies in ${own}, which everybody can write`);
  symlinkSync(own, join(folder, "link"));
  assert.match(child("folder", { PURIGRAD_CACHE: join(folder, "link") }), "can be written by others");
  chmodSync(own, 0o1777); // as /tmp
  assert.is(child("folder", { PURIGRAD_CACHE: join(own, "a") }), join(own, "a"));
});

(isRoot ? test : test.skip)("a folder of another user is not used", ({ folder }) => {
  const foreign = join(folder, "purigrad-0");
  mkdirSync(foreign, { mode: 0o700 });
  chownSync(foreign, 12345, 12345);
  assert.match(child("folder", { TMPDIR: folder }), `${foreign} belongs to user 12345, not to 0`);
  const inside = child("folder", { PURIGRAD_CACHE: join(foreign, "a") });
  assert.match(inside, `lies in ${foreign}, which belongs to user 12345`);
});

test("a damaged driver is unpacked again, and nothing else is left", ({ folder }) => {
  const driver = child("driver", { PURIGRAD_CACHE: folder });
  const library = join(driver, "libvk_swiftshader.so");
  const { size } = statSync(library);
  truncateSync(library, 1000);
  assert.is(child("driver", { PURIGRAD_CACHE: folder }), driver);
  assert.is(statSync(library).size, size);
  rmSync(join(driver, "vk_swiftshader_icd.json"));
  assert.is(child("driver", { PURIGRAD_CACHE: folder }), driver);
  assert.ok(existsSync(join(driver, "vk_swiftshader_icd.json")));
  assert.equal(readdirSync(folder), [basename(driver)]);
});

test("what a killed process left is removed, what a living one writes is not", async ({ folder }) => {
  const other = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => other.on("exit", resolve));
  const name = (pid: number, host = hostname()) => `.purigrad-${pid}-0123456789abcdef@${host}.tmp`;
  mkdirSync(join(folder, name(other.pid!)));
  writeFileSync(join(folder, name(other.pid!), "half"), "");
  const kept = [name(process.pid), name(other.pid!, "another-host"), "mine.tmp"].sort();
  kept.forEach((file) => writeFileSync(join(folder, file), ""));
  assert.is(child("folder", { PURIGRAD_CACHE: folder }), folder);
  assert.equal(readdirSync(folder).sort(), kept);
  assert.not.equal(temporaryName(folder), temporaryName(folder));
});

test("the cache gives back what was written, under any key", async () => {
  const key = `test / \u00fc "quoted" ${"long ".repeat(80)}`;
  assert.is(await readCache(`${key} never written`), null);
  await writeCache(key, "one");
  await writeCache(key, "two");
  assert.is(await readCache(key), "two");
});

const what = process.env[CHILD];
if (!what) test.run();
else {
  try {
    process.stdout.write(what === "folder" ? cacheFolder() : unpack(["swiftshader.tar.br"]));
  } catch (error) {
    process.stdout.write((error as Error).message);
  }
}
