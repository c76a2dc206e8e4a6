// Random numbers: counter-based (Philox 4x32-10), made inside the kernel that uses them. The counter lives in a small
// GPU buffer, so a captured step draws new numbers at every replay, and the same seed gives the same numbers.

import source from "../../shaders/random/draw.wgsl";
import philoxSource from "../../shaders/random/philox.wgsl";
import { kernel } from "./run/shader.ts";
import type { Draws, Runtime, Tensor } from "./tensor.ts";

const drawKernel = kernel("shaders/random/draw.wgsl", source);

/** The Philox functions, appended to every kernel that draws: `kernel(file, code, { parts: [philox] })`. */
export const philox: string = philoxSource;

/**
 * Random numbers on the GPU: a key of two numbers (the seed) and a counter of two, which every draw moves on, also
 * in a replay. Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
export class Generator implements Draws {
  private readonly state: Tensor;

  constructor(private readonly gpu: Runtime, seed: number) {
    if (!Number.isInteger(seed) || seed < 0) throw new Error(`seed: ${seed} given; a whole number from 0 to 2^53 - 1 ` +
      `is due`);
    this.state = gpu.keep(gpu.tensor([seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0, 0], [4], "u32"));
  }

  /**
   * A ticket of shape [4] for one random tensor: key and counter. Kernels bind it as `draw`; a backward pass that
   * binds the forward's ticket gets the forward's numbers.
   */
  draw(): Tensor {
    const draw = this.gpu.empty([4], "u32");
    this.gpu.run(drawKernel, { state: this.state, draw }, {}, [1]);
    return draw;
  }

  /** Key and counter, for a checkpoint. */
  async save(): Promise<number[]> {
    return [...(await this.state.data<Uint32Array>())];
  }

  restore(saved: readonly number[]): void {
    if (saved.length !== 4) throw new Error(`generator: a saved state has 4 numbers, ${saved.length} given`);
    this.gpu.write(this.state, saved);
  }
}
