// Python with torch and numpy, if this machine has one, and the script that runs there.

import { execFileSync, spawnSync } from "node:child_process";

const SCRIPT = "bench/pytorch/reference.py"; // from the project's folder, where npm and the tests run

/** $PYTHON, python3 or /usr/bin/python3: the first that has torch and numpy; null where none has. */
export function findPython(): string | null {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((python) =>
    python !== undefined && python !== ""
  );
  const works = (python: string) => spawnSync(python, ["-c", "import torch, numpy"], { stdio: "ignore" }).status === 0;
  return candidates.find((python) => works(python!)) ?? null;
}

/** Runs the script and returns what it prints. Throws its own sentence when it fails. */
export function reference<T>(python: string, ...args: string[]): T {
  try {
    return JSON.parse(
      execFileSync(python, [SCRIPT, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 2 ** 28 }),
    ) as T;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1);
    throw new Error(said || (error as Error).message, { cause: error });
  }
}
