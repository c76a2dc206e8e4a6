// The version and commit of the running code. Node only.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { readJsonOr } from "../data/files.ts";
import { packageRoot } from "../engine/device/shipped.node.ts";

export const version = (): string =>
  (readJsonOr(join(packageRoot(), "package.json"), "the manifest") as { version: string }).version;

/**
 * The commit of the running code: short hash, "-dirty" when files differ from it. Outside a checkout of purigrad, as
 * in the node_modules of another project, the version: "v0.1.0".
 */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: packageRoot(), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    if (git("rev-parse", "--show-prefix") !== "") return `v${version()}`;
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? "-dirty" : "");
  } catch {
    return `v${version()}`;
  }
}
