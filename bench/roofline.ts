// The roofline of this adapter, measured: how fast anything can move bytes or multiply and add here.

import { matmul, type Engine, type Tensor } from "../src/index.ts";
import { linearGrid } from "../src/engine/engine.ts";
import { kernel } from "../src/engine/run/shader.ts";
import type { Roofline } from "../src/readme/bench-results.ts";
import source from "./roofline.wgsl";

/** y [threads]; see the shader. */
export const fma = kernel("bench/roofline.wgsl", source);
/** z = x, both of whole workgroups of COPIED bytes. */
export const copy = kernel("bench/roofline.wgsl", source, { entry: "copy" });
const COPIED = 16 * 1024;
const FMAS_A_ROUND = 192;
const MIB = 2 ** 20;

/** Sizes that take some milliseconds on a GPU and some tens on a CPU; buffers larger than their caches. */
const SIZES = {
  hardware: { copy: 256 * MIB, copies: 8, threads: 2 ** 20, rounds: 512, matmul: 1024 },
  software: { copy: 48 * MIB, copies: 1, threads: 2 ** 14, rounds: 128, matmul: 512 },
};
const SAMPLES = 7;

/** The copy, the FMA loop and the matmul, each the fastest of its samples: a ceiling, not a mean. */
export async function measureRoofline(gpu: Engine): Promise<Roofline> {
  const sizes = SIZES[gpu.adapter.kind === "hardware" ? "hardware" : "software"];
  return {
    copy_gbps: await rate(gpu, ...copies(gpu, sizes.copy, sizes.copies)),
    fma_gflops: await rate(gpu, ...fmas(gpu, sizes.threads, sizes.rounds)),
    matmul_gflops: await rate(gpu, ...product(gpu, sizes.matmul)),
  };
}

/** What one call does, and how many bytes or operations that are. */
type Load = [call: () => Tensor, amount: number];

function copies(gpu: Engine, bytes: number, count: number): Load {
  const limit = Math.min(bytes, gpu.device.limits.maxStorageBufferBindingSize);
  const groups = Math.min(65535, Math.floor(limit / COPIED));
  const [x, z] = [gpu.full([(groups * COPIED) / 4], 1), gpu.empty([(groups * COPIED) / 4])];
  const call = () => {
    for (let i = 0; i < count; i++) gpu.run(copy, { x, z }, {}, [groups]);
    return z;
  };
  return [call, count * 2 * groups * COPIED];
}

function fmas(gpu: Engine, threads: number, rounds: number): Load {
  const y = gpu.empty([threads]);
  const call = () => {
    gpu.run(fma, { y }, { rounds, m: 0.999, a: 0.001 }, linearGrid(threads));
    return y;
  };
  return [call, 2 * FMAS_A_ROUND * rounds * threads];
}

function product(gpu: Engine, n: number): Load {
  const [a, b] = [gpu.full([n, n], 0.5), gpu.full([n, n], 0.5)];
  return [() => matmul(a, b), 2 * n ** 3];
}

/** Giga-units a second of the fastest of several calls. */
async function rate(gpu: Engine, call: () => Tensor, amount: number): Promise<number> {
  const step = gpu.capture(call);
  let best = Infinity;
  for (let i = 0; i <= SAMPLES; i++) {
    const start = performance.now();
    step();
    await gpu.synchronize();
    best = Math.min(best, performance.now() - start);
  }
  step.dispose();
  return amount / best / 1e6;
}

/**
 * Share, at most about 1, of this adapter's roofline: the time that it needs for these operations and bytes, by the
 * time taken.
 */
export function rooflineShare({ ms, flops = 0, bytes = 0 }: { ms: number; flops?: number; bytes?: number; },
  roofline: Roofline): number | null {
  const needed = Math.max(flops / roofline.fma_gflops, bytes / roofline.copy_gbps) / 1e6;
  return needed > 0 ? needed / ms : null;
}
