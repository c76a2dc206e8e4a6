// Subgroup matrices, an extension that Dawn tries out: which of the adapter's units kernels of half precision take.

/** The feature; `subgroupMatrixConfigs` of the adapter's info lists its units. */
export const MATRICES = "chromium-experimental-subgroup-matrix";

/** What a matrix unit of a subgroup multiplies: M x K times K x N numbers of half precision, summed in float32. */
export interface MatrixUnit extends Record<"M" | "N" | "K", number> {}

interface Config extends MatrixUnit {
  componentType: string;
  resultComponentType: string;
}

/** The largest unit of f16 operands and f32 sums with sides of 8 or 16; null where there is none. */
export function matrixUnitOf(info: GPUAdapterInfo): MatrixUnit | null {
  const { subgroupMatrixConfigs: configs = [] } = info as { subgroupMatrixConfigs?: Iterable<Config> };
  const fitting = [...configs].filter(({ componentType, resultComponentType, M, N, K }) =>
    componentType === "f16" && resultComponentType === "f32" && [M, N, K].every((side) => side === 8 || side === 16));
  const size = ({ M, N, K }: MatrixUnit) => M * N * K;
  const [first] = fitting.sort((a, b) => size(b) - size(a));
  return first ? { M: first.M, N: first.N, K: first.K } : null;
}
