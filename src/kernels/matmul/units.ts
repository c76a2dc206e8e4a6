// Kernels of shaders/matmul/matrix_units.wgsl: what matrix products and convolutions share of them.

import source from "../../../shaders/matmul/matrix_units.wgsl";
import { kernel, type Constants, type Kernel } from "../../engine/run/shader.ts";
import type { MatrixUnit } from "../../engine/device/matrix-unit.ts";
import type { Runtime } from "../../engine/tensor.ts";

/** A kernel whose A, B and C are as `parts` say. */
export const unitsKernel = (parts: string[]): Kernel =>
  kernel("shaders/matmul/matrix_units.wgsl", source, { parts });

/** A tile by its constants, and its rows and columns. */
export interface UnitsTile {
  name: string;
  constants: Constants;
  rows: number;
  columns: number;
}

const DEEP = 32;

/** Bytes of workgroup memory: two slices of A and of B, at most if they lie along k, and a unit for each subgroup. */
const bytesOf = (rows: number, columns: number, subgroups: number, { M, N }: MatrixUnit): number =>
  4 * (rows + columns) * (DEEP + 8) + 4 * subgroups * M * N;

/**
 * Tiles of `down` x 2 subgroups, each of 2 x `across` units, that run on this adapter; none where it has no units.
 * 4 x 2 and 4: 128 x 128 numbers with units of 16 x 16.
 */
export function unitsTiles(gpu: Runtime, shapes: readonly (readonly [down: number, across: number])[]): UnitsTile[] {
  const { matrixUnit: unit, subgroupSize: LANES, device: { limits } } = gpu;
  if (!unit) return [];
  return shapes.map(([DOWN, UNITS]) => {
    const [rows, columns] = [2 * unit.M * DOWN, 2 * unit.N * UNITS];
    return { name: `matrix ${rows}x${columns}`, rows, columns,
      constants: { LANES, UM: unit.M, UN: unit.N, UK: unit.K, DOWN, UNITS } };
  }).filter(({ rows, columns, constants: { DOWN } }) => {
    const subgroups = 2 * Number(DOWN);
    return bytesOf(rows, columns, subgroups, unit) <= limits.maxComputeWorkgroupStorageSize &&
      subgroups * LANES <= limits.maxComputeInvocationsPerWorkgroup;
  });
}

/**
 * The tile for a convolution of `channels` output channels, sums of `terms` products; none for less than 64 of both
 * (with units of 16 x 16), where the tiled kernels are ahead: 1.8 to 2.3 times on an H200.
 */
export function unitsForConv(gpu: Runtime, channels: number, terms: number): UnitsTile[] {
  const unit = gpu.matrixUnit;
  if (!unit || channels < 4 * unit.M || terms < 4 * unit.K) return [];
  return unitsTiles(gpu, [[channels > 4 * unit.M ? 4 : 2, 4]]);
}
