// The cases of bench/cases.ts and a row for every other op, at the shapes of the MNIST networks at batch 128. Rows with
// "grad" also run the backward pass.

import * as ops from "../src/index.ts";
import { valueAndGrad, type Engine, type Shape, type Tensor } from "../src/index.ts";
import { rnd } from "./inputs.ts";
import type { BenchRow } from "./row.ts";
import { cases } from "./steps.ts";

const N = 128;
const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Fixed pseudo-random numbers in [lo, 1). */
const floats = (gpu: Engine, shape: Shape, lo = -1): Tensor =>
  gpu.tensor(rnd(sizeOf(shape), 1, 1).map((v) => lo + ((1 - lo) * (v + 1)) / 2), shape);
const classes = (gpu: Engine, n: number, k: number): Tensor =>
  gpu.tensor(Int32Array.from({ length: n }, (_, i) => (i * 7) % k), [n], "i32");

interface Options {
  /** Multiply-adds of the forward pass. */
  macs?: number;
  /** Differentiate with respect to all inputs. */
  grad?: boolean;
  lo?: number;
}

/** A row whose inputs are float tensors of the given shapes. Bytes: inputs read and, with grad, written again. */
function row(op: string, name: string, shapes: Shape[], call: (...t: Tensor[]) => Tensor,
  { macs = 0, grad = false, lo = -1 }: Options = {}): BenchRow {
  const inputs = shapes.reduce((n, s) => n + sizeOf(s), 0);
  return {
    op,
    name: grad ? `${name} grad` : name,
    flops: 2 * macs * (grad ? 3 : 1),
    bytes: 4 * inputs * (grad ? 3 : 2),
    make(gpu) {
      const t = shapes.map((s) => floats(gpu, s, lo));
      return grad ? () => valueAndGrad(() => call(...t), t).grads : () => call(...t);
    },
  };
}

/** Forward and forward with backward. */
const both = (op: string, name: string, shapes: Shape[], call: (...t: Tensor[]) => Tensor,
  o: Options = {}): BenchRow[] => [row(op, name, shapes, call, o), row(op, name, shapes, call, { ...o, grad: true })];

type UpShape = [inputs: number, outputs: number, size: number, k: number, stride: number, padding: number];
const ups: UpShape[] = [[32, 16, 7, 4, 2, 1], [16, 1, 14, 4, 2, 1]];
const linears: [number, number][] = [[1568, 128], [3136, 256], [784, 256], [256, 784], [16, 256], [128, 10]];

const up = ([ci, co, size, k, stride, padding]: UpShape): BenchRow =>
  row("convTranspose2d", `${ci}->${co} ${size}->${size * stride} k${k} s${stride} b${N}`, [[N, ci, size, size], [ci, co,
    k, k], [co]], (x, w, b) => ops.convTranspose2d(x!, w!, b!, { stride, padding }), {
    macs: N * size * size * co * ci * k * k,
    grad: true,
  });
const dense = ([i, o]: [number, number]): BenchRow[] =>
  both("linear", `${i}->${o} b${N}`, [[N, i], [o, i], [o]], (x, w, b) => ops.linear(x!, w!, b!), { macs: N * i * o });

const IMAGE = [N, 16, 28, 28];
const image = (op: string, call: (x: Tensor) => Tensor, o: Options = { grad: true }): BenchRow =>
  row(op, `[${IMAGE}]`, [IMAGE], (x) => call(x!), o);
const pair = (op: string, call: (a: Tensor, b: Tensor) => Tensor, o: Options = { grad: true }): BenchRow =>
  row(op, `[${IMAGE}] twice`, [IMAGE, IMAGE], (a, b) => call(a!, b!), o);
const plain = { grad: false };
const positive = { grad: true, lo: 0.1 };

const pointwise: BenchRow[] = [
  pair("add", ops.add),
  pair("sub", ops.sub),
  pair("mul", ops.mul),
  pair("div", ops.div, positive),
  pair("maximum", ops.maximum),
  pair("minimum", ops.minimum),
  row("add", `[${IMAGE}] + [16,1,1]`, [IMAGE, [16, 1, 1]], (a, b) => ops.add(a!, b!), { grad: true }),
  pair("gt", ops.gt, plain),
  pair("lt", ops.lt, plain),
  pair("eq", ops.eq, plain),
  pair("where", (a, b) => ops.where(ops.gt(a, b), a, b)),
  image("neg", ops.neg),
  image("exp", ops.exp),
  image("log", ops.log, positive),
  image("sqrt", ops.sqrt, positive),
  image("abs", ops.abs),
  image("sign", ops.sign, plain),
  image("square", ops.square),
  image("pow", (x) => ops.pow(x, 3)),
  image("clamp", (x) => ops.clamp(x, 0, 1)),
  image("relu", ops.relu),
  image("leakyRelu", ops.leakyRelu),
  image("elu", ops.elu),
  image("silu", ops.silu),
  image("gelu", ops.gelu),
  image("sigmoid", ops.sigmoid),
  image("tanh", ops.tanh),
  image("softplus", ops.softplus),
];

const reductions: BenchRow[] = [
  image("sum", (x) => ops.sum(x, { dim: [0, 2, 3] })),
  image("mean", (x) => ops.mean(x)),
  image("max", (x) => ops.max(x, { dim: 1 })),
  image("min", (x) => ops.min(x, { dim: 1 })),
  image("argmax", (x) => ops.argmax(x, { dim: 1 }), plain),
  image("argmin", (x) => ops.argmin(x, { dim: 1 }), plain),
];

const shapes: BenchRow[] = [
  image("reshape", (x) => ops.relu(ops.reshape(x, [N, -1]))),
  image("flatten", (x) => ops.relu(ops.flatten(x))),
  image("permute", (x) => ops.permute(x, [0, 2, 3, 1])),
  image("transpose", (x) => ops.transpose(x, 1, 2)),
  row("expand", `[16,1,1] -> [${IMAGE}]`, [[16, 1, 1]], (x) => ops.expand(x!, IMAGE), { grad: true }),
  image("slice", (x) => ops.slice(x, 1, 4, 12)),
  image("pad", (x) => ops.pad(x, [1, 1, 1, 1])),
  pair("cat", (a, b) => ops.cat([a, b], 1)),
  { op: "indexSelect", name: `${N} of [10000,784]`, flops: 0, bytes: 8 * N * 784, make: (gpu) => {
    const [x, i] = [floats(gpu, [10000, 784]), classes(gpu, N, 9973)];
    return () => ops.indexSelect(x, 0, i);
  } },
  { op: "byteImages", name: `${N} of [60000,784]`, flops: 0, bytes: 5 * N * 784, make: (gpu) => {
    const [x, i] = [gpu.empty([60000, 196], "u32"), classes(gpu, N, 59999)];
    return () => ops.byteImages(x, i, [1, 28, 28]);
  } },
  { op: "byteImages", name: `${N} of [10000,3072] crop 4, flip`, flops: 0, bytes: 5 * N * 3072, make: (gpu) => {
    const [x, i] = [gpu.empty([10000, 768], "u32"), classes(gpu, N, 9973)];
    return () => ops.byteImages(x, i, [3, 32, 32], { crop: 4, flip: true });
  } },
  { op: "gather", name: `[${N},10] dim 1`, flops: 0, bytes: 8 * N, make: (gpu) => {
    const [x, i] = [floats(gpu, [N, 10]), ops.reshape(classes(gpu, N, 10), [N, 1])];
    return () => ops.gather(x, 1, i);
  } },
  { op: "oneHot", name: `[${N}] of 10`, flops: 0, bytes: 44 * N, make: (gpu) => {
    const i = classes(gpu, N, 10);
    return () => ops.oneHot(i, 10);
  } },
];

const WORDS = [N, 256];
const words = (op: string, call: (x: Tensor) => Tensor, o: Options = { grad: true }): BenchRow =>
  row(op, `[${WORDS}]`, [WORDS], (x) => call(x!), o);
const sized = (op: string, call: (gpu: Engine) => Tensor): BenchRow => ({ op, name: "10000", flops: 0, bytes: 40000,
  make: (gpu) => () => ops.add(call(gpu), 1) });
/** What is made of other ops has a row, too: a change of theirs shows here. */
const tensorOps: BenchRow[] = [
  ...(["sin", "cos", "erf", "floor", "ceil", "round"] as const).map((op) => image(op, (x) => ops[op](x))),
  ...(["ge", "le", "ne"] as const).map((op) => row(op, `[${IMAGE}] twice`, [IMAGE, IMAGE], (a, b) => ops[op](a!, b!))),
  words("cumsum", (x) => ops.cumsum(x, 1)),
  words("sort", (x) => ops.sort(x).values),
  words("topk", (x) => ops.topk(x, 5).values),
  words("logsumexp", (x) => ops.logsumexp(x, 1)),
  words("variance", (x) => ops.variance(x, 1)),
  words("std", (x) => ops.std(x, 1)),
  words("norm", (x) => ops.norm(x, 1)),
  words("layerNorm", (x) => ops.layerNorm(x, [256])),
  words("tril", (x) => ops.tril(x)),
  words("triu", (x) => ops.triu(x)),
  words("squeeze", (x) => ops.relu(ops.squeeze(x))),
  words("unsqueeze", (x) => ops.relu(ops.unsqueeze(x, 0))),
  words("flip", (x) => ops.flip(x, 1)),
  words("tile", (x) => ops.tile(x, [1, 4])),
  words("split", (x) => ops.split(x, 64, 1)[1]!),
  words("chunk", (x) => ops.chunk(x, 4, 1)[1]!),
  words("zerosLike", (x) => ops.zerosLike(x), plain),
  words("onesLike", (x) => ops.onesLike(x), plain),
  words("fullLike", (x) => ops.fullLike(x, 2), plain),
  words("cast", (x) => ops.cast(x, "i32"), plain),
  image("groupNorm", (x) => ops.groupNorm(x, 4)),
  row("stack", `[${WORDS}] twice`, [WORDS, WORDS], (a, b) => ops.stack([a!, b!]), { grad: true }),
  row("smoothL1Loss", `[${WORDS}] twice`, [WORDS, WORDS], (a, b) => ops.smoothL1Loss(a!, b!), { grad: true }),
  row("huberLoss", `[${WORDS}] twice`, [WORDS, WORDS], (a, b) => ops.huberLoss(a!, b!), { grad: true }),
  row("einsum", "bij,bjk->bik 32x64x64x64", [[32, 64, 64], [32, 64, 64]],
    (a, b) => ops.einsum("bij,bjk->bik", a!, b!), { macs: 32 * 64 ** 3, grad: true }),
  row("conv1d", "16->32 256 k5", [[32, 16, 256], [32, 16, 5]], (x, w) => ops.conv1d(x!, w!, null, { padding: 2 }), {
    macs: 32 * 256 * 16 * 32 * 5, grad: true }),
  { op: "embedding", name: `[${N},16] of [1000,64]`, flops: 0, bytes: 8 * N * 16 * 64, make: (gpu) => {
    const [w, i] = [floats(gpu, [1000, 64]), ops.reshape(classes(gpu, N * 16, 1000), [N, 16])];
    return () => ops.embedding(i, w);
  } },
  { op: "scatterAdd", name: `[${N},10] dim 1`, flops: 0, bytes: 12 * N * 10, make: (gpu) => {
    const [x, src, i] = [floats(gpu, [N, 10]), floats(gpu, [N, 4]), ops.reshape(classes(gpu, N * 4, 10), [N, 4])];
    return () => ops.scatterAdd(x, 1, i, src);
  } },
  sized("arange", (gpu) => ops.arange(gpu, 10000)),
  sized("linspace", (gpu) => ops.linspace(gpu, 0, 1, 10000)),
  sized("eye", (gpu) => ops.eye(gpu, 100)),
  sized("ones", (gpu) => ops.ones(gpu, [10000])),
];

const images: BenchRow[] = [
  image("maxPool2d", (x) => ops.maxPool2d(x, 2)),
  image("avgPool2d", (x) => ops.avgPool2d(x, 2)),
  image("globalAvgPool2d", ops.globalAvgPool2d),
  image("upsampleNearest2d", (x) => ops.upsampleNearest2d(x, 2)),
  image("dropout", (x) => ops.dropout(x, 0.5)),
  row("jpegBlocks", `[${IMAGE}]`, [IMAGE, [8, 8]], (x, table) => ops.jpegBlocks(x!, table!), { lo: 0.1 }),
  image("medianBlur", ops.medianBlur),
  image("tvDenoise", (x) => ops.tvDenoise(x)),
];

const withLabels = (op: string, call: (x: Tensor, y: Tensor) => Tensor): BenchRow => ({ op, name: `[${N},10] grad`,
  flops: 0, bytes: 80 * N, make: (gpu) => {
    const [x, y] = [floats(gpu, [N, 10]), classes(gpu, N, 10)];
    return () => valueAndGrad(() => call(x, y), [x]).grads;
  } });
const FLAT = [N, 784];
const flat = (op: string, call: (a: Tensor, b: Tensor) => Tensor): BenchRow =>
  row(op, `[${FLAT}] twice`, [FLAT, FLAT], (a, b) => call(a!, b!), { grad: true, lo: 0 });
const D = 20;

const losses: BenchRow[] = [
  row("softmax", `[${N},10]`, [[N, 10]], (x) => ops.softmax(x!), { grad: true }),
  row("logSoftmax", `[${N},10]`, [[N, 10]], (x) => ops.logSoftmax(x!), { grad: true }),
  withLabels("nllLoss", (x, y) => ops.nllLoss(x, y)),
  flat("binaryCrossEntropyWithLogits", ops.binaryCrossEntropyWithLogits),
  flat("mseLoss", ops.mseLoss),
  flat("l1Loss", ops.l1Loss),
  flat("squaredError", ops.squaredError),
];

const paper: BenchRow[] = [
  row("gaussianKl", `[${N},${D}]`, [[N, D], [N, D]], (m, v) => ops.gaussianKl(m!, v!), { grad: true }),
  row("clusterLogits", `[${N},${D}] K 10`, [[N, D], [10, D]], (z, m) => ops.clusterLogits(z!, m!), { grad: true }),
  row("categoricalKl", `[${N},10]`, [[N, 10]], (q) => ops.categoricalKl(q!), { grad: true }),
  row("addNoise", `[${FLAT}]`, [FLAT], (x) => ops.addNoise(x!, 0.5, { clamp: [0, 1] })),
  row("randomShift", `[${N},1,28,28] by 2`, [[N, 1, 28, 28]], (x) => ops.randomShift(x!, 2), { grad: true }),
  row("signedNoise", `[${N},1,28,28]`, [[N, 1, 28, 28], [N, 1, 28, 28]],
    (x, other) => ops.signedNoise(x!, other!, 0.4)),
  { op: "randn", name: `[${FLAT}]`, flops: 0, bytes: 4 * sizeOf(FLAT), make: (gpu) => () => ops.randn(gpu, FLAT) },
  { op: "rand", name: `[${FLAT}]`, flops: 0, bytes: 4 * sizeOf(FLAT), make: (gpu) => () => ops.rand(gpu, FLAT) },
];

export const rows: BenchRow[] = [
  ...cases,
  row("matmul", "8 of 128", [[8, 128, 128], [8, 128, 128]], (a, b) => ops.matmul(a!, b!), { macs: 8 * 128 ** 3,
    grad: true }),
  ...linears.flatMap(dense),
  ...ups.map(up),
  ...pointwise,
  ...reductions,
  ...shapes, ...tensorOps,
  ...images,
  ...losses,
  ...paper,
];
