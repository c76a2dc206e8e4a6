// The page's weights are stored in 8 bits a number: see inEightBits of assets.mjs, which writes them.

import { parseSafetensors, safetensorsMetadata, type SafeTensor } from "../src/data/safetensors.ts";
import type { LoadedTensor } from "../src/model/weights.ts";

/** Row r of an I8 tensor times the r-th of its scales: within half a scale of what it was. */
function scaled({ shape, data }: SafeTensor, scale: SafeTensor): LoadedTensor {
  const size = data.length / shape[0]!;
  return { dtype: "F32", shape, data: Float32Array.from(data as Int8Array, (v, i) =>
    v * (scale.data as Float32Array)[Math.floor(i / size)]!) };
}

/** The tensors of such a file as float32, and what it says of how it was made. */
export function fromEightBits(bytes: Uint8Array, name: string): { state: Record<string, LoadedTensor>;
  origin: string } {
  const origin = safetensorsMetadata(bytes, name).purigrad;
  if (!origin) throw new Error(`${name}: it does not say how it was made; build the lab again`);
  const tensors = parseSafetensors(bytes, name);
  const state = Object.entries(tensors).filter(([key]) => !key.endsWith(".scale")).map(([key, t]) =>
    [key, t.dtype === "I8" ? scaled(t, tensors[`${key}.scale`]!) : (t as LoadedTensor)] as const);
  return { state: Object.fromEntries(state), origin };
}
