// Engines that are closed while the driver works, and processes that end with one open: nothing crashes. A few hundred
// times here; PURIGRAD_CLOSE_ROUNDS=20 repeats it, for one who looks for a race.

import { execFile } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../src/index.ts";

const ROUNDS = Number(process.env.PURIGRAD_CLOSE_ROUNDS ?? 1);
const PROCESSES = 3;

/** Runs one ending in a process of its own; the reason of its failure, or null. */
const run = (ending: string, adapter: string, rounds: number): Promise<string | null> =>
  new Promise((resolve) =>
    execFile(process.execPath, ["test/close-child.mjs", ending, adapter, String(rounds)], { timeout: 120_000 },
      (error, _out, stderr) =>
        resolve(
          error
            ? `${ending} on ${adapter}: ${error.signal ?? `exit code ${error.code}`}; ${
              stderr.trim().split("\n").at(-1)
            }` : null,
        ))
  );

/** Where no other software driver answers, the embedded one is both. */
async function softwareIsEmbedded(): Promise<boolean> {
  const gpu = await createEngine({ adapter: "software" });
  gpu.close();
  return gpu.adapter.kind === "embedded";
}

const close = suite("close");
for (const adapter of await softwareIsEmbedded() ? ["embedded"] : ["software", "embedded"])
  for (const [ending, rounds, times] of [["close", 30, 1], ["waiting", 15, 1], ["two", 10, 1], ["open", 1, 3], ["exit",
    1, 3], ["read", 1, 3]] as const)
    close(`${ending}, ${adapter}`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const failures = await Promise.all(
          Array.from({ length: Math.min(PROCESSES, times) }, () => run(ending, adapter, rounds)),
        );
        assert.equal(failures.filter((f) => f !== null), []);
      }
    });
close.run();
