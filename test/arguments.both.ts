// Whatever is given in the place of what is due, a public function answers in one sentence that begins with its name;
// JavaScript's own errors never come through.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as api from "../src/index.ts";
import { createEngine, type Engine, type Tensor } from "../src/index.ts";
import { kmeans } from "../src/model/kmeans.ts";
import { messageOf } from "./engine-tools.ts";

const args = suite("arguments");
let gpu: Engine;
let foreign: Engine;
args.before(async () => void ([gpu, foreign] = [await createEngine(), await createEngine()]));
args.after(() => [gpu, foreign].forEach((g) => g.close()));

const RAW =
  /Cannot (read|convert|destructure)|is not (a |iterable|defined)|undefined \(|recursion|call stack|Invalid array/;
const f = (...shape: number[]) => gpu.full(shape, 0.5);
const i = (...shape: number[]) => gpu.zeros(shape, "i32");

/** Calls with right arguments: each argument is replaced by wrong ones in turn. */
const CALLS: Record<string, () => unknown[]> = {
  abs: () => [f(4)],
  exp: () => [f(4)],
  log: () => [f(4)],
  neg: () => [f(4)],
  sign: () => [f(4)],
  sqrt: () => [f(4)],
  square: () => [f(4)],
  relu: () => [f(4)],
  sigmoid: () => [f(4)],
  tanh: () => [f(4)],
  softplus: () => [f(4)],
  silu: () => [f(4)],
  gelu: () => [f(4)],
  leakyRelu: () => [f(4)],
  elu: () => [f(4)],
  clamp: () => [f(4), 0, 1],
  add: () => [f(4), f(4)],
  sub: () => [f(4), f(4)],
  mul: () => [f(4), f(4)],
  div: () => [f(4), f(4)],
  maximum: () => [f(4), f(4)],
  minimum: () => [f(4), f(4)],
  eq: () => [f(4), f(4)],
  gt: () => [f(4), f(4)],
  lt: () => [f(4), f(4)],
  where: () => [f(4), f(4), f(4)],
  sum: () => [f(2, 3)],
  mean: () => [f(2, 3)],
  max: () => [f(2, 3)],
  min: () => [f(2, 3)],
  argmax: () => [f(2, 3)],
  argmin: () => [f(2, 3)],
  softmax: () => [f(2, 3)],
  logSoftmax: () => [f(2, 3)],
  reshape: () => [f(2, 3), [3, 2]],
  flatten: () => [f(2, 3)],
  permute: () => [f(2, 3), [1, 0]],
  transpose: () => [f(2, 3), 0, 1],
  expand: () => [f(1, 3), [2, 3]],
  slice: () => [f(4), 0, 1],
  pad: () => [f(4), [1, 1]],
  cat: () => [[f(2), f(2)]],
  gather: () => [f(2, 3), 1, i(2, 2)],
  indexSelect: () => [f(2, 3), 0, i(2)],
  oneHot: () => [i(3), 4],
  matmul: () => [f(2, 3), f(3, 2)],
  linear: () => [f(2, 3), f(4, 3), f(4)],
  conv2d: () => [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3)],
  convTranspose2d: () => [f(1, 2, 5, 5), f(2, 3, 3, 3), f(3)],
  maxPool2d: () => [f(1, 1, 4, 4), 2],
  avgPool2d: () => [f(1, 1, 4, 4), 2],
  globalAvgPool2d: () => [f(1, 1, 4, 4)],
  upsampleNearest2d: () => [f(1, 1, 4, 4), 2],
  batchNorm: () => [f(2, 3), f(3), f(3), { training: true }],
  crossEntropy: () => [f(2, 3), i(2)],
  nllLoss: () => [f(2, 3), i(2)],
  cumsum: () => [f(2, 3), 1],
  sort: () => [f(2, 3)],
  topk: () => [f(2, 3), 2],
  logsumexp: () => [f(2, 3)],
  variance: () => [f(2, 3)],
  std: () => [f(2, 3)],
  norm: () => [f(2, 3)],
  tril: () => [f(2, 2), 0],
  triu: () => [f(2, 2), 0],
  flip: () => [f(2, 3), [0]],
  tile: () => [f(2), [2]],
  stack: () => [[f(2), f(2)]],
  split: () => [f(4), 2, 0],
  chunk: () => [f(4), 2, 0],
  squeeze: () => [f(1, 2), 0],
  unsqueeze: () => [f(2), 0],
  scatterAdd: () => [f(2, 3), 0, i(1, 3), f(1, 3)],
  embedding: () => [i(2), f(3, 2)],
  einsum: () => ["ij,jk->ik", f(2, 3), f(3, 2)],
  layerNorm: () => [f(2, 3), [3]],
  groupNorm: () => [f(2, 4), 2],
  conv1d: () => [f(1, 2, 5), f(2, 2, 3), f(2)],
  smoothL1Loss: () => [f(4), f(4)],
  huberLoss: () => [f(4), f(4)],
  ge: () => [f(2), f(2)],
  le: () => [f(2), f(2)],
  ne: () => [f(2), f(2)],
  sin: () => [f(2)],
  erf: () => [f(2)],
  round: () => [f(2)],
  zerosLike: () => [f(2)],
  fullLike: () => [f(2), 3],
  cast: () => [f(2), "i32"],
  mseLoss: () => [f(4), f(4)],
  l1Loss: () => [f(4), f(4)],
  binaryCrossEntropyWithLogits: () => [f(4), f(4)],
  squaredError: () => [f(2, 3), f(2, 3)],
  dropout: () => [f(4), 0.5],
  addNoise: () => [f(2, 3), f(2)],
  randomShift: () => [f(1, 1, 4, 4), 1],
  categoricalKl: () => [f(2, 3)],
  clusterLogits: () => [f(2, 3), f(4, 3)],
  clusterLoss: () => [f(2, 3), f(2, 3), f(4, 3), f(2, 4)],
  gaussianKl: () => [f(2, 3), f(2, 3), f(2, 3), f(2, 3)],
  reparameterize: () => [f(2, 3), f(2, 3)],
  signedNoise: () => [f(1, 1, 4, 4), f(1, 1, 4, 4), 0.1],
  byteImages: () => [gpu.zeros([2, 4], "u32"), i(2), [1, 4, 4]],
  stopGradient: () => [f(4)],
};
const OPTIONAL: Record<string, number[]> = { batchNorm: [1, 2], conv1d: [2], squeeze: [1], tril: [1], triu: [1],
  split: [2], chunk: [2], linear: [2], conv2d: [2], convTranspose2d: [2], clusterLoss: [3], gaussianKl: [2, 3] };

const wrongFor = (right: unknown): [string, unknown][] => {
  const common: [string, unknown][] = [["null", null], ["undefined", undefined], ["a text", "x"], ["NaN", NaN], [
    "a function",
    () => 1,
  ], ["a symbol", Symbol("s")], ["a bigint", 1n]];
  if (right instanceof api.Tensor) {
    const freed = gpu.zeros([...right.shape], right.dtype);
    freed.dispose();
    const other = right.dtype === "f32" ? "i32" : "f32";
    const data = { data: new Array(right.size).fill(0), shape: right.shape };
    return [...common.filter(([name]) => name !== "NaN"), ["an array", [1, 2]], ["host data", data], ["a freed tensor",
      freed], ["another engine's tensor", foreign.zeros([...right.shape], right.dtype)], ["another type",
      gpu.zeros([...right.shape], other)]];
  }
  return [...common, ["an object", {}], ["a fraction", 1.5]];
};
/** Wrong values that are right after all: a number for a tensor operand, any type of tensor. */
const fine = (op: string, position: number, name: string): boolean =>
  (["where"].includes(op) && position === 0 && name === "another type") ||
  (["reshape", "flatten", "permute", "transpose", "expand", "slice", "pad", "cat", "gather", "indexSelect",
    "stopGradient", "flip", "tile", "split", "chunk", "squeeze", "unsqueeze", "zerosLike", "fullLike", "cast"].includes(
      op,
    ) && position === 0 && name === "another type") ||
  (op === "clamp" && position > 0 && name === "a fraction") ||
  (op === "fullLike" && position === 1 && /NaN|fraction|nfinity/.test(name)) ||
  (op === "dropout" && position === 1 && name === "undefined") ||
  (op === "signedNoise" && position === 2 && name === "a fraction") ||
  (name === "undefined" && OPTIONAL[op]?.includes(position) === true) ||
  (name === "null" && OPTIONAL[op]?.includes(position) === true) ||
  (op === "stopGradient" && ["a freed tensor", "another engine's tensor"].includes(name)) ||
  (["reshape", "flatten", "sum", "mean", "stopGradient", "squeeze", "unsqueeze", "zerosLike", "fullLike"].includes(
    op,
  ) &&
    name === "a freed tensor");

for (const [op, make] of Object.entries(CALLS))
  args(`${op}: wrong arguments`, async () => {
    const run = (api as unknown as Record<string, (...a: unknown[]) => unknown>)[op]!;
    gpu.scope(() => void run(...make()));
    const right = make();
    for (const [position, value] of right.entries())
      for (const [name, wrong] of wrongFor(value)) {
        const alone = right.flat().filter((t) => t instanceof api.Tensor).length === 1;
        if (fine(op, position, name) || (alone && name === "another engine's tensor")) continue;
        const said = await messageOf(() => gpu.scope(() => void run(...right.with(position, wrong))));
        assert.not.match(said, RAW, `${op}, argument ${position} ${name}: ${said}`);
        assert.not.match(said, /nothing was thrown/, `${op}, argument ${position} is ${name}`);
        if (!/freed|another engine/.test(name)) assert.ok(said.startsWith(op), `${op}, argument ${position} ${name}: ` +
          `${said}`);
      }
  });

const OPTIONS: [string, () => unknown[], () => Record<string, unknown>[]][] = [
  ["sum", () => [f(2, 3)],
    () => [{ axis: 0 }, { dims: 0 }, { dim: 2 }, { dim: [0, 0] }, { dim: 0.5 }, { dim: "0" }, { keepdim: 1 }, {
      keepDim: true,
    }]],
  ["mean", () => [f(2, 3)], () => [{ axis: 0 }, { dim: -3 }]],
  ["max", () => [f(2, 3)], () => [{ axis: 0 }]],
  ["argmax", () => [f(2, 3)], () => [{ axis: 0 }, { dim: 5 }]],
  ["softmax", () => [f(2, 3)], () => [{ axis: 1 }, { dim: 2 }, { dim: NaN }]],
  ["gelu", () => [f(4)], () => [{ approximate: "tanhh" }, { approx: "tanh" }]],
  ["conv2d", () => [f(1, 2, 5, 5), f(3, 2, 3, 3), undefined],
    () => [{ strides: 2 }, { stride: 0 }, { stride: 1.5 }, { padding: -1 }, { padding: "same" }, { dilation: [1] }, {
      groups: 0,
    }, { groups: 3 }, { relu: 1 }]],
  ["convTranspose2d", () => [f(1, 2, 5, 5), f(2, 3, 3, 3), undefined],
    () => [{ output_padding: 1 }, { outputPadding: 1 }, { stride: -1 }]],
  ["byteImages", () => [gpu.zeros([2, 4], "u32"), i(2), [1, 4, 4]],
    () => [{ padding: 4 }, { crop: 1.5 }, { crop: NaN }, { crop: "4" }, { flip: 1 }, { flip: null }]],
  ["maxPool2d", () => [f(1, 1, 4, 4), 2], () => [{ strid: 1 }, { ceilMode: 1 }, { padding: 2 }]],
  ["avgPool2d", () => [f(1, 1, 4, 4), 2], () => [{ dilation: 2 }, { countIncludePad: "no" }]],
  ["matmul", () => [f(2, 3), f(3, 2)], () => [{ transposeB: 1 }, { transB: true }]],
  ["batchNorm", () => [f(2, 3), f(3), f(3)],
    () => [{}, { training: 1 }, { training: true, eps: NaN }, { training: true, momentum: 2 }, { train: true }, {
      training: true,
      runningMean: i(3),
      runningVar: f(3),
    }]],
  ["crossEntropy", () => [f(2, 3), i(2)],
    () => [{ reduction: "avg" }, { labelSmoothing: 2 }, { label_smoothing: 0.1 }]],
  ["mseLoss", () => [f(4), f(4)], () => [{ reduction: "MEAN" }, { reduce: "sum" }]],
  ["addNoise", () => [f(4), 0.1], () => [{ clamp: [1, 0] }, { clamp: 1 }, { clip: [0, 1] }]],
  ["reparameterize", () => [f(2, 3), f(2, 3)], () => [{ eps: i(2, 3) }, { noise: f(2, 3) }]],
];
for (const [op, make, wrong] of OPTIONS)
  args(`${op}: wrong options`, async () => {
    const run = (api as unknown as Record<string, (...a: unknown[]) => unknown>)[op]!;
    for (const options of wrong()) {
      const said = await messageOf(() => gpu.scope(() => void run(...make(), options)));
      assert.ok(said.startsWith(op) && !RAW.test(said), `${op} {${Object.keys(options)}}: ${said}`);
    }
  });

args("dim may be a plain number, as in PyTorch", async () => {
  const x = gpu.tensor([[1, 2, 3], [4, 5, 6]]);
  assert.equal([...(await api.sum(x, 0).data())], [5, 7, 9]);
  assert.equal([...(await api.mean(x, 1).data())], [2, 5]);
  assert.equal([...(await api.max(x, -1).data())], [3, 6]);
  assert.equal([...(await api.argmax(x, 0).data())], [1, 1, 1]);
  assert.equal([...(await api.sum(x, [0, 1]).data())], [21]);
  assert.equal([...(await api.softmax(x, 1).data())], [...(await api.softmax(x, { dim: 1 }).data())]);
});

const shapes: [string, () => unknown, RegExp][] = [
  ["reshape", () => api.reshape(f(5), [-1, 2]), /leaves no whole size for -1/],
  ["reshape", () => api.reshape(f(4), [2.5, -1]), /a whole number/],
  ["reshape", () => api.reshape(f(4), [-2, -2]), /whole number/],
  ["reshape", () => api.reshape(f(0, 3), [-1, 0]), /leaves no whole size/],
  ["slice", () => api.slice(f(4), 0, 3, 2), /start/],
  ["gather", () => api.gather(f(0, 3), 0, i(2, 3)), /no elements/],
  ["indexSelect", () => api.indexSelect(f(0, 3), 0, i(2)), /no elements/],
  ["max", () => api.max(f(0, 3), 0), /no elements/],
  ["argmax", () => api.argmax(f(0)), /no elements/],
  ["conv2d", () => api.conv2d(f(1, 1, 2, 2), f(1, 1, 3, 3)), /does not fit/],
  ["conv2d", () => api.conv2d(f(1, 0, 5, 5), f(3, 0, 3, 3)), /no elements/],
  ["crossEntropy", () => api.crossEntropy(f(2, 0), i(2)), /no classes/],
  ["matmul", () => api.matmul(f(70000, 1, 1), f(70000, 1, 1)), /70000/],
];
for (const [op, call, due] of shapes)
  args(`${op}: ${due.source}`, async () => {
    const said = await messageOf(() => gpu.scope(() => void call()));
    assert.ok(said.startsWith(op), said);
    assert.match(said, due);
  });

args("empty tensors: the empty or the mathematically right result", async () => {
  const values = async (t: Tensor) => [...(await t.data())];
  assert.equal(await values(api.sum(f(0, 3), 0)), [0, 0, 0]);
  assert.equal(await values(api.mean(f(0, 3), 0)), [NaN, NaN, NaN]);
  assert.equal(api.softmax(f(2, 0)).shape, [2, 0]);
  assert.equal(api.softmax(f(0, 3)).shape, [0, 3]);
  assert.equal(api.maxPool2d(f(0, 1, 4, 4), 2).shape, [0, 1, 2, 2]);
  assert.equal(api.relu(f(0)).shape, [0]);
  assert.equal(api.add(f(0, 3), f(1, 3)).shape, [0, 3]);
  assert.equal(api.cat([f(0, 3), f(2, 3)]).shape, [2, 3]);
  await gpu.synchronize();
});

args("an index outside gives NaN, and no gradient", async () => {
  const x = gpu.tensor([[1, 2], [3, 4]]);
  const index = gpu.tensor([0, 2, -1], [3], "i32");
  assert.equal([...(await api.indexSelect(x, 0, index).data())], [1, 2, NaN, NaN, NaN, NaN]);
  assert.equal([...(await api.gather(x, 1, gpu.tensor([[0], [7]], [2, 1], "i32")).data())], [1, NaN]);
  assert.equal([...(await api.grad(() => api.indexSelect(x, 0, index), [x])[0]!.data())], [1, 1, 0, 0]);
  assert.equal([...(await api.oneHot(gpu.tensor([1, 5], [2], "i32"), 2).data())], [0, 1, NaN, NaN]);
  assert.ok(Number.isNaN(await api.crossEntropy(x, gpu.tensor([0, 2], [2], "i32")).item()));
  assert.ok(Number.isNaN(await api.nllLoss(x, gpu.tensor([-1, 0], [2], "i32")).item()));
  assert.equal([...(await api.indexSelect(gpu.tensor([5, 6], [2], "i32"), 0, gpu.tensor([1, 9], [2], "i32")).data())], [
    6,
    -2147483648,
  ]);
});

args("more than 65,535 rows, images and channels", async () => {
  const n = 70000;
  const x = f(n, 2);
  assert.equal((await api.linear(x, f(3, 2)).data()).every((v) => v === 0.5), true);
  assert.equal((await api.matmul(f(2, 3), f(3, n)).data()).every((v) => v === 0.75), true);
  assert.equal((await api.softmax(x, 1).data()).every((v) => v === 0.5), true);
  assert.equal((await api.conv2d(f(n, 1, 1, 1), f(2, 1, 1, 1)).data()).every((v) => v === 0.25), true);
  assert.equal((await api.maxPool2d(f(n, 1, 2, 2), 2).data()).length, n);
  assert.equal((await api.sum(x, 1).data()).every((v) => v === 1), true);
  assert.equal((await api.max(x, 1).data()).every((v) => v === 0.5), true);
});

const model = (x: Tensor): Tensor => api.linear(api.flatten(x), f(3, 4));
const bad = (value: number) => value as never;
const attacks: [string, () => unknown, RegExp][] = [
  ["pgd", () => api.pgd(model, { eps: 0.1, step: 3 } as never), /no option named step; there are eps, alpha, steps/],
  ["fgsm", () => api.fgsm(model, { eps: 0.1, steps: 3 } as never), /no option named steps/],
  ["fgsm", () => api.fgsm(model, undefined as never), /options are undefined/],
  ["pgd", () => api.pgd(undefined as never, { eps: 0.1 }), /the model is undefined; a function/],
  ["pgd", () => api.pgd(model, { eps: NaN }), /eps is NaN/],
  ["pgd", () => api.pgd(model, { eps: "0.1" as never }), /eps is "0.1"/],
  ["ifgsm", () => api.ifgsm(model, { eps: 0.1, steps: 2.5 }), /steps is 2.5/],
  ["mifgsm", () => api.mifgsm(model, { eps: 0.1, decay: -1 }), /decay is -1/],
  ["pgd", () => api.pgd(model, { eps: 0.1, restarts: 0 }), /restarts is 0/],
  ["pgd", () => api.pgd(model, { eps: 0.1 })(f(2, 1, 2, 2), f(2) as never), /labels is f32/],
  ["pgd", () => api.pgd(model, { eps: 0.1 })(f(2, 1, 2, 2), i(3)), /labels has shape/],
  ["pgd", () => api.pgd(model, { eps: 0.1 })(i(2, 1, 2, 2), i(2)), /x is i32/],
  ["pgd", () => api.pgd(model, { eps: 0.1, noise: f(3) })(f(2, 1, 2, 2), i(2)), /noise has shape/],
  ["bpda", () => api.bpda(undefined as never, model), /purify is undefined/],
  ["bpda", () => api.bpda(model, model, { iterations: 3 } as never), /no option named iterations/],
  ["eot", () => api.eotGradient(undefined as never, 2), /logits is undefined/],
  ["sgd", () => api.sgd([params()], { lr: NaN }), /lr is NaN/],
  ["sgd", () => api.sgd([params()], { lr: -1 }), /lr is -1/],
  ["sgd", () => api.sgd([params()], { lr: 0.1, nesterov: true }), /nesterov needs a momentum/],
  ["sgd", () => api.sgd([params()], { lr: 0.1, weight_decay: 1 } as never), /no option named weight_decay/],
  ["sgd", () => api.sgd([] as never, { lr: 0.1 }), /an array of Parameters/],
  ["sgd", () => { const p = params(); return api.sgd([p, p], { lr: 0.1 }); }, /given twice/],
  ["adam", () => api.adam([params()], { lr: 0.1, betas: [2, 0.9] }), /betas\[0\] is 2/],
  ["adam", () => api.adam([params()], { lr: 0.1, betas: 0.9 as never }), /a pair is due/],
  ["adam", () => api.adam([params()], { lr: 0.1, eps: -1 }), /eps is -1/],
  ["rmsprop", () => api.rmsprop([params()], { lr: 0.1, alpha: 1 }), /alpha is 1/],
  ["optimizer", () => api.sgd([params()], { lr: 0.1 }).step([f(2)]), /1 gradients given, 2/],
  ["optimizer", () => api.sgd([params()], { lr: 0.1 }).step([f(2), f(3)]), /gradient 1 has shape/],
  ["optimizer", () => api.sgd([params()], { lr: 0.1 }).step([f(2), i(2)]), /gradient 1 is i32/],
  ["optimizer", () => api.sgd([params()], { lr: 0.1 }).step(null as never), /an array with one for each/],
  ["optimizer", () => { api.sgd([params()], { lr: 0.1 }).lr = NaN; }, /lr is NaN/],
  ["cosine", () => api.cosine(bad(NaN), 0, 10), /from is NaN/],
  ["oneCycle", () => api.oneCycle(0.1, 10, { warmup: 0.3 } as never), /no option named warmup/],
  ["stepLr", () => api.stepLr(0.1, 0), /milestones is 0/],
  ["kmeans", () => kmeans(new Float32Array(8), 2, { k: 2, seeds: 1 } as never), /no option named seeds/],
  ["kmeans", () => kmeans(Float32Array.of(1, NaN, 2, 3), 2, { k: 1 }), /point 0 holds NaN/],
  ["load", () => params().load({ a: { shape: [2], data: [1, NaN] }, b: { shape: [2], data: [1, 2] } }),
    /a holds NaN at element 1/],
  ["load", () => params().load(null as never), /null given/],
  ["parameters", () => api.makeParameters(gpu, {}, 1), /names no tensor/],
  ["parameters", () => api.makeParameters(gpu, { a: { shape: [2], init: "xavier" as never } }, 1), /init "xavier"/],
  ["parameters", () => api.makeParameters(gpu, { a: { shape: [2], init: "zeros" } }, 1.5), /seed is 1.5/],
  ["valueAndGrad", () => api.valueAndGrad(() => f(2), []), /no tensors to differentiate/],
  ["valueAndGrad", () => api.valueAndGrad(() => 3 as never, [f(2)]), /fn returned no tensor/],
  ["valueAndGrad", () => api.valueAndGrad(() => f(2), [i(2)]), /wrt\[0\] is i32/],
  ["valueAndGrad", () => api.valueAndGrad(() => f(2), [null as never]), /wrt\[0\] is no tensor/],
  ["valueAndGrad", () => api.valueAndGrad(() => f(2), [f(2)], f(3)), /dy has shape/],
  ["randn", () => api.randn(null as never, [2]), /no engine/],
  ["rand", () => api.rand(gpu, [2], 1, 0), /hi is 0/],
];
function params() {
  return api.makeParameters(gpu, { a: { shape: [2], init: "zeros" }, b: { shape: [2], init: "zeros" } }, 1);
}
for (const [op, call, due] of attacks)
  args(`${op}: ${due.source}`, async () => {
    const said = await messageOf(call);
    assert.ok(said.startsWith(op), said);
    assert.match(said, due);
  });

args("an attack refuses images outside of [0, 1] and models whose logits are not finite, at the first read",
  async () => {
    const weights = f(3, 4);
    const net = (x: Tensor) => api.linear(api.flatten(x), weights);
    const labels = i(2);
    for (const attack of [api.fgsm(net, { eps: 0.1 }), api.ifgsm(net, { eps: 0.1 }),
      api.pgd(net, { eps: 0.1, restarts: 2 }), api.mifgsm(net, { eps: 0.1 }), api.pgdL2(net, { eps: 0.1 }),
      api.apgd(net, { eps: 0.1, steps: 3 }), api.squareAttack(net, { eps: 0.1, queries: 3 }), api.spatialShift(net),
      api.squareAttack(net, { eps: 0.1, norm: "L2", queries: 3 }), api.fab(net, { eps: 0.1, steps: 2 }),
      api.fab(net, { eps: 0.1, norm: "L2", steps: 2, targets: 2 }), api.cw(net, { steps: 3 })]) {
      assert.equal((await attack(f(2, 1, 2, 2), labels).data()).every((v) => v >= 0 && v <= 1), true);
      for (const value of [1.5, -0.1, NaN])
        assert.match(await messageOf(() => attack(gpu.full([2, 1, 2, 2], value), labels).data()),
          /^\w+: an image has pixels outside of \[0, 1\]/);
      assert.match(await messageOf(() => attack(f(2, 1, 2, 2), gpu.full([2], 3, "i32")).data()),
        /a label is none of its classes/);
      gpu.write(weights, new Float32Array(12).fill(NaN));
      assert.match(await messageOf(() => attack(f(2, 1, 2, 2), labels).data()),
        /^\w+: the adversarial images are not finite: the model's logits/);
      gpu.write(weights, new Float32Array(12).fill(0.5));
      await gpu.synchronize();
      attack.dispose();
    }
    const climb = api.bpda((x) => x, net, { steps: 3 });
    assert.match(await messageOf(() => climb(gpu.full([2, 1, 2, 2], 2), labels)), /^bpda: an image has pixels outside/);
    climb.dispose();
  });

args("fit stops at a parameter that is not finite though the loss is", async () => {
  const p = api.makeParameters(gpu, { used: { shape: [1], init: "ones" }, stray: { shape: [1], init: "ones" } }, 1);
  const optimizer = api.sgd([p], { lr: 0.1 });
  const step = gpu.capture((index: Tensor) => {
    const { value, grads } = api.valueAndGrad(() => api.sum(api.square(p.get("used"))), p.list());
    optimizer.step([grads[0]!, api.log(api.sub(grads[1]!, api.mul(api.sum(index.view([1])), 0)))]);
    return value;
  });
  const failing = () =>
    api.fit(step as never, optimizer, { name: "net", n: 10, batch: 1, epochs: 1, schedule: () => 0.1, seed: 0 });
  assert.match(await messageOf(failing),
    /sum: x is i32|net: the (parameter|gradient of) stray is not finite at step 10 of 10/);
});

args.run();
