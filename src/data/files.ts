/**
 * Files read and written with one clear sentence when something is wrong.
 * Every message names the file, what came, what was due and what to do; the system's error is its `cause`.
 */
import fs from "node:fs";
import path from "node:path";

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file; check the path",
  ENOTDIR: "a part of its path is a file and not a folder; check the path",
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
 * The bytes of a file. `what` says what the file is for, as in "the checkpoint".
 * Throws `cannot read the checkpoint PATH: there is no such file; check the path (ENOENT)`.
 */
export function readFileOr(file: string, what: string): Uint8Array {
  try {
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
    if (!old) fs.mkdirSync(path.dirname(file), { recursive: true });
    replaceFile(old ? fs.realpathSync(file) : file, content, old?.mode ?? 0o666);
  } catch (error) {
    throw new Error(`cannot write ${file}: ${reason(error)}`, { cause: error });
  }
}

let written = 0;

/** Writes beside `target` and renames; removes what it wrote when any step fails. */
function replaceFile(target: string, content: Uint8Array | string, mode: number): void {
  const temporary = path.join(path.dirname(target), `.purigrad-${process.pid}-${written++}.tmp`);
  try {
    writeFlushed(temporary, content, mode);
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a new file and waits until the disk has it, so that a rename never shows a half-written file. */
function writeFlushed(file: string, content: Uint8Array | string, mode: number): void {
  const handle = fs.openSync(file, "w", mode);
  try {
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
