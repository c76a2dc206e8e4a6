// The families of a heavy kernel, in the order of preference for an adapter: the tuner takes the first that runs until
// it has measured. Software adapters load slowly and share by subgroup broadcast; GPUs share by workgroup memory, and
// some have units that multiply matrices of half precision.

import type { Precision, Runtime, Variant } from "../../engine/tensor.ts";

/** Workgroups that fill a GPU. */
export const FILL = 256;

/** Workgroups that one dimension of a grid holds. */
export const MOST = 65535;

/** Whole vec4s: other products have no fast kernel. */
export const whole = (n: number): boolean => n % 4 === 0;

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

export const onHardware = (gpu: Runtime): boolean => gpu.adapter.kind === "hardware";

/** Whether kernels that need subgroups of exactly `subgroupSize` lanes, 4 to 16, run here. */
export const broadcasts = (gpu: Runtime): boolean => gpu.subgroupSize >= 4 && gpu.subgroupSize <= 16;

/**
 * What tiles in workgroup memory hold. As f16 they gain nothing on an H200 (0.85 to 1.0 of the speed of f32), which has
 * matrix units besides: only an adapter without units holds f16.
 */
export const heldOf = (gpu: Runtime): Precision => (gpu.matrixUnit ? "f32" : gpu.precision);

/** Those of `matrix`, `subgroup`, `tiled` and the one of `plain`, the adapter's own family first. */
export function byFamily<V = Variant>(gpu: Runtime,
  families: { matrix?: V[]; subgroup: V[]; tiled: V[]; plain: V }): V[] {
  const { matrix = [], subgroup, tiled, plain } = families;
  return onHardware(gpu) ? [...matrix, ...tiled, ...subgroup, plain] : [...subgroup, plain, ...tiled, ...matrix];
}

/** Channels or rows of a subgroup's tile: 4, 8 or 16. */
export const subgroupRows = (n: number): number => (n > 8 ? 16 : n > 4 ? 8 : 4);

/** Thread rows of a workgroup that makes four channels a row: 4, 8 or 16. */
export const threadRows = (channels: number): number => (channels > 32 ? 16 : channels > 16 ? 8 : 4);

/** Sizes rounded up to powers of two: shapes of one class share the tuner's choice. */
export const classOf = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));
