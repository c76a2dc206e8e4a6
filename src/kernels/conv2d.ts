import type { Tensor } from "../engine/tensor.ts";
export type ConvOptions = { stride?: number | [number, number]; padding?: number | [number, number]; dilation?: number | [number, number]; groups?: number };
export function conv2d(_x: Tensor, _weight: Tensor, _bias?: Tensor, _options: ConvOptions = {}): Tensor { throw new Error("conv2d: being written"); }
