/** Folders and files made so that nobody else can slip one in, and nothing half-written stays. Node only. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

/** Makes a folder and those above it where they are missing. Node's own `recursive` never ends below /proc. */
export function makeFolder(folder: string, mode = 0o777): void {
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode);
  try {
    fs.mkdirSync(folder, mode);
  } catch (error) {
    if (!isFolder(folder)) throw error; // else another process was faster
  }
}

const isFolder = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** A name in `folder` that nobody can foresee; it says whose it is, so that `sweep` finds it after a kill. */
export const temporaryName = (folder: string): string =>
  join(folder, `.purigrad-${process.pid}-${randomBytes(8).toString("hex")}@${hostname()}.tmp`);

const swept = new Set<string>();

/** Removes what killed processes of this machine left in a folder; once a process. */
export function sweep(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of fs.readdirSync(folder)) {
    const [, pid, host] = /^\.purigrad-(\d+)-[0-9a-f]{16}@(.*)\.tmp$/.exec(name) ?? [];
    if (pid && host === hostname() && !isAlive(Number(pid)))
      fs.rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Writes a whole file or nothing: under a name of its own in the same folder, flushed, then renamed to `target`. */
export function replaceFile(target: string, content: Uint8Array | string, mode = 0o666): void {
  sweep(dirname(target));
  const temporary = temporaryName(dirname(target));
  try {
    writeFlushed(temporary, content, mode);
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Waits until the disk has the file, so that a rename never shows a half-written one. */
function writeFlushed(file: string, content: Uint8Array | string, mode: number): void {
  const handle = fs.openSync(file, "wx", mode);
  try {
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
