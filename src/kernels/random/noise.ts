// Random tensors, made by Philox in the kernel that writes them.

import source from "../../../shaders/random/noise.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import type { Draws, Runtime as Engine } from "../../engine/tensor.ts";
import { philox, type Generator } from "../../engine/random.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkDType, fail } from "../check.ts";

const [normal, uniform, add, addBackward] = ["normal", "uniform_", "add", "add_backward"].map((entry) =>
  kernel("shaders/random/noise.wgsl", source, { entry, parts: [philox] }),
);

function fill(op: string, gpu: Engine, k: typeof normal, shape: Shape, lo: number, hi: number, generator: Draws): Tensor {
  if (shape.some((n) => !Number.isInteger(n) || n < 0)) fail(op, `shape [${shape}] has a size that is no whole number`);
  const y = gpu.empty(shape);
  const n4 = quadsOf(shape);
  gpu.run(k!, { draw: generator.draw(), y }, { n4, N: 1, P: 1, lo, hi }, linearGrid(n4));
  return y;
}

/** Standard normal numbers. Like every random op it draws anew at each replay of a capture. */
export const randn = (gpu: Engine, shape: Shape, generator: Draws = gpu.random): Tensor => fill("randn", gpu, normal, shape, 0, 1, generator);

/** Uniform numbers between lo and hi. */
export const rand = (gpu: Engine, shape: Shape, lo = 0, hi = 1, generator: Draws = gpu.random): Tensor => fill("rand", gpu, uniform, shape, lo, hi, generator);

export interface AddNoiseOptions {
  /** Bounds of the result; no bounds by default. */
  clamp?: readonly [number, number];
  /** Where the noise comes from; the engine's generator by default. */
  generator?: Generator;
}

const LARGEST = 3.4028234e38;

/**
 * clamp(x + std * N(0, 1)) with new standard normal noise. std is a number, or a tensor [N] with one for each image of
 * x [N, ...] (it gets no gradient). The gradient passes where the clamp does not act.
 */
export function addNoise(x: Tensor, std: number | Tensor, { clamp = [-LARGEST, LARGEST], generator }: AddNoiseOptions = {}): Tensor {
  checkDType("addNoise", "x", x, "f32");
  const gpu = x.gpu;
  const each = typeof std === "number" ? gpu.full([1], std) : std;
  if (each.size !== 1 && each.size !== x.shape[0]) fail("addNoise", "std has neither one element nor one for each image of x", { x, std: each });
  const [lo, hi] = clamp;
  const params = { n4: quadsOf(x.shape), N: each.size, P: Math.max(1, x.size / each.size), lo, hi };
  const tensors = { x, sigma: each, draw: (generator ?? gpu.random).draw() };
  const y = gpu.empty(x.shape);
  gpu.run(add!, { ...tensors, y }, params, linearGrid(params.n4));
  return record("addNoise", y, [x], (dy) => {
    const dx = gpu.empty(x.shape);
    gpu.run(addBackward!, { ...tensors, dy, dx }, params, linearGrid(params.n4));
    return [dx];
  });
}
