// CPU time of the calling thread. Software adapters compute on the same cores, in threads of their driver: on a busy
// core wall time also counts what they take away, and process.cpuUsage() counts them. Linux tells each thread's own.

import { readFileSync } from "node:fs";

const cell = new Int32Array(new SharedArrayBuffer(4));
const SLEEP_MS = 0.05;

/** Milliseconds that this thread has computed; wall time where the system does not tell. */
function threadMs(): number {
  try {
    Atomics.wait(cell, 0, 0, SLEEP_MS); // the kernel brings the count up to date when a thread sleeps
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

const difference = (fn: () => void): number => {
  const start = threadMs();
  fn();
  return threadMs() - start;
};

/** Milliseconds of CPU that fn takes of this thread, without what reading the clock takes. */
export function hostTime(fn: () => void): number {
  const clock = Math.min(...[1, 2, 3].map(() => difference(() => undefined)));
  return Math.max(0, difference(fn) - clock);
}
