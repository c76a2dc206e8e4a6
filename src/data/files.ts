/**
 * Files read and written with one clear sentence when something is wrong.
 * Every message names the file, what came, what was due and what to do; the system's error is its `cause`.
 */
import fs from "node:fs";
import path from "node:path";
import { makeFolder, replaceFile, temporaryName } from "../engine/device/files.node.ts";

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file; check the path",
  ENOTDIR: "a part of its path is a file and not a folder; check the path",
  EEXIST: "a file, or a link that leads nowhere, stands where a folder is due; check the path",
  EISDIR: "it is a folder and a file was due; give a file name",
  EACCES: "there is no permission for it; choose another place or change the permissions",
  EPERM: "the system does not permit it; choose another place or change the permissions",
  EROFS: "that file system is read-only; choose another place",
  ENOSPC: "the disk is full; free some space or choose another place",
  EDQUOT: "the disk quota is used up; free some space or choose another place",
  EFBIG: "it is larger than the system lets a file grow; choose another place or lift the limit",
  EMFILE: "too many files are open; close some or raise the limit",
  ENAMETOOLONG: "its name is too long; give a shorter one",
};

/** "the disk is full; free some space ... (ENOSPC)" for an error of `node:fs`. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code) return message;
  return `${REASONS[code] ?? message} (${code})`;
}

/**
 * The bytes of a regular file; a pipe or a device could have no end. `what` says what it is for ("the checkpoint").
 * Throws `cannot read the checkpoint PATH: there is no such file; check the path (ENOENT)`.
 */
export function readFileOr(file: string, what: string): Uint8Array {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile() && !stat.isDirectory()) throw new Error("it is a pipe or a device; give a regular file");
    return fs.readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read ${what} ${file}: ${reason(error)}`, { cause: error });
  }
}

/** The value in a JSON file; throws as readFileOr does, and when the text is not JSON. */
export function readJsonOr(file: string, what: string): unknown {
  const text = new TextDecoder().decode(readFileOr(file, what));
  try {
    return JSON.parse(text);
  } catch (error) {
    const size = `${text.length} characters, ${(error as Error).message}`;
    throw new Error(`cannot read ${what} ${file}: it is not JSON (${size}); write it again`, { cause: error });
  }
}

/**
 * Writes a whole file or nothing: to a temporary name in the same folder, flushed, then renamed over `file`.
 * Makes missing folders. A link is followed; a device or pipe (/dev/stdout) is written to directly.
 * Throws one sentence (`cannot write PATH: the disk is full; ...`) and then leaves the old file as it was.
 */
export function writeFileAtomic(file: string, content: Uint8Array | string): void {
  try {
    const old = fs.statSync(file, { throwIfNoEntry: false });
    if (old?.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    if (old && (!old.isFile() || file.startsWith("/dev/"))) return fs.writeFileSync(file, content);
    if (!old) makeFolder(path.dirname(path.resolve(file)));
    replaceFile(old ? fs.realpathSync(file) : path.resolve(file), content, old?.mode);
  } catch (error) {
    throw new Error(`cannot write ${file}: ${reason(error)}`, { cause: error });
  }
}

/**
 * Whether files can be written into a folder, asked before work whose result goes there: a file is made and removed in
 * it, or in the nearest folder above that is there. Makes no folder, so runs that begin together do not meet.
 * Throws `--out: cannot write into PATH: that file system is read-only; ...`.
 */
export function checkFolder(folder: string, flag: string): void {
  let there = path.resolve(folder);
  while (!isThere(there)) there = path.dirname(there);
  try {
    if (!fs.existsSync(there) || !fs.statSync(there).isDirectory())
      throw Object.assign(new Error("is no folder"), { code: "EEXIST" });
    const probe = temporaryName(there);
    fs.closeSync(fs.openSync(probe, "wx"));
    fs.rmSync(probe);
  } catch (error) {
    throw new Error(`${flag}: cannot write into ${folder}: ${reason(error)}`, { cause: error });
  }
}

/** Also where it is a link to nothing. */
function isThere(path: string): boolean {
  try {
    return !!fs.lstatSync(path);
  } catch {
    return false;
  }
}

/** As checkFolder, for a file: the folder that it goes to, and that it is no folder itself. */
export function checkFile(file: string, flag: string): void {
  const old = fs.existsSync(file) ? fs.statSync(file) : null;
  if (old?.isDirectory()) throw new Error(`${flag}: cannot write ${file}: ${REASONS.EISDIR}`);
  if (!old || old.isFile()) checkFolder(path.dirname(file), flag);
}
