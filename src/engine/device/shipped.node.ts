/** Node only: files that come with the npm package. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package.json above this bundle. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The bytes of a file of results/mnist/weights. */
export async function readShipped(file: string): Promise<Uint8Array> {
  const path = join(packageRoot(), "results/mnist/weights", file);
  if (!existsSync(path)) throw new Error(`${path} is missing; install purigrad again, or give a function to read it`);
  return new Uint8Array(await readFile(path));
}
