// Derivatives of derivatives: right where the backward pass is made of ops, else a sentence; never a silent zero.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as ops from "../src/index.ts";
import { createEngine, grad, mean, mul, sum, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { second, SECONDS, SECOND_AT as X } from "../src/verify/second.ts";
import { messageOf } from "./engine-tools.ts";

const nested = suite("nested derivatives");
let gpu: Engine;
nested.before(async () => void (gpu = await createEngine({ seed: 5 })));
nested.after(() => gpu.close());

const close = (got: ArrayLike<number>, due: readonly number[], limit: number, what: string) =>
  due.forEach((d, i) => assert.ok(Math.abs(got[i]! - d) <= limit * Math.max(1, Math.abs(d)), `${what}: element ${i} ` +
    `is ${got[i]}, ${d} is due`));

for (const { name, f, due } of SECONDS)
  nested(`the second derivative of ${name}`,
    async () => close(await second(f, gpu.tensor(X)).data(), X.map(due), 2e-5, name));

nested("reductions: the square of a mean", async () => {
  close(await second((x) => ops.square(mean(x)), gpu.tensor(X)).data(), X.map(() => 0.5), 1e-5, "mean");
});

nested("products: matmul, linear, convolutions, against differences of the first derivative", async () => {
  const make = (shape: number[], k: number) =>
    gpu.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(k + 1.7 * i)), shape);
  const [m, w, images, kernel] = [make([3, 4], 1), make([5, 4], 2), make([2, 2, 5, 6], 3), make([3, 2, 3, 3], 4)];
  const cases: [string, Tensor, (t: Tensor) => Tensor][] = [
    ["matmul, left", m, (t) => ops.matmul(t, w, { transposeB: true })],
    ["matmul, right", w, (t) => ops.matmul(m, t, { transposeB: true })],
    ["matmul, transposed", m, (t) => ops.matmul(t, make([3, 4], 6), { transposeA: true })],
    ["linear", w, (t) => ops.linear(m, t)],
    ["conv2d, images", images, (t) => ops.conv2d(t, kernel, undefined, { stride: 2, padding: 1, relu: true })],
    ["conv2d, weights", kernel, (t) => ops.conv2d(images, t, undefined, { padding: 1 })],
    ["convTranspose2d, images", make([1, 3, 3, 3], 5),
      (t) => ops.convTranspose2d(t, kernel, undefined, { stride: 2, padding: 1 })],
  ];
  for (const [name, t, f] of cases) {
    const loss = (v: Tensor) => sum(ops.pow(f(v), 3));
    const penalty = (v: Tensor) => sum(ops.square(grad(() => loss(v), [v])[0]!));
    const dx = await grad(() => penalty(t), [t])[0]!.data();
    const direction = make([...t.shape], 9);
    const h = 1e-3;
    const at = async (k: number) => penalty(ops.add(t, mul(direction, k * h))).item();
    const difference = ((await at(1)) - (await at(-1))) / (2 * h);
    const slope = [...(await direction.data())].reduce((s, d, i) => s + d * dx[i]!, 0);
    assert.ok(Math.abs(slope - difference) <= 1e-2 * Math.abs(difference), `${name}: ${slope}, ${difference} is due`);
  }
});

nested("the value of an inner valueAndGrad counts in an outer loss", async () => {
  const x = gpu.tensor(X);
  const [dx] = grad(() => mul(valueAndGrad(() => sum(mul(x, x)), [x]).value, 3), [x]);
  assert.equal([...(await dx!.data())], X.map((v) => 6 * v));
});

nested("a captured function within grad is differentiated, at every call", async () => {
  const x = gpu.tensor(X);
  const cube = gpu.capture((t: Tensor) => mul(mul(t, t), t));
  for (let i = 0; i < 2; i++) {
    assert.equal([...(await grad(() => sum(cube(x)), [x])[0]!.data())], X.map((v) => 3 * v * v));
    assert.equal([...(await cube(x).data())], X.map((v) => v ** 3));
  }
  cube.dispose();
});

nested("a captured function within a capture is part of it", async () => {
  const double = gpu.capture((t: Tensor) => mul(t, 2));
  const outer = gpu.capture((t: Tensor) => ops.add(double(t), 1));
  assert.equal([...(await outer({ data: [1, 2], shape: [2] }).data())], [3, 5]);
  assert.equal([...(await outer({ data: [5, 6], shape: [2] }).data())], [11, 13]);
});

nested("stopGradient cuts the inner gradient off", async () => {
  const x = gpu.tensor(X);
  const [dx] = grad(() => sum(ops.stopGradient(grad(() => sum(ops.pow(x, 3)), [x])[0]!)), [x]);
  assert.equal([...(await dx!.data())], [0, 0, 0, 0]);
});

nested("an op without a second derivative says so by name; no gradient is silently zero", async () => {
  const y = gpu.tensor([1, 0], [2], "i32");
  const rows = (x: Tensor) => ops.reshape(x, [2, 2]);
  const images = (x: Tensor) => ops.reshape(x, [1, 1, 2, 2]);
  const ones = gpu.full([1], 1);
  const without: [string, (x: Tensor) => Tensor][] = [
    ["softmax", (x) => ops.softmax(rows(x))],
    ["logSoftmax", (x) => ops.logSoftmax(rows(x))],
    ["crossEntropy", (x) => ops.crossEntropy(rows(x), y)],
    ["gelu", (x) => ops.gelu(x)],
    ["batchNorm", (x) => ops.batchNorm(images(x), ones, ones, { training: true })],
    ["gaussianKl", (x) => ops.gaussianKl(rows(x), rows(x))],
    ["mseLoss", (x) => ops.mseLoss(x, mul(x, x))],
    ["categoricalKl", (x) => ops.categoricalKl(rows(x))],
    ["clusterLoss", (x) => ops.clusterLoss(rows(x), rows(x), rows(x))],
  ];
  for (const [name, f] of without)
    assert.is(await messageOf(() => second((x) => ops.square(f(x)), gpu.tensor(X))), `${name} has no second ` +
      `derivative; wrap the inner gradient in stopGradient() if none is meant`);
});

nested.run();
