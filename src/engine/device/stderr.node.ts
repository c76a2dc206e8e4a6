/**
 * Dawn and the Vulkan loader write notes such as "Warning: maxDynamicUniformBuffersPerPipelineLayout artificially
 * reduced" to file descriptor 2 while they look for adapters, and offer no switch for it. All of that happens
 * inside the synchronous part of requestAdapter(), so descriptor 2 points at an unlinked file for that long.
 */
import { closeSync, fstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { temporaryName } from "./files.node.ts";

const O_APPEND = 0o2000;

/** A note is a line that starts with "Warning:", and the indented or empty lines below it. */
const NOTE = /^Warning: .*\n?(?:[ \t]+.*\n?|\n)*/gm;

/**
 * Runs `call` and keeps its native notes off the terminal. Returns its result and the notes; everything else that
 * was written goes to stderr after all. Where stderr cannot be reopened (a socket, another system than Linux) or there
 * is no place for a file, nothing is held back.
 */
export function withoutNotes<T>(call: () => T): { result: T; notes: string } {
  const held = unlinkedFile();
  const saved = held === null ? null : reopenStderr();
  if (held === null || saved === null) {
    if (held !== null) closeSync(held);
    return { result: call(), notes: "" };
  }
  let text = "";
  let result: T;
  try {
    replaceStderr(held, "a+");
    result = call();
  } finally {
    text = readFileSync("/proc/self/fd/2", "utf8");
    replaceStderr(saved, "a");
    [held, saved].forEach(closeSync);
    const rest = text.replace(NOTE, "");
    if (rest) writeSync(2, rest);
  }
  return { result, notes: text.match(NOTE)?.join("").trim() ?? "" };
}

/** An open file without a name, or null where none can be made. */
function unlinkedFile(): number | null {
  const file = temporaryName(tmpdir());
  try {
    const fd = openSync(file, "wx+", 0o600);
    rmSync(file);
    return fd;
  } catch {
    return null;
  }
}

/**
 * A second descriptor of what stderr is, or null. A regular file that is not in append mode is left alone: the copy
 * would have its own position, and `command > log 2>&1` would write over its own lines.
 */
function reopenStderr(): number | null {
  if (process.platform !== "linux") return null;
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync("/proc/self/fdinfo/2", "utf8"));
    if (fstatSync(2).isFile() && !(flags && parseInt(flags[1], 8) & O_APPEND)) return null;
    return openSync("/proc/self/fd/2", "a");
  } catch {
    return null;
  }
}

/** Descriptor 2 becomes the file of another one: the lowest free descriptor is taken, with 0 and 1 open that is 2. */
function replaceStderr(by: number, flags: string): void {
  closeSync(2);
  openSync(`/proc/self/fd/${by}`, flags);
}
