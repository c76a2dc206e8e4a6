// What a user waits for before the first training step: an engine that was just opened records the step and makes all
// its pipelines. The driver's own cache on disk counts; MESA_SHADER_CACHE_DISABLE=1 turns off that of Mesa.

import { createEngine, type EngineOptions } from "../src/index.ts";
import { makeWork } from "./work.ts";

export interface FirstUse {
  case: string;
  /** From the call to the first loss in the GPU's memory, one warm step taken off. */
  ms: number;
  /** A warm step. */
  step_ms: number;
  /** Pipelines made. */
  pipelines: number;
}

export async function firstUse(options: EngineOptions): Promise<FirstUse> {
  const gpu = await createEngine(options);
  try {
    const step = gpu.capture(makeWork(gpu, { kind: "train", net: "conv-cvae", batch: 128 }));
    await gpu.synchronize();
    const timed = async () => {
      const start = performance.now();
      await step.prepare();
      step();
      await gpu.synchronize();
      return performance.now() - start;
    };
    const first = await timed();
    const step_ms = Math.min(await timed(), await timed());
    return { case: "compile conv-cvae b128 step", ms: first - step_ms, step_ms, pipelines: gpu.pipelineCount };
  } finally {
    gpu.close();
  }
}
