import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The commit of the running code: short hash, "-dirty" when files differ from it, "unknown" outside a checkout. */
export function commit(): string {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? "-dirty" : "");
  } catch {
    return "unknown";
  }
}
