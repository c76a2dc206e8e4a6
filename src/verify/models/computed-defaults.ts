// What an op does where an option is left out: the same as with the value that its docstring gives, bit for bit. That
// the given value is right is held by the op's other cases.

import type { Engine } from "../../engine/engine.ts";
import { sameShape, type Tensor } from "../../engine/tensor.ts";
import * as ops from "../../kernels/index.ts";
import type { Case, Check } from "../case.ts";
import { check, computedCase, numbers } from "../computed-tools.ts";

/** Images, a pair of matrices, labels, and running statistics, all of small numbers, so that an eps shows. */
interface Inputs extends Record<"images" | "a" | "b" | "labels" | "mean" | "variance" | "table", Tensor> {
  gpu: Engine;
}

function inputsOf(gpu: Engine): Inputs {
  const small = (name: string, shape: number[], scale = 0.02) =>
    gpu.tensor(numbers(`defaults ${name}`, shape.reduce((n, d) => n * d, 1)).map((v) => v * scale), shape);
  return { gpu, images: small("images", [2, 4, 5, 6]), a: small("a", [6, 6], 3), b: small("b", [6, 6], 3),
    labels: gpu.tensor([0, 3, 5, 2, 2, 1], [6], "i32"), mean: small("mean", [4]), variance: gpu.full([4], 1e-4),
    table: gpu.full([8, 8], 3) };
}

/** An op, how it is called without its options, and with them. */
type Row = [op: string, without: (t: Inputs) => Tensor | Tensor[], given: (t: Inputs) => Tensor | Tensor[]];

/** The result, and what training leaves in the running statistics. */
function trained({ gpu, images, mean, variance }: Inputs, o: ops.BatchNormOptions): Tensor[] {
  const copy = (t: Tensor) => ops.add(t, gpu.zeros(t.shape));
  const running = { runningMean: copy(mean), runningVar: copy(variance) };
  const y = ops.batchNorm(images, null, null, { ...running, training: true, ...o });
  return [y, running.runningMean, running.runningVar];
}

const TRAINED: Row[1] = (t) => trained(t, {});

const both = ({ values, indices }: ops.Sorted): Tensor[] => [values, indices];
const statistics = ({ mean, variance }: Inputs) => ({ runningMean: mean, runningVar: variance });

const ROWS: Row[] = [
  ["arange", ({ gpu }) => ops.arange(gpu, 5), ({ gpu }) => ops.arange(gpu, 0, 5, 1)],
  ["avgPool2d", ({ images }) => ops.avgPool2d(images, 2, { padding: 1 }),
    ({ images }) => ops.avgPool2d(images, 2, { padding: 1, stride: 2, ceilMode: false, countIncludePad: true })],
  ["batchNorm", (t) => ops.batchNorm(t.images, null, null, statistics(t)),
    (t) => ops.batchNorm(t.images, t.gpu.full([4], 1), t.gpu.zeros([4]),
      { ...statistics(t), training: false, eps: 1e-5, relu: false })],
  ["batchNorm", TRAINED, (t) => trained(t, { momentum: 0.1, eps: 1e-5 })],
  ["cat", ({ a, b }) => ops.cat([a, b]), ({ a, b }) => ops.cat([a, b], 0)],
  ["chunk", ({ a }) => ops.chunk(a, 2), ({ a }) => ops.chunk(a, 2, 0)],
  ["conv2d", ({ images }) => ops.conv2d(images, ops.slice(images, 2, 0, 3)),
    ({ images }) => ops.conv2d(images, ops.slice(images, 2, 0, 3), null,
      { stride: 1, padding: 0, dilation: 1, groups: 1, relu: false })],
  ["crossEntropy", ({ a, labels }) => ops.crossEntropy(a, labels),
    ({ a, labels }) => ops.crossEntropy(a, labels, { reduction: "mean", labelSmoothing: 0 })],
  ["dropout", ({ a }) => ops.dropout(a), ({ a }) => ops.dropout(a, 0.5)],
  ["elu", ({ a }) => ops.elu(a), ({ a }) => ops.elu(a, 1)],
  ["flatten", ({ images }) => ops.flatten(images), ({ images }) => ops.flatten(images, 1, -1)],
  ["gelu", ({ a }) => ops.gelu(a), ({ a }) => ops.gelu(a, { approximate: "none" })],
  ["groupNorm", ({ images }) => ops.groupNorm(images, 2),
    ({ gpu, images }) => ops.groupNorm(images, 2, { weight: gpu.full([4], 1), bias: gpu.zeros([4]), eps: 1e-5 })],
  ["huberLoss", ({ a, b }) => ops.huberLoss(ops.mul(a, 50), b),
    ({ a, b }) => ops.huberLoss(ops.mul(a, 50), b, { delta: 1, reduction: "mean" })],
  ["jpegBlocks", ({ images, table }) => ops.jpegBlocks(ops.mul(images, 5000), table),
    ({ images, table }) => ops.jpegBlocks(ops.mul(images, 5000), table, { rounding: "nearest" })],
  ["layerNorm", ({ images }) => ops.layerNorm(images, [5, 6]),
    ({ gpu, images }) => ops.layerNorm(images, [5, 6], { weight: gpu.full([5, 6], 1), bias: gpu.zeros([5, 6]),
      eps: 1e-5 })],
  ["leakyRelu", ({ a }) => ops.leakyRelu(a), ({ a }) => ops.leakyRelu(a, 0.01)],
  ["logSoftmax", ({ a }) => ops.logSoftmax(a), ({ a }) => ops.logSoftmax(a, { dim: 1 })],
  ["matmul", ({ a, b }) => ops.matmul(a, b),
    ({ a, b }) => ops.matmul(a, b, { transposeA: false, transposeB: false })],
  ["maxPool2d", ({ images }) => ops.maxPool2d(images, 2),
    ({ images }) => ops.maxPool2d(images, 2, { stride: 2, padding: 0, dilation: 1, ceilMode: false })],
  ["mseLoss", ({ a, b }) => ops.mseLoss(a, b), ({ a, b }) => ops.mseLoss(a, b, { reduction: "mean" })],
  ["nllLoss", ({ a, labels }) => ops.nllLoss(a, labels),
    ({ a, labels }) => ops.nllLoss(a, labels, { reduction: "mean" })],
  ["norm", ({ a }) => ops.norm(a, { dim: 1 }), ({ a }) => ops.norm(a, { dim: 1, p: 2, keepdim: false })],
  ["pad", ({ a }) => ops.pad(a, [1, 2]), ({ a }) => ops.pad(a, [1, 2], 0)],
  ["rand", ({ gpu }) => ops.rand(gpu, [9]), ({ gpu }) => ops.rand(gpu, [9], 0, 1)],
  ["smoothL1Loss", ({ a, b }) => ops.smoothL1Loss(ops.mul(a, 50), b),
    ({ a, b }) => ops.smoothL1Loss(ops.mul(a, 50), b, { beta: 1, reduction: "mean" })],
  ["softmax", ({ a }) => ops.softmax(a), ({ a }) => ops.softmax(a, { dim: 1 })],
  ["sort", ({ a }) => both(ops.sort(a)), ({ a }) => both(ops.sort(a, { dim: 1, descending: false }))],
  ["split", ({ a }) => ops.split(a, 2), ({ a }) => ops.split(a, 2, 0)],
  ["stack", ({ a, b }) => ops.stack([a, b]), ({ a, b }) => ops.stack([a, b], 0)],
  ["sum", ({ a }) => ops.sum(a, { dim: 1 }), ({ a }) => ops.sum(a, { dim: 1, keepdim: false })],
  ["topk", ({ a }) => both(ops.topk(a, 2)), ({ a }) => both(ops.topk(a, 2, { dim: 1, largest: true }))],
  ["tril", ({ a }) => ops.tril(a), ({ a }) => ops.tril(a, 0)],
  ["triu", ({ a }) => ops.triu(a), ({ a }) => ops.triu(a, 0)],
  ["tvDenoise", ({ images }) => ops.tvDenoise(images),
    ({ images }) => ops.tvDenoise(images, { weight: 0.1, steps: 30 })],
  ["variance", ({ a }) => ops.variance(a, { dim: 1 }),
    ({ a }) => ops.variance(a, { dim: 1, correction: 1, keepdim: false })],
];

/** Both from the same random numbers, shapes and all. */
async function run(gpu: Engine, [, without, given]: Row): Promise<Check[]> {
  const { gpu: _, ...inputs } = inputsOf(gpu);
  const saved = await gpu.random.save();
  const [found, due] = [without, given].map((call) => {
    gpu.random.restore(saved);
    return gpu.scope(() => [call({ gpu, ...inputs })].flat());
  }) as [Tensor[], Tensor[]];
  const checks = await Promise.all(found.map(async (t, i): Promise<Check> =>
    sameShape(t.shape, due[i]!.shape) ? check(`result ${i}`, t, await due[i]!.data(), 0)
      : { what: `the shape [${t.shape}] of result ${i}`, error: 1, limit: 0 }));
  [...found, ...due, ...Object.values(inputs)].forEach((t) => t.dispose());
  return checks;
}

export const defaultCases = (): Case[] => ROWS.map((row) =>
  computedCase(row[0], `by default${row[1] === TRAINED ? ", training" : ""}`, (gpu) => run(gpu, row)));
