// Result files: every number with the settings, seed, adapter and commit that made it.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { AttackName, DefenceName } from "./paper.ts";

/** Accuracies in percent of one defence; the shape of every result file. */
export interface Table1Row {
  defence: DefenceName;
  none: number;
  fgsm: number;
  ifgsm: number;
  pgd: number;
  mifgsm: number;
}

export interface Results {
  command: string;
  settings: Record<string, unknown>;
  seed: number;
  adapter: string;
  commit: string;
  /** Seconds by phase. */
  durations: Record<string, number>;
  table1: Table1Row[];
}

export const COLUMNS: Record<AttackName, keyof Omit<Table1Row, "defence">> = {
  None: "none", FGSM: "fgsm", "I-FGSM": "ifgsm", PGD: "pgd", "MI-FGSM": "mifgsm",
};

/** The commit of the running code: short hash, "-dirty" when files differ from it, "unknown" outside a checkout. */
export function commit(): string {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const git = (...args: string[]) => execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? "-dirty" : "");
  } catch {
    return "unknown";
  }
}
