/** The adapters of Node: which is taken, what a user reads, and that a process ends by itself and stays quiet. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findAdapter, type AdapterWish } from "#adapter";

const CHILD = "PURIGRAD_ADAPTER_CHILD";

/** What the child process does: a device of the wished adapter, kept by a global, and nothing else. */
async function child(wish: AdapterWish): Promise<void> {
  const choice = await findAdapter(wish);
  const device = await choice.adapter.requestDevice();
  Object.assign(globalThis, { keep: [choice, device] });
  process.stdout.write(choice.kind);
}

/** Runs this file as a child; stderr goes to a file in append mode, as a terminal or a pipe would behave. */
function runChild(wish: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-adapter-"));
  const fd = openSync(join(folder, "stderr"), "a");
  const args = [fileURLToPath(import.meta.url)];
  const run = spawnSync(process.execPath, args, { env: { ...process.env, ...env, [CHILD]: wish },
    stdio: ["ignore", "pipe", fd], timeout: 60_000 });
  closeSync(fd);
  const stderr = readFileSync(join(folder, "stderr"), "utf8");
  rmSync(folder, { recursive: true });
  return { status: run.status, stdout: String(run.stdout), stderr };
}

const adapter = suite("adapter");

adapter("a process with a live device ends by itself and writes no notes", () => {
  assert.equal(runChild("embedded"), { status: 0, stdout: "embedded", stderr: "" });
  const { status, stderr } = runChild("auto");
  assert.equal({ status, stderr }, { status: 0, stderr: "" });
});

adapter("without a folder for temporary files it works, and stderr stays open", () => {
  const { status, stdout, stderr } = runChild("embedded", { TMPDIR: "/dev/null/none" });
  assert.equal({ status, stdout }, { status: 0, stdout: "embedded" }, stderr);
  assert.match(runChild("auto", { TMPDIR: "/dev/null/none", VK_DRIVER_FILES: "/nowhere/icd.json" }).stderr,
    "no auto adapter: the Vulkan driver /nowhere/icd.json");
});

adapter("a driver that the user has set is respected, and its absence is one sentence", () => {
  const run = runChild("auto", { VK_DRIVER_FILES: "/nowhere/icd.json" });
  assert.is(run.status, 1);
  assert.match(run.stderr, "no auto adapter: the Vulkan driver /nowhere/icd.json (from the environment) gives none");
});

adapter("adapters of different kinds live side by side, and the environment stays as it was", async () => {
  const before = process.env.VK_DRIVER_FILES;
  const choices = [await findAdapter("auto"), await findAdapter("embedded"), await findAdapter("auto")];
  assert.is(choices[0].name, choices[2].name);
  assert.match(choices[1].name, "SwiftShader");
  assert.is(process.env.VK_DRIVER_FILES, before);
  for (const choice of choices) (await choice.adapter.requestDevice()).destroy();
});

adapter("a wish for hardware is met or answered in one sentence", async () => {
  const answer = await findAdapter("hardware").then((choice) => choice.kind, (error: Error) => error.message);
  assert.match(answer, /^hardware$|^no hardware adapter: .*"auto"$/);
});

const wish = process.env[CHILD];
if (wish) await child(wish as AdapterWish);
else adapter.run();
