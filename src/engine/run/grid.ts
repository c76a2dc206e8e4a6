// How many workgroups a kernel needs.

/** Workgroups in x, y and z; at most 65,535 in each. */
export type Grid = readonly [number, number?, number?];

/** Workgroups for n threads in a row, `workgroup` threads each, within the limit of 65,535 a dimension. */
export function linearGrid(n: number, workgroup = 64): Grid {
  const groups = Math.max(1, Math.ceil(n / workgroup));
  const x = Math.min(groups, 65535);
  return [x, Math.ceil(groups / x)];
}

/**
 * Grid and workgroup size for kernels whose threads walk over n things in strides of all threads. Against one thing a
 * thread in workgroups of 64 relu took 0.65 of the time on lavapipe and 0.7 on SwiftShader; few things take 64 threads.
 */
export function sweep(n: number): { grid: Grid; WG: number } {
  const WG = n < 1024 ? 64 : 256;
  return { grid: [Math.max(1, Math.min(1024, Math.ceil(n / WG)))], WG };
}
