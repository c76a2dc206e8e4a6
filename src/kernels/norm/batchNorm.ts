import source from "../../../shaders/norm/batch_norm.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import { quadsOf, sizeOf, type Tensor } from "../../engine/tensor.ts";
import { checkFlag, checkNumber, checkOptions, checkShape, checkTensor, fail } from "../check.ts";
import { onHardware } from "../matmul/families.ts";
import { statisticsAreHeld } from "./held.ts";
import { reduceMiddle } from "../reduce/reduceAxes.ts";

const entry = (name: string) => kernel("shaders/norm/batch_norm.wgsl", source, { entry: name, parts: [negative] });
const welford = entry("welford");
const merge = entry("merge");
const mergeRunning = entry("merge_running");
const frozen = entry("frozen");
const forward = entry("forward");
const sums = entry("sums");
const backward = entry("backward");
const backwardFrozen = entry("backward_frozen");

/** Statistics of batchNorm and how they move. */
export interface BatchNormOptions {
  /** Running statistics [C]: read where not training, else updated in place (with the unbiased variance). */
  runningMean?: Tensor;
  runningVar?: Tensor;
  /** Normalise with the batch's own statistics and move the running ones towards them; else use the running ones. */
  training?: boolean;
  /** Share of the batch in the new running statistics; 0 leaves them as they are. */
  momentum?: number;
  eps?: number;
  /** max(y, 0) in the same kernel. */
  relu?: boolean;
}

/** Parts of a channel's sum at most, and numbers in one at least: a part costs as much as some loads. */
const [PARTS, LEAST] = [256, 16];

const OPTIONS = ["runningMean", "runningVar", "training", "momentum", "eps", "relu"];

function check(x: Tensor, weight: Tensor | null | undefined, bias: Tensor | null | undefined,
  options: BatchNormOptions): void {
  checkOptions("batchNorm", options, OPTIONS);
  checkTensor("batchNorm", "x", x);
  if (x.shape.length < 2) fail("batchNorm", "x needs a batch and a channel dimension: [N,C] or [N,C,H,W]", { x });
  const { runningMean, runningVar, training = false, relu = false, momentum = 0.1, eps = 1e-5 } = options;
  const given = { ...(weight && { weight }), ...(bias && { bias }), ...(runningMean && { runningMean }),
    ...(runningVar && { runningVar }) };
  for (const [name, t] of Object.entries(given))
    checkShape("batchNorm", name, checkTensor("batchNorm", name, t), [x.shape[1]!]);
  checkFlag("batchNorm", "training", training);
  checkFlag("batchNorm", "relu", relu);
  checkNumber("batchNorm", "momentum", momentum, 0, 1);
  checkNumber("batchNorm", "eps", eps, 0);
}

function sizes(x: Tensor, eps: number, momentum: number) {
  const [N, C] = x.shape as [number, number];
  const L = sizeOf(x.shape.slice(2));
  const S = Math.min(L, 64);
  const G = Math.min(PARTS, (N * L) / LEAST) / S;
  return { N, C, L, S, G: Math.min(N, Math.max(1, Math.floor(G))), n4: quadsOf(x.shape), eps, momentum };
}

/** (mean, 1 / sqrt(var + eps)) of each channel, [C,2]. */
function statistics(x: Tensor, mean: Tensor | undefined, variance: Tensor | undefined, training: boolean,
  params: ReturnType<typeof sizes>): Tensor {
  const gpu = x.gpu;
  const { N, C, L, G, S } = params;
  const stats = gpu.empty([C, 2]);
  if (!training) {
    if (!mean || !variance) fail("batchNorm", "there are no running statistics; give them or set training");
    gpu.run(frozen, { mean_in: mean, var_in: variance, stats_out: stats }, params, linearGrid(C));
    return stats;
  }
  if (N * L === 0) return stats;
  if (N * L < 2) fail("batchNorm", "training needs more than one value per channel", { x });
  const moments = gpu.empty([C, G * S, 2]);
  gpu.run(welford, { x, moments }, params, linearGrid(G * C * S));
  const LANES = onHardware(gpu) ? 32 : 1;
  const joined = { parts: moments, stats_out: stats };
  if (mean && variance && params.momentum > 0 && !statisticsAreHeld(gpu))
    gpu.run(mergeRunning, { ...joined, running_mean: mean, running_var: variance }, params, linearGrid(C * LANES), {
      LANES,
    });
  else gpu.run(merge, joined, params, linearGrid(C * LANES), { LANES });
  return stats;
}

/**
 * Batch normalisation of x [N,C] or [N,C,H,W] per channel, as torch.nn.functional.batch_norm; weight and bias have
 * shape [C] and may be null (1 and 0). In training the running statistics may be left out; an attack and what runs in
 * holdStatistics never move them. Defaults: not training, momentum 0.1, eps 1e-5.
 */
export function batchNorm(x: Tensor, weight?: Tensor | null, bias?: Tensor | null,
  options: BatchNormOptions = {}): Tensor {
  check(x, weight, bias, options);
  const all = (value: number) => x.gpu.full([x.shape[1]!], value);
  return x.gpu.scope(() => normalised(x, weight ?? all(1), bias ?? all(0), options));
}

function normalised(x: Tensor, weight: Tensor, bias: Tensor, options: BatchNormOptions): Tensor {
  const { runningMean, runningVar, training = false, momentum = 0.1, eps = 1e-5, relu: RELU = false } = options;
  const gpu = x.gpu;
  const params = sizes(x, eps, momentum);
  const stats = statistics(x, runningMean, runningVar, training, params);
  const y = gpu.empty(x.shape);
  gpu.run(forward, { x4: x, weight, bias, stats, y4: y }, params, linearGrid(params.n4), { RELU,
    WHOLE: params.L % 4 === 0 });
  return record("batchNorm", y, [x, weight, bias], (dy, [needsX, needsWeight, needsBias]) => {
    const tensors = { x4: x, x, weight, bias, stats, dy4: dy, dy };
    const [dweight, dbias] = needsWeight || needsBias || (needsX && training) ? affineGradients(tensors, params, RELU)
      : [null, null];
    const dx = needsX ? gpu.empty(x.shape) : null;
    if (dx && training)
      run(backward, { ...tensors, dweight: dweight!, dbias: dbias!, dx4: dx }, params, params.n4, RELU);
    else if (dx) run(backwardFrozen, { ...tensors, dx4: dx }, params, params.n4, RELU);
    return [dx, dweight, dbias];
  });
}

/** Runs an entry with those of `tensors` that it binds. */
function run(k: Kernel, tensors: Record<string, Tensor>, params: ReturnType<typeof sizes>, threads: number,
  RELU: boolean): void {
  const bound = Object.fromEntries(k.bindings.map(({ name }) => [name, tensors[name]!]));
  Object.values(bound)[0]!.gpu.run(k, bound, params, linearGrid(threads), { RELU, WHOLE: params.L % 4 === 0 });
}

function affineGradients(tensors: Record<string, Tensor>, params: ReturnType<typeof sizes>,
  RELU: boolean): [Tensor, Tensor] {
  const { C, G, S } = params;
  const gpu = tensors.x!.gpu;
  const [dweightParts, dbiasParts] = [gpu.empty([C, G * S]), gpu.empty([C, G * S])];
  run(sums, { ...tensors, dweight_parts: dweightParts, dbias_parts: dbiasParts }, params, G * C * S, RELU);
  const total = (parts: Tensor) => reduceMiddle(parts, C, G * S, 1).view([C]);
  return [total(dweightParts), total(dbiasParts)];
}
