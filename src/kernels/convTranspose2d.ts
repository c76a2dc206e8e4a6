import type { Tensor } from "../engine/tensor.ts";
import type { ConvOptions } from "./conv2d.ts";
export function convTranspose2d(_x: Tensor, _weight: Tensor, _bias?: Tensor, _options: ConvOptions & { outputPadding?: number | [number, number] } = {}): Tensor { throw new Error("convTranspose2d: being written"); }
