// What tests share that work with an engine.

import type { Engine } from "../src/index.ts";

/** The message of what fn throws or rejects with. */
export async function messageOf(fn: () => unknown): Promise<string> {
  try {
    await fn();
    return "nothing was thrown";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Lets callbacks of finished GPU work and of the garbage collector run. */
export const turnOfEventLoop = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Gives an engine the random numbers of a new one of this seed. Tests that need these alone share one engine: a
 * software driver takes longer to compile the kernels than to run them on small networks.
 */
export const reseed = (gpu: Engine, seed = 0): void => gpu.random.restore([seed, 0, 0, 0]);
