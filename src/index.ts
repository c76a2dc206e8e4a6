// purigrad: the public API. Names as in PyTorch's functional API.

export { createEngine, linearGrid, type Engine, type EngineOptions } from "./engine/engine.ts";
export { Tensor, type DType, type Shape } from "./engine/tensor.ts";
export { grad, noGrad, stopGradient, valueAndGrad } from "./engine/tape.ts";
export { kernel, type Kernel } from "./engine/shader.ts";
export type { Captured } from "./engine/capture.ts";
export type { Generator } from "./engine/random.ts";
export * from "./kernels/index.ts";
export * from "./attacks/index.ts";
