/**
 * `npm run mutants [-- --only TEXT --again FILE --verify --cases TEXT --json FILE]`: does anybody notice a broken line?
 * Applies the one-line mutations of list.mjs to a copy of the project, one at a time, and runs against each `purigrad
 * verify` and, where that notices nothing, the tests that cover the file. Prints who noticed, and who survived. By
 * hand, not in CI: a mutant takes some ten seconds. `--verify` leaves the tests out; `--cases` leaves out what of
 * verify does not have TEXT in its name; `--again`, with an earlier --json, leaves out what verify noticed then.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTANTS } from "./list.mjs";

/** A build takes ten seconds, and a minute on a busy machine. */
const BUILD_MS = 240_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: flags } = parseArgs({
  options: { only: { type: "string" }, again: { type: "string" }, verify: { type: "boolean" },
    cases: { type: "string" },
    json: { type: "string" } },
});

/** A copy of what git knows, with the packages of the original. */
function copyProject() {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-mutants-"));
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root });
  for (const file of files.toString().trim().split("\n")) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

const project = copyProject();
const run = (args, timeout) => spawnSync(process.execPath, args, { cwd: project, timeout, encoding: "utf8" });

/** A case of verify takes less, on a busy machine too. */
const SILENCE_MS = 180_000;

/**
 * What verify says: the first failed case, where it is stopped, "a crash" (or an endless loop), or null where it
 * notices nothing.
 */
function byVerify() {
  const cases = flags.cases ? ["--only", flags.cases] : [];
  const child = spawn(process.execPath, ["dist/cli.js", "verify", ...cases], { cwd: project });
  const stuck = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
  let said = "";
  return new Promise((resolve) => {
    child.stdout.on("data", (text) => {
      stuck.refresh();
      said += text;
      const failed = /^fail .*\n/m.exec(said)?.[0];
      if (failed) resolve(failed.replace(/\s+/g, " ").slice(0, 110));
      if (failed) child.kill("SIGKILL");
    });
    child.on("exit", (code) => {
      clearTimeout(stuck);
      resolve(code === 0 ? null : "a crash");
    });
  });
}

/** What the tests say: the first failed one, or null. */
function byTests(names) {
  const { status, stdout } = run(["test/run.mjs", "--built", "--node", ...names], 1_800_000);
  if (status === 0) return null;
  return /^ +FAIL .*$/m.exec(stdout)?.[0].trim().replace(/\s+/g, " ").slice(0, 110) ?? "crash";
}

async function judge([name, file, find, replace, ...rest]) {
  const { tests = [], same } = rest[0] ?? {};
  const text = readFileSync(join(project, file), "utf8"); // the copy stays as it was, whatever is edited meanwhile
  if (text.split(find).length !== 2) return { name, file, noticed: null, by: `its text stands ` +
    `${text.split(find).length - 1} times in ${file}` };
  writeFileSync(join(project, file), text.replace(find, () => replace));
  try {
    if (run(["build.mjs"], BUILD_MS).status !== 0) return { name, file, noticed: "build", by: "the build" };
    const verify = await byVerify();
    if (verify) return { name, file, noticed: "verify", by: verify };
    const test = flags.verify ? null : byTests(tests.length ? tests : ["ops.both"]);
    if (test) return { name, file, noticed: "tests", by: test };
    return { name, file, noticed: same ? "same" : null, by: same ?? "nobody" };
  } finally {
    writeFileSync(join(project, file), text);
  }
}

/** With --again FILE, an earlier --json: those that verify did not notice. */
const noticed = flags.again ? JSON.parse(readFileSync(flags.again, "utf8")).filter((r) => r.noticed === "verify") : [];
const known = new Set(noticed.map((r) => r.name));
const chosen = MUTANTS.filter(([name, file]) => `${name} ${file}`.includes(flags.only ?? "") && !known.has(name));
const results = [];
for (const mutant of chosen) {
  const result = await judge(mutant);
  results.push(result);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 1)}\n`);
  console.log(`${(result.noticed ?? "SURVIVED").padEnd(9)} ${result.name.padEnd(28)} ${result.by}`);
}
rmSync(project, { recursive: true });
const count = (by) => results.filter((r) => r.noticed === by).length;
console.log(
  `${results.length} mutants: verify noticed ${count("verify")}, the build ${count("build")}, tests ${
    count("tests")
  }, ` +
    `${count("same")} make no difference, ${results.filter((r) => r.noticed === null).length} survived`,
);
process.exit(results.some((r) => r.noticed === null) ? 1 : 0);
