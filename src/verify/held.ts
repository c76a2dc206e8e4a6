import type { Engine } from "../engine/engine.ts";

/**
 * What is held on the GPU, and what the garbage collector has given back of it: no matter when the collector runs,
 * work that disposes of all it makes leaves these numbers as they were.
 */
export function held(gpu: Engine): { buffers: number; bytes: number; } {
  const { liveBuffers, liveBytes, collectedBuffers, collectedBytes } = gpu.memory();
  return { buffers: liveBuffers + collectedBuffers, bytes: liveBytes + collectedBytes };
}
