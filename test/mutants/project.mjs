// Copies of the project that mutants are tried in, and what is asked of each: verify, then tests.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync,
  writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A case of verify takes less, and so does a build, on a busy machine too. */
const SILENCE_MS = 240_000;
const TESTS_MS = 1_800_000;
/** Large, and no mutant changes them: linked, not copied. */
const LINKED = ["node_modules", "cases", "results", "assets", "docs"];

/** What git knows, or without git all files but those of folders that are made. */
export function filesOf() {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard"];
  if (existsSync(join(root, ".git"))) return execFileSync("git", git, { cwd: root }).toString().trim().split("\n");
  const made = (name) => name.startsWith(".") || name === "dist" || LINKED.includes(name);
  return readdirSync(root, { withFileTypes: true }).filter(({ name }) => !made(name)).flatMap((entry) =>
    entry.isFile() ? [entry.name] : readdirSync(join(root, entry.name), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile()).map((file) => join(file.parentPath ?? file.path, file.name).slice(root.length)));
}

/** Runs node: exit code, null where it was killed, and output. `hear` gets all output so far, a true answer kills. */
function runNode(cwd, args, { limit = SILENCE_MS, hear = () => false } = {}) {
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  const stuck = setTimeout(kill, limit);
  let [said, errors] = ["", ""];
  child.stderr.on("data", (text) => { errors += text; });
  return new Promise((resolve) => {
    child.stdout.on("data", (text) => {
      stuck.refresh();
      said += text;
      if (hear(said)) kill();
    });
    child.on("close", (code) => {
      clearTimeout(stuck);
      resolve({ code, said, errors });
    });
  });
}

/** What verify says where `--only` leaves nothing. */
const NONE = /^--only: no case/m;
const shortened = (line) => line.trim().replace(/\s+/g, " ").slice(0, 110);

export class Project {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "purigrad-mutants-"));
    for (const file of filesOf())
      if (!LINKED.includes(file.split("/")[0])) cpSync(join(root, file), join(this.folder, file));
    for (const name of LINKED)
      if (existsSync(join(root, name))) symlinkSync(realpathSync(join(root, name)), join(this.folder, name));
  }

  path(file) {
    return join(this.folder, file);
  }

  /** What `ask` gives while the file has this text; the copy stays as it was, whatever is edited meanwhile. */
  async with(file, change, ask) {
    const text = readFileSync(this.path(file), "utf8");
    writeFileSync(this.path(file), change(text));
    try {
      return await ask();
    } finally {
      writeFileSync(this.path(file), text);
    }
  }

  /** Builds the command line alone, or all that Node runs; whether that went well. */
  async build(part) {
    return (await runNode(this.folder, ["build.mjs", "--part", part])).code === 0;
  }

  /**
   * What verify says of the cases that have `words` in their names: the first failed one, where it is stopped, "a
   * crash" (or an endless loop), or null where it notices nothing or has no such case.
   */
  async verify(words = "") {
    const only = words ? ["--only", words] : [];
    const failure = (said) => /^fail .*\n/m.exec(said)?.[0];
    const { code, said, errors } = await runNode(this.folder, ["dist/cli.js", "verify", ...only], { hear: failure });
    const crash = code === 0 || NONE.test(errors) ? null : `a crash ${/^.*Error\b.*$/m.exec(errors)?.[0] ?? ""}`;
    return failure(said) ? shortened(failure(said)) : crash;
  }

  /** What the tests of these names say: the first failed one, or null. Builds them first. */
  async tests(names) {
    if (!await this.build("node")) return "the build of the tests";
    const { code, said } = await runNode(this.folder, ["test/run.mjs", "--built", "--node", ...names],
      { limit: TESTS_MS });
    return code === 0 ? null : shortened(/^ +FAIL .*$/m.exec(said)?.[0] ?? "a crash");
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
