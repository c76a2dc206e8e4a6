// The npm packages as a user gets them: packed by npm, and unpacked into the node_modules of a project.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { untar } from "../src/engine/device/tar.node.ts";

/** A tarball, and what npm says of it. */
export interface Tarball {
  path: string;
  /** In bytes, compressed. */
  size: number;
  files: string[];
}

const run = promisify(execFile);
const QUIET = { ...process.env, npm_config_update_notifier: "false", npm_config_loglevel: "error" };

async function npmPack(cwd: string, into: string, ...args: string[]): Promise<Tarball> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into, ...args], { cwd, env: QUIET });
  const found = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as object; // an array, or from npm 11 on by name
  const [{ filename, size, files }] = Object.values(found) as [{ filename: string; size: number;
    files: { path: string }[] }];
  return { path: join(into, filename), size, files: files.map(({ path }) => path) };
}

/** Builds purigrad into a folder of its own, since dist/ is in use by the tests, and packs it from there. */
export async function buildAndPack(into: string): Promise<Tarball> {
  const folder = mkdtempSync(join(into, "build-"));
  await run(process.execPath, [resolve("build.mjs"), "--types", "--out", join(folder, "dist")]);
  for (const name of ["package.json", "README.md", "LICENSE"]) cpSync(name, join(folder, name));
  return npmPack(folder, into, "--ignore-scripts");
}

/** The tarball that run.mjs has made for all files, or a new one. */
export const packPurigrad = async (into: string): Promise<Tarball> =>
  process.env.PURIGRAD_TEST_TARBALL ? JSON.parse(process.env.PURIGRAD_TEST_TARBALL) : buildAndPack(into);

/** Packs purigrad-assets as its own scripts do. */
export const packAssets = (into: string): Promise<Tarball> => npmPack(resolve("assets"), into);

/** An empty project. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "purigrad-project-"));

  constructor() {
    this.write("package.json", JSON.stringify({ type: "module" }));
  }

  /** Where a package lies, or a file of it. */
  module(name: string): string {
    return join(this.folder, "node_modules", name);
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Unpacks a tarball as npm does. */
  install(name: string, { path }: Tarball): void {
    for (const { name: file, bytes, mode } of untar(gunzipSync(readFileSync(path)))) {
      const to = join(this.module(name), file.replace(/^package\//, ""));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, bytes, { mode });
    }
  }

  /** A package of the repository's own node_modules. */
  link(name: string): void {
    mkdirSync(dirname(this.module(name)), { recursive: true });
    symlinkSync(resolve("node_modules", name), this.module(name));
  }

  /** As if it were not installed, also where a folder above the project has it. */
  hide(name: string): void {
    this.unlink(name);
    mkdirSync(this.module(name));
  }

  unlink(name: string): void {
    rmSync(this.module(name), { recursive: true });
  }

  /** What Node prints, run in the project; an error shows both streams, and keeps what it printed as `stdout`. */
  async node(...args: string[]): Promise<string> {
    const options = { cwd: this.folder, maxBuffer: 2 ** 26 };
    const { stdout } = await run(process.execPath, args, options).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        throw Object.assign(new Error(`${error.message}\n${error.stdout}${error.stderr}`), { stdout: error.stdout });
      },
    );
    return stdout.trim();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
