// Random tensors, made by Philox in the kernel that writes them.

import special from "../../../shaders/pointwise/special.wgsl";
import source from "../../../shaders/random/noise.wgsl";
import { checkShape as checkSizes } from "../../engine/host.ts";
import { record } from "../../engine/grad/tape.ts";
import { philox } from "../../engine/random.ts";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import { quadsOf, type Draws, type Runtime, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkOptions, checkTensor, fail } from "../check.ts";

const entry = (name: string) => kernel("shaders/random/noise.wgsl", source, { entry: name, parts: [philox, special] });
const [normal, uniform, add, addBackward] = [entry("normal"), entry("uniform_"), entry("add"), entry("add_backward")];

function fill(op: string, gpu: Runtime, k: Kernel, shape: Shape, lo: number, hi: number, generator?: Draws): Tensor {
  if (typeof gpu?.empty !== "function") fail(op, "the first argument is no engine; as in randn(gpu, [2, 3])");
  checkSizes(op, shape);
  return gpu.scope(() => {
    const y = gpu.empty(shape);
    const n4 = quadsOf(shape);
    gpu.run(k, { draw: (generator ?? gpu.random).draw(), y }, { n4, N: 1, P: 1, lo, hi }, linearGrid(n4));
    return y;
  });
}

/** Standard normal numbers, of any shape. Like every random op it draws anew at each replay of a capture. */
export const randn = (gpu: Runtime, shape: Shape, generator?: Draws): Tensor =>
  fill("randn", gpu, normal, shape, 0, 1, generator);

/** Uniform numbers between lo and hi, of any shape. */
export function rand(gpu: Runtime, shape: Shape, lo = 0, hi = 1, generator?: Draws): Tensor {
  checkNumber("rand", "lo", lo);
  checkNumber("rand", "hi", hi, lo);
  return fill("rand", gpu, uniform, shape, lo, hi, generator);
}

/** Bounds and source of the noise of addNoise. */
export interface AddNoiseOptions {
  /** Bounds of the result; no bounds by default. */
  clamp?: readonly [number, number];
  /** Where the noise comes from; the engine's generator by default. */
  generator?: Draws;
}

function checkBounds(clamp: unknown): [number, number] {
  if (!Array.isArray(clamp) || clamp.length !== 2) fail("addNoise", "clamp is no pair; [lowest, highest] is due");
  const lo = checkNumber("addNoise", "clamp[0]", clamp[0]);
  return [lo, checkNumber("addNoise", "clamp[1]", clamp[1], lo)];
}

/** One standard deviation for all, or one for each image of x. */
function checkStd(x: Tensor, std: number | Tensor): Tensor {
  if (typeof std === "number") return x.gpu.full([1], checkNumber("addNoise", "std", std, 0));
  checkTensor("addNoise", "std", std);
  if (std.size !== 1 && std.size !== x.shape[0])
    fail("addNoise", "std has neither one element nor one for each image of x", { x, std });
  return std;
}

/**
 * clamp(x + std * N(0, 1)) with new standard normal noise. std is a number >= 0, or a tensor [N] with one for each
 * image of x [N, ...] (it gets no gradient). The gradient passes where the clamp does not act.
 */
export function addNoise(x: Tensor, std: number | Tensor, options: AddNoiseOptions = {}): Tensor {
  checkTensor("addNoise", "x", x);
  checkOptions("addNoise", options, ["clamp", "generator"]);
  const { clamp, generator } = options;
  const [lo, hi] = clamp ? checkBounds(clamp) : [-Infinity, Infinity];
  const { gpu } = x;
  return gpu.scope(() => {
    const sigma = checkStd(x, std);
    const params = { n4: quadsOf(x.shape), N: sigma.size, P: Math.max(1, x.size / sigma.size), lo, hi };
    const tensors = { x, sigma, draw: (generator ?? gpu.random).draw() };
    const y = gpu.empty(x.shape);
    gpu.run(add, { ...tensors, y }, params, linearGrid(params.n4));
    return record("addNoise", y, [x], (dy) => {
      if (!clamp) return [dy];
      const dx = gpu.empty(x.shape);
      gpu.run(addBackward, { ...tensors, dy, dx }, params, linearGrid(params.n4));
      return [dx];
    });
  });
}
