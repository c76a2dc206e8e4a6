// The engines of `npm run bench:peers` and how their workers are started.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isWebGpu } from "../../src/readme/peers.ts";
import { findPython } from "../pytorch/python.ts";
import type { Driver } from "./driver.ts";
import { Worker, type Ready } from "./workers.ts";

/** On WebGPU, and PyTorch. */
export const USUAL = ["purigrad", "tfjs", "jax", "ort", "torch"] as const;
/** What the same packages do without a GPU; only where they are asked for. */
export const ENGINES = [...USUAL, "tfjs-wasm", "jax-wasm", "ort-cpu"] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Engine extends Ready {
  worker: Worker;
}

/** Of the JavaScript peers, which need bench/peers/node_modules. */
export const isScript = (name: EngineName): boolean => name !== "purigrad" && name !== "torch";

const ONE_THREAD = { LP_NUM_THREADS: "1", OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/**
 * Starts the engines one after another; what is left out is said. `dist` holds purigrad's worker, `peers` the others.
 */
export async function startEngines(names: readonly EngineName[],
  place: { dist: string; peers: string; driver: Driver; core: number | null; },
  say: (line: string) => void): Promise<Engine[]> {
  const commands = names.flatMap((name) => commandsOf(name, place));
  if (names.includes("torch") && !commands.some(runsTorch)) say("PyTorch is left out: no python3 here has torch and " +
    "numpy (looked at $PYTHON, python3, /usr/bin/python3)");
  const engines: Engine[] = [];
  for (const command of commands) {
    if (command.includes("--tf32") && !engines.some((e) => e.engine === "torch-cuda")) continue;
    engines.push(await startEngine(command, place));
  }
  checkAdapters(engines, place.driver);
  return engines;
}

const runsTorch = (command: readonly string[]): boolean => command.some((part) => part.endsWith("torch.py"));

function commandsOf(name: EngineName,
  { dist, peers, driver }: { dist: string; peers: string; driver: Driver; }): string[][] {
  if (name === "purigrad") return [[process.execPath, join(dist, "bench-worker.js"), driver.wish]];
  if (name !== "torch") return [scriptOf(name, peers)];
  const python = findPython();
  return python ? [[python, join(peers, "torch.py")], [python, join(peers, "torch.py"), "--tf32"]] : [];
}

/** `tfjs-wasm`: tfjs.mjs --wasm. */
function scriptOf(name: EngineName, peers: string): string[] {
  const [script, on] = name.split("-");
  return [process.execPath, join(peers, `${script}.mjs`), ...(on ? [`--${on}`] : [])];
}

async function startEngine(command: string[],
  { peers, driver, core }: { peers: string; driver: Driver; core: number | null; }): Promise<Engine> {
  const pinned = core === null ? command : ["taskset", "-c", String(core), ...command];
  const worker = new Worker(pinned, { ...process.env, ...driver.env, ...(core === null ? {} : ONE_THREAD) }, peers);
  try {
    return { ...(await worker.start())!, worker };
  } catch (error) {
    const script = command.find((part) => /\.(mjs|js|py)$/.test(part))!;
    throw new Error(
      `bench:peers: ${script.split("/").at(-1)} does not start (${
        (error as Error).message
      }); leave it out with --engines, or see bench/peers/README.md`,
      { cause: error },
    );
  }
}

function checkAdapters(engines: readonly Engine[], { adapter }: Driver): void {
  for (const { engine, adapter: theirs } of engines) {
    if (!isWebGpu(engine) || !theirs || theirs === adapter) continue;
    throw new Error(`bench:peers: ${engine} runs on ${theirs}, purigrad on ${adapter}, so they cannot be compared; ` +
      `name the driver with VK_DRIVER_FILES`);
  }
}

/** Whether processes can be bound to a core with `taskset -c`. */
export const canPin = (core: number): boolean =>
  spawnSync("taskset", ["-c", String(core), "true"], { stdio: "ignore" }).status === 0;
