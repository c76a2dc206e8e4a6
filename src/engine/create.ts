// Opening an engine: the adapter, its features and its limits.

import { destroyAtExit, findAdapter } from "#adapter";
import type { AdapterWish } from "./device/adapter.ts";
import { MATRICES } from "./device/matrix-unit.ts";
import { Engine, type EngineSettings } from "./engine.ts";
import type { Precision } from "./tensor.ts";

/** What an engine asks for where the adapter has it. */
const featuresFor = (precision: Precision): GPUFeatureName[] =>
  ["timestamp-query", "subgroups", "shader-f16", ...(precision === "f16" ? [MATRICES] : [])] as GPUFeatureName[];

/** What createEngine takes; every field has a default. */
export interface EngineOptions {
  /** Which kind of adapter to use; "auto" takes the best there is. */
  adapter?: AdapterWish;
  /** Seed of the engine's generator, 0 to 2^53 - 1. */
  seed?: number;
  /** What the pool of unused buffers may keep, in bytes: 64 MB unless more was live at once. */
  poolBytes?: number;
  /** What tensors and the pool may take together, in bytes; no limit but the driver's by default. */
  memoryLimit?: number;
  /**
   * "f16": matrix products and convolutions, forward and backward, may round their operands to half precision where
   * that is faster; they sum in float32, and tensors stay float32. "f32", the default, rounds nothing.
   *
   * A rounded operand is off by 2^-11 of itself; above 65504 it becomes infinite, so an overflow shows as infinities
   * or NaN; below 6.1e-5 it loses bits, below 3e-8 it is zero. Gradients are not scaled: where they are so small,
   * multiply the loss and divide the gradients. Needs the WebGPU feature shader-f16.
   */
  precision?: Precision;
}

/** Opens an engine on the best adapter there is (or on the kind asked for). Throws one sentence where there is none. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const settings = checkOptions(options);
  const choice = await findAdapter(options.adapter ?? "auto");
  const { adapter } = choice;
  if (settings.precision === "f16" && !adapter.features.has("shader-f16")) throw new Error(`createEngine: precision ` +
    `"f16" needs the WebGPU feature shader-f16, which ${choice.name} does not have; leave precision out`);
  const device = await adapter.requestDevice({
    requiredFeatures: featuresFor(settings.precision).filter((f) => adapter.features.has(f)),
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
    },
  });
  destroyAtExit(device);
  const engine = new Engine(device, choice, settings);
  await engine.tuner.load();
  return engine;
}

const NAMES = ["adapter", "seed", "poolBytes", "memoryLimit", "precision"];

function checkOptions(options: EngineOptions): EngineSettings {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown) throw new Error(`createEngine: no option named ${unknown}; there are ${NAMES.join(", ")}`);
  const { seed = 0, poolBytes = 64 * 2 ** 20, memoryLimit = Infinity, precision = "f32" } = options;
  for (const [name, bytes] of Object.entries({ poolBytes, memoryLimit }))
    if (!(typeof bytes === "number" && bytes >= 0)) throw new Error(`createEngine: ${name} is ${String(bytes)}; a ` +
      `number of bytes from 0 is due`);
  if (precision !== "f32" && precision !== "f16") throw new Error(`createEngine: precision is ${String(precision)}; ` +
    `"f32" or "f16" is due`);
  return { seed, poolBytes, memoryLimit, precision };
}
