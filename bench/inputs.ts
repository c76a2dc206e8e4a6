// The numbers that every engine of the bench computes on: the same formula in each worker, so that results can be
// compared. bench/peers/ holds the same generator for the peers.

import type { Engine, Shape, Tensor } from "../src/index.ts";

/** n numbers in [-scale, scale) by a linear congruential generator. */
export function rnd(n: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(n);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    values[i] = (s / 2 ** 32 - 0.5) * 2 * scale;
  }
  return values;
}

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Makes the inputs of one case and frees them together. */
export class Inputs {
  private readonly made: { dispose(): void }[] = [];

  constructor(readonly gpu: Engine) {}

  /** What `dispose` shall free too: parameters, an optimiser. */
  own<T extends { dispose(): void }>(made: T): T {
    this.made.push(made);
    return made;
  }

  tensor(data: Float32Array | Int32Array, shape: Shape, dtype: "f32" | "i32" = "f32"): Tensor {
    return this.own(this.gpu.keep(this.gpu.tensor(data, shape, dtype)));
  }

  /** Uniform in [-scale, scale). */
  uniform(shape: Shape, scale: number, seed: number): Tensor {
    return this.tensor(rnd(sizeOf(shape), scale, seed), shape);
  }

  full(shape: Shape, value: number): Tensor {
    return this.tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
  }

  /** Pixels in [0, 1). */
  images(shape: Shape, seed = 5): Tensor {
    return this.tensor(rnd(sizeOf(shape), 1, seed).map((v) => (v + 1) / 2), shape);
  }

  /** 0, 1, .., classes - 1, 0, 1, .. */
  labels(n: number, classes = 10): Tensor {
    return this.tensor(Int32Array.from({ length: n }, (_, i) => i % classes), [n], "i32");
  }

  dispose(): void {
    this.made.forEach((m) => m.dispose());
  }
}
