// Opening an engine: the adapter, its features and its limits.

import { findAdapter } from "#adapter";
import type { AdapterWish } from "./device/adapter.ts";
import { Engine } from "./engine.ts";

const FEATURES = ["timestamp-query", "subgroups", "shader-f16"] as const;

export interface EngineOptions {
  /** Which kind of adapter to use; "auto" takes the best there is. */
  adapter?: AdapterWish;
  /** Seed of the engine's generator, 0 to 2^53 - 1. */
  seed?: number;
}

/** Opens an engine on the best adapter there is (or on the kind asked for). Throws one sentence where there is none. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const choice = await findAdapter(options.adapter ?? "auto");
  const { adapter } = choice;
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((f) => adapter.features.has(f as GPUFeatureName)) as GPUFeatureName[],
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
    },
  });
  const engine = new Engine(device, choice, options.seed ?? 0);
  await engine.tuner.load();
  return engine;
}
