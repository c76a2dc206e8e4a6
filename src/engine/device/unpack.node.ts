/** SwiftShader and Chromium, unpacked from the npm package @sparticuz/chromium into the cache folder. Node only. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { cacheFolder } from "./cache.node.ts";
import { makeFolder, temporaryName } from "./files.node.ts";
import { untar } from "./tar.node.ts";

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

/** The hash of each file of an unpacked folder, kept beside them. */
const SUMS = "sha256.json";

/** Folders that this process has found whole. */
const whole = new Set<string>();

/**
 * Unpacks brotli archives of the chromium package (`NAME.tar.br`, or `NAME.br` for one executable) into one cache
 * folder and returns it. A folder that is there already is taken when every file has the hash it was unpacked with,
 * else made again: a cut-off library takes the process with it when it is loaded.
 * @throws one sentence where the package is not installed, an archive is damaged or the disk is full.
 */
export function unpack(archives: string[]): string {
  const source = chromiumPackage();
  if (!source) throw new Error("@sparticuz/chromium, which carries SwiftShader, is not installed; npm install " +
    "@sparticuz/chromium@143.0.4, or install a Vulkan driver (Debian: mesa-vulkan-drivers)");
  const target = join(cacheFolder(), `${archives.map((name) => name.split(".")[0]).join("-")}-${source.version}`);
  if (!isWhole(target)) fill(target, archives.map((name) => join(source.bin, name)));
  whole.add(target);
  return target;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function isWhole(folder: string): boolean {
  if (whole.has(folder)) return true;
  try {
    const sums = Object.entries(JSON.parse(readFileSync(join(folder, SUMS), "utf8")) as Record<string, string>);
    return sums.length > 0 && sums.every(([name, sum]) => sha256(readFileSync(join(folder, name))) === sum);
  } catch {
    return false; // it is missing, or a part of it is
  }
}

/** Fills the folder under another name and renames it when complete; leaves nothing where that fails. */
function fill(target: string, archives: string[]): void {
  const partial = temporaryName(cacheFolder());
  try {
    mkdirSync(partial, { mode: 0o700 });
    const sums = Object.fromEntries(archives.flatMap((archive) => unpackOne(archive, partial)));
    writeFileSync(join(partial, SUMS), JSON.stringify(sums));
    takePlace(partial, target);
  } catch (error) {
    throw new Error(`cannot unpack ${archives.join(", ")} into ${cacheFolder()}: ${(error as Error).message}`,
      { cause: error });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A damaged folder goes; one that another process has filled meanwhile is kept. */
function takePlace(partial: string, target: string): void {
  try {
    renameSync(partial, target);
  } catch {
    if (isWhole(target)) return;
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  }
}

/** The names of the archive's files and their hashes. */
function unpackOne(archive: string, target: string): [name: string, sum: string][] {
  const bytes = brotliDecompressSync(readFileSync(archive));
  const name = basename(archive);
  const files = name.endsWith(".tar.br") ? untar(bytes) : [{ name: name.slice(0, -".br".length), bytes, mode: 0o755 }];
  for (const file of files) {
    const out = join(target, file.name);
    makeFolder(dirname(out));
    writeFileSync(out, file.bytes, { mode: (file.mode | 0o600) & 0o755 });
  }
  return files.map((file) => [file.name, sha256(file.bytes)]);
}
