/** Reading and writing files: whole or not at all, and one sentence when the disk fails. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkFolder, readFileOr, readJsonOr, writeFileAtomic } from "../src/data/files.ts";
import { assertSentence } from "./sentence.ts";

const test = suite<{ folder: string }>("files");

test.before.each((context) => {
  context.folder = fs.mkdtempSync(path.join(os.tmpdir(), "purigrad-files-"));
});
test.after.each(({ folder }) => fs.rmSync(folder, { recursive: true, force: true }));

test("reading what is missing, a folder, and what is not JSON", ({ folder }) => {
  const missing = path.join(folder, "a.json");
  assertSentence(
    () => readFileOr(missing, "the results"),
    `cannot read the results ${missing}`,
    "no such file",
    "ENOENT",
  );
  assertSentence(() => readFileOr(folder, "the results"), folder, "it is a folder");
  fs.writeFileSync(missing, '{"a": ');
  assertSentence(() => readJsonOr(missing, "the results"), missing, "not JSON", "6 characters");
  fs.writeFileSync(missing, '{"a": 1}');
  assert.equal(readJsonOr(missing, "the results"), { a: 1 });
});

test("writeFileAtomic makes folders, replaces files, follows links and leaves nothing else", ({ folder }) => {
  const file = path.join(folder, "new", "results.json");
  writeFileAtomic(file, "one");
  writeFileAtomic(file, Uint8Array.of(50));
  assert.is(fs.readFileSync(file, "utf8"), "2");
  const link = path.join(folder, "link");
  fs.symlinkSync(file, link);
  writeFileAtomic(link, "three");
  assert.ok(fs.lstatSync(link).isSymbolicLink());
  assert.is(fs.readFileSync(file, "utf8"), "three");
  assert.equal(fs.readdirSync(path.dirname(file)), ["results.json"]);
});

test("a folder to be is checked without being made", ({ folder }) => {
  checkFolder(path.join(folder, "a", "b"), "--out");
  assert.equal(fs.readdirSync(folder), []);
  fs.writeFileSync(path.join(folder, "file"), "");
  fs.symlinkSync(path.join(folder, "nowhere"), path.join(folder, "link"));
  for (const name of ["file", "file/below", "link"])
    assertSentence(() => checkFolder(path.join(folder, name), "--out"), "--out: cannot write into", "EEXIST");
  assertSentence(() => checkFolder("/proc/purigrad", "--out"), "--out: cannot write into /proc/purigrad", "ENOENT");
});

test("a target that is a folder, or under a file", ({ folder }) => {
  const file = path.join(folder, "file");
  fs.writeFileSync(file, "old");
  assertSentence(() => writeFileAtomic(folder, "x"), `cannot write ${folder}`, "it is a folder", "give a file name");
  assertSentence(() => writeFileAtomic(path.join(file, "b"), "x"), path.join(file, "b"), "check the path");
  assert.equal(fs.readdirSync(folder), ["file"]);
});

/** Runs `body` while a function of node:fs fails with `code`, as it would on a full or forbidden disk. */
function whileFailing(
  name: "writeFileSync" | "openSync" | "renameSync" | "fsyncSync",
  code: string,
  body: () => void,
): void {
  const real = fs[name];
  const fail = (...args: unknown[]) => {
    if (name === "writeFileSync") fs.writeSync(args[0] as number, "half");
    throw Object.assign(new Error(`${code}: simulated`), { code });
  };
  Object.assign(fs, { [name]: fail });
  try {
    body();
  } finally {
    Object.assign(fs, { [name]: real });
  }
}

const FAILURES = [
  ["writeFileSync", "ENOSPC", "the disk is full"],
  ["fsyncSync", "EDQUOT", "quota is used up"],
  ["openSync", "EACCES", "no permission"],
  ["openSync", "EROFS", "read-only"],
  ["renameSync", "EPERM", "does not permit"],
] as const;

for (const [name, code, part] of FAILURES) {
  test(`${code} in ${name}: one sentence, the old file stays, nothing is left behind`, ({ folder }) => {
    const file = path.join(folder, "old.json");
    fs.writeFileSync(file, "old");
    whileFailing(name, code, () => {
      assertSentence(() => writeFileAtomic(file, "new content"), `cannot write ${file}`, part, code);
      assertSentence(() => writeFileAtomic(path.join(folder, "new.json"), "x"), "new.json", part);
    });
    assert.equal(fs.readdirSync(folder), ["old.json"]);
    assert.is(fs.readFileSync(file, "utf8"), "old");
  });
}

if (fs.existsSync("/dev/full")) {
  test("a device is written to and not replaced; a full one says so", () => {
    assertSentence(() => writeFileAtomic("/dev/full", "x"), "/dev/full", "the disk is full");
    assert.ok(fs.statSync("/dev/full").isCharacterDevice());
  });
}

test.run();
