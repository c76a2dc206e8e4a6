/**
 * Dawn and the Vulkan loader write notes such as "Warning: maxDynamicUniformBuffersPerPipelineLayout artificially
 * reduced" to file descriptor 2 while they look for adapters, and offer no switch for it. All of that happens
 * inside the synchronous part of requestAdapter(), so descriptor 2 points at an unlinked file for that long.
 */
import { closeSync, fstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const O_APPEND = 0o2000;

/** A note is a line that starts with "Warning:", and the indented or empty lines below it. */
const NOTE = /^Warning: .*\n?(?:[ \t]+.*\n?|\n)*/gm;

/**
 * Runs `call` and keeps its native notes off the terminal. Returns its result and the notes; everything else that
 * was written goes to stderr after all. Where stderr cannot be reopened (a socket, another system than Linux)
 * nothing is held back.
 */
export function withoutNotes<T>(call: () => T): { result: T; notes: string } {
  const saved = reopenStderr();
  if (saved === null) return { result: call(), notes: "" };
  const file = join(tmpdir(), `purigrad-stderr-${process.pid}-${process.hrtime.bigint()}`);
  let text = "";
  let result: T;
  try {
    replaceStderr(file, "wx+");
    rmSync(file);
    result = call();
  } finally {
    text = readFileSync("/proc/self/fd/2", "utf8");
    replaceStderr(`/proc/self/fd/${saved}`, "a");
    closeSync(saved);
    const rest = text.replace(NOTE, "");
    if (rest) writeSync(2, rest);
  }
  return { result, notes: text.match(NOTE)?.join("").trim() ?? "" };
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

/** The lowest free descriptor is taken, and with 0 and 1 open that is 2. */
function replaceStderr(path: string, flags: string): void {
  closeSync(2);
  openSync(path, flags);
}
