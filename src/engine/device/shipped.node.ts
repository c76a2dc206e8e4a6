/** Node only: where the files lie that purigrad comes with. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The npm package of trained weights and reference cases: what the library can do without. See assets/. */
const ASSETS = "purigrad-assets";

/** The folder of the package.json above this bundle. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The folder of purigrad-assets, where npm has put it beside purigrad; null where it is not installed. */
function assetsRoot(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${ASSETS}/package.json`));
  } catch {
    return null;
  }
}

/**
 * The path of a file or folder such as "results/mnist/weights": in a clone of the repository at its own place, else in
 * purigrad-assets; null where it is in neither.
 */
export function shipped(path: string): string | null {
  const places = [packageRoot(), assetsRoot()].flatMap((root) => (root ? [join(root, path)] : []));
  return places.find((place) => existsSync(place)) ?? null;
}

/** What to do about a path that `shipped` does not find, for the end of a sentence. */
export function howToGet(path: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  return `${path} comes with the npm package ${ASSETS}; npm install ${ASSETS}@${version} beside purigrad`;
}

/** The path of what is needed. @throws one sentence where it is not there. */
export function shippedOrThrow(path: string): string {
  const found = shipped(path);
  if (!found) throw new Error(`there is no ${path} in this installation; ${howToGet(path)}`);
  return found;
}

/** The bytes of a file of results/mnist/weights. */
export const readShipped = async (file: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(shippedOrThrow(`results/mnist/weights/${file}`)));
