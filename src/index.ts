// purigrad: the public API. Names as in PyTorch's functional API.

export { createEngine, type EngineOptions } from "./engine/create.ts";
export { linearGrid, type Engine } from "./engine/engine.ts";
export { Tensor, type DType, type Runtime, type Shape } from "./engine/tensor.ts";
export { grad, noGrad, stopGradient, valueAndGrad } from "./engine/grad/tape.ts";
export { kernel, type Kernel } from "./engine/run/shader.ts";
export type { Captured } from "./engine/run/capture.ts";
export type { Generator } from "./engine/random.ts";
export * from "./kernels/index.ts";
export { variance as var } from "./kernels/index.ts";
export { holdStatistics } from "./kernels/norm/held.ts";
export * from "./attacks/index.ts";
export { adam, adamw, constant, cosine, oneCycle, rmsprop, sgd, stepLr, triangle, type Optimizer,
  type Schedule } from "./model/optim.ts";
export { makeParameters, type ParameterSpec, type Parameters, type StateDict } from "./model/params.ts";
export { cnn, type Classifier } from "./model/networks/cnn.ts";
export { resnet18, resnet34, type NormalisedClassifier, type ResnetOptions } from "./model/networks/resnet.ts";
export { preactResnet18 } from "./model/networks/preact-resnet.ts";
export { spatialAutoencoder, type SpatialOptions } from "./model/networks/spatial.ts";
export { convAutoencoder, convMlpAutoencoder, mlpAutoencoder, purify,
  type Autoencoder } from "./model/networks/autoencoder.ts";
export { clipGradNorm, type Clipped } from "./model/clip.ts";
export { accuracy } from "./model/accuracy.ts";
export { kmeans, type KMeansOptions } from "./model/kmeans.ts";
export { applyConv, applyConvTranspose, applyLinear, convSpec, convTransposeSpec, linearSpec } from "./model/layers.ts";
export { loadPretrained, type DefenceName, type PretrainedName, type Purifier } from "./model/networks/pretrained.ts";
export { loadSafetensors, saveSafetensors, type LoadedTensor } from "./model/weights.ts";
export { cvaeLoss, daeLoss, vaeLoss } from "./model/losses.ts";
export { fit, trainingStep } from "./model/train.ts";
export { compareAudits, evaluateDefence, type Audit, type AuditRow } from "./evaluate/audit/audit.ts";
export type { CheckResult, Mark } from "./evaluate/audit/checks.ts";
export type { AuditOptions, Subject } from "./evaluate/audit/options.ts";
export { attackTable, auditSentence, checkTable } from "./evaluate/audit/tables.ts";
export { markdownTable, textTable, type Table } from "./report/table.ts";
export type * from "./types.ts";
