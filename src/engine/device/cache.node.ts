/** The cache folder: unpacked drivers, fetched data, the kernel tuner's choices. Node only. */
import { createHash } from "node:crypto";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { makeFolder, replaceFile, sweep } from "./files.node.ts";

let folder: string | undefined;

/**
 * PURIGRAD_CACHE; without it the first that can be used of $XDG_CACHE_HOME/purigrad, ~/.cache/purigrad and
 * purigrad-UID in tmpdir(). Drivers are loaded from it, so a folder that somebody else could fill is never used.
 * Throws one sentence that says what is wrong with each.
 */
export function cacheFolder(): string {
  if (folder) return folder;
  const wishes = process.env.PURIGRAD_CACHE ? [process.env.PURIGRAD_CACHE] : usualFolders();
  const faults: string[] = [];
  for (const wish of wishes) {
    const fault = faultOf(wish);
    if (fault) faults.push(`${wish} ${fault}`);
    else {
      sweep(wish);
      return (folder = wish);
    }
  }
  throw new Error(`cache: ${faults.join(", ")}; set PURIGRAD_CACHE to a folder of your own, by its whole path`);
}

function usualFolders(): string[] {
  const { XDG_CACHE_HOME: xdg } = process.env;
  const home = homeFolder();
  const wishes = [xdg && isAbsolute(xdg) ? xdg : home && join(home, ".cache")].filter((path) => path !== undefined);
  return [...wishes.map((path) => join(path, "purigrad")),
    join(tmpdir(), `purigrad-${process.getuid?.() ?? "user"}`)];
}

/** HOME="" is no home: joined with it, a path is relative to where the user stands. */
function homeFolder(): string | undefined {
  if (isAbsolute(homedir())) return homedir();
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // a user without an entry in the system's list
  }
}

/** Why a folder cannot be used, after it was made where it is missing; "" where it can. */
function faultOf(path: string): string {
  if (!isAbsolute(path)) return "is relative to the working directory";
  try {
    makeFolder(path, 0o700);
    accessSync(path, constants.W_OK);
  } catch (error) {
    return `cannot be written (${(error as NodeJS.ErrnoException).code})`;
  }
  return process.getuid ? strangerIn(realpathSync(path), process.getuid()) : "";
}

/** Who but `uid` and root could change a folder, or put another in its place; "" for nobody. */
function strangerIn(path: string, uid: number): string {
  const own = statSync(path);
  if (own.uid !== uid) return `belongs to user ${own.uid}, not to ${uid}`;
  if (own.mode & 0o022) return "can be written by others";
  for (let above = dirname(path); ; above = dirname(above)) {
    const { uid: owner, mode } = statSync(above);
    if (owner !== 0 && owner !== uid) return `lies in ${above}, which belongs to user ${owner}`;
    if (mode & 0o002 && !(mode & 0o1000)) return `lies in ${above}, which everybody can write`;
    if (above === dirname(above)) return "";
  }
}

/** The text stored under key, or null. */
export async function readCache(key: string): Promise<string | null> {
  return readFile(join(cacheFolder(), fileName(key)), "utf8").catch(() => null);
}

/** Stores text under key; a reader sees the old text or the new one, never a part. */
export async function writeCache(key: string, text: string): Promise<void> {
  replaceFile(join(cacheFolder(), fileName(key)), text);
}

function fileName(key: string): string {
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 12);
  return `${key.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${hash}.txt`;
}
