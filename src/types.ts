// Types that the signatures of index.ts name and users may want to: options, results, parts of them. Exported as types
// alone, so they weigh nothing.

export type { Ended as ApgdResult } from "./attacks/apgd.ts";
export type { Norm as AttackNorm } from "./attacks/hyperplane.ts";
export type { ImageSet, ImageShape } from "./data/images.ts";
export type { AdapterChoice, AdapterKind, AdapterWish } from "./engine/device/adapter.ts";
export type { MatrixUnit } from "./engine/device/matrix-unit.ts";
export type { Tape, ValueAndGrad } from "./engine/grad/tape.ts";
export type { HostArray, HostData, Nested, TypedArray } from "./engine/host.ts";
export type { MemoryStats } from "./engine/memory/pool.ts";
export type { NestedNumbers } from "./engine/print.ts";
export type { Input as CaptureInput, Tensors as CaptureTensors } from "./engine/run/capture.ts";
export type { Grid } from "./engine/run/grid.ts";
export type { KernelTime, Profile, Span as KernelSpan } from "./engine/run/profiler.ts";
export type { CaptureMemory } from "./engine/run/recording.ts";
export type { Binding as KernelBinding, Constants as KernelConstants, Field as KernelField } from
  "./engine/run/shader.ts";
export type { Backward, Draws, Precision, Recordable, Variant } from "./engine/tensor.ts";
export type { Taken as TunerChoice, Tuner } from "./engine/tuner.ts";
export type { AuditPlan, Verdicts } from "./evaluate/audit/audit.ts";
export type { AuditNorm } from "./evaluate/audit/attacks.ts";
export type { BlockResult as AuditBlock, OpenBlock as AuditOpenBlock } from "./evaluate/audit/block.ts";
export type { AuditContext, AuditSettings } from "./evaluate/audit/options.ts";
export type { Verdict } from "./evaluate/audit/evidence.ts";
export type { Interval } from "./evaluate/stats.ts";
export type { BoundedShare } from "./evaluate/verdicts.ts";
export type { Dims, Reduction } from "./kernels/check.ts";
export type { Operand } from "./kernels/pointwise/binary.ts";
export type { Pair } from "./kernels/pool/window.ts";
export type { ArgOptions } from "./kernels/reduce/extreme.ts";
export type { ReduceOptions } from "./kernels/reduce/sum.ts";
export type { ConvAutoencoderOptions, Latent, MlpAutoencoderOptions } from "./model/networks/autoencoder.ts";
export type { CnnOptions } from "./model/networks/cnn.ts";
export type { NormalisedOptions } from "./model/networks/normalised.ts";
export type { ReadWeights } from "./model/networks/pretrained.ts";
export type { AdamOptions, OneCycleOptions, RmspropOptions, SgdOptions } from "./model/optim.ts";
export type { GivenState, ParameterInit } from "./model/params.ts";
export type { Batch as TrainingBatch, Data as TrainingData, FitOptions, Step as TrainingStep } from "./model/train.ts";
export type { Begin as ProgressBegin, BeginOptions as ProgressOptions, Progress } from "./report/progress.ts";
export type { Cell as TableCell, Column as TableColumn, Measured, TextOptions } from "./report/table.ts";
