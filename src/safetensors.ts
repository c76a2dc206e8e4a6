// Safetensors files as bytes, on any platform and without an engine: `import { .. } from "purigrad/safetensors"`.

export { encodeSafetensors, parseSafetensors, safetensorsMetadata, type SafeTensor,
  type SafeTensors } from "./data/safetensors.ts";
export { loadSafetensors, saveSafetensors, type LoadedTensor, type SaveOptions } from "./model/weights.ts";
