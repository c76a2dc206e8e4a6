// ResNet-34 against its own text in float64: evaluation and training on random statistics, at 2 channels and 8x8
// images.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adam, createEngine, crossEntropy, resnet34, valueAndGrad, type Engine,
  type NormalisedClassifier } from "../src/index.ts";
import { hostRandom } from "../src/model/host-random.ts";

const resnet = suite("resnet34");

type Image = number[][][]; // [C][H][W]
type State = Record<string, { shape: number[]; data: ArrayLike<number> }>;

const N = 4;
const SIZE = 8;
const random = hostRandom(7);
const pixels = Float32Array.from({ length: N * 3 * SIZE * SIZE }, random);
const batch: Image[] = Array.from({ length: N },
  (_, n) => grid(3, SIZE, (c, h, w) => pixels[((n * 3 + c) * SIZE + h) * SIZE + w]!));

function grid(channels: number, size: number, f: (c: number, h: number, w: number) => number): Image {
  return Array.from({ length: channels },
    (_, c) => Array.from({ length: size }, (_, h) => Array.from({ length: size }, (_, w) => f(c, h, w))));
}
const relu = (x: Image[]): Image[] =>
  x.map((image) => image.map((plane) => plane.map((line) => line.map((v) => Math.max(v, 0)))));
const add = (a: Image[], b: Image[]): Image[] =>
  a.map((image, n) => grid(image.length, image[0]!.length, (c, h, w) => image[c]![h]![w]! + b[n]![c]![h]![w]!));

function conv(x: Image[], { shape: [outputs, inputs, k], data }: State[string], stride: number): Image[] {
  const padding = (k! - 1) / 2;
  const at = (o: number, c: number, i: number, j: number) => data[((o * inputs! + c) * k! + i) * k! + j]!;
  return x.map((image) =>
    grid(outputs!, image[0]!.length / stride, (o, h, w) => {
      let sum = 0;
      for (let c = 0; c < inputs!; c++)
        for (let i = 0; i < k!; i++)
          for (let j = 0; j < k!; j++) sum += (image[c]![h * stride + i - padding]?.[w * stride + j - padding] ?? 0) *
              at(o, c, i, j);
      return sum;
    }),
  );
}

/** Mean and variance of channel c over the batch, with n or n - 1 in the denominator. */
function moments(x: Image[], c: number, less = 0): [number, number] {
  const values = x.flatMap((image) => image[c]!.flat());
  const mean = values.reduce((a, b) => a + b) / values.length;
  return [mean, values.reduce((a, v) => a + (v - mean) ** 2, 0) / (values.length - less)];
}

/** The logits, and what reached each batch norm, by name. */
function reference(state: State, training: boolean): { logits: number[]; seen: Record<string, Image[]> } {
  const seen: Record<string, Image[]> = {};
  const norm = (name: string, x: Image[]) => {
    seen[name] = x;
    const of = (field: string, c: number) => state[`${name}.${field}`]!.data[c]!;
    const stats = x[0]!.map((_, c) => (training ? moments(x, c) : [of("running_mean", c), of("running_var", c)]));
    return x.map((image) =>
      grid(image.length, image[0]!.length, (c, h, w) =>
        ((image[c]![h]![w]! - stats[c]![0]!) / Math.sqrt(stats[c]![1]! + 1e-5)) * of("weight", c) + of("bias", c))
    );
  };
  const layer = (x: Image[], convName: string, normName: string, stride: number) =>
    norm(normName, conv(x, state[`${convName}.weight`]!, stride));
  let x = relu(layer(batch, "conv1", "bn1", 1));
  [3, 4, 6, 3].forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      const name = `layer${stage + 1}.${i}`;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const y = layer(relu(layer(x, `${name}.conv1`, `${name}.bn1`, stride)), `${name}.conv2`, `${name}.bn2`, 1);
      x = relu(add(y, stride === 2 ? layer(x, `${name}.downsample.0`, `${name}.downsample.1`, 2) : x));
    }
  });
  const { shape: [classes, features], data } = state["fc.weight"]!;
  const means = x.map((image) => image.map((plane) => plane.flat().reduce((a, b) => a + b) / plane.flat().length));
  const logits = means.flatMap((m) =>
    Array.from({ length: classes! }, (_, k) =>
      m.reduce((sum, v, i) => sum + v * data[k * features! + i]!, state["fc.bias"]!.data[k]!))
  );
  return { logits, seen };
}

/** A net of 2 channels with weights and statistics that differ from channel to channel, and all its numbers. */
async function tinyNet(gpu: Engine): Promise<{ net: NormalisedClassifier; state: State }> {
  const net = resnet34(gpu, 3, { channels: 2, classes: 5 });
  for (const part of [net.params, net.statistics]) {
    const state = await part.state();
    for (const [name, { data }] of Object.entries(state))
      if (!/conv|downsample\.0|fc/.test(name)) data.forEach((v, i) => (data[i] = v + (random() - 0.5) * 0.5));
    part.load(state);
  }
  return { net, state: { ...(await net.params.state()), ...(await net.statistics.state()) } };
}

function assertClose(got: ArrayLike<number>, due: readonly number[], what: string): void {
  const scale = Math.max(...due.map(Math.abs));
  due.forEach((v, i) => assert.ok(Math.abs(got[i]! - v) < 1e-4 * scale, `${what}[${i}] is ${got[i]}, ${v} is due`));
}

resnet("the CIFAR-10 net has the parameters and names of the torchvision state dict", async () => {
  const gpu = await createEngine();
  const { params, statistics } = resnet34(gpu, 0);
  assert.is(params.count, 21_282_122);
  assert.is(statistics.count, 2 * 8512);
  assert.equal(Object.keys(params.tensors).slice(0, 6), ["conv1.weight", "bn1.weight", "bn1.bias",
    "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias"]);
  assert.equal(params.get("layer2.0.downsample.0.weight").shape, [128, 64, 1, 1]);
  assert.equal(statistics.get("layer4.0.downsample.1.running_var").shape, [512]);
  gpu.close();
});

resnet("evaluation and training agree with float64, and training moves the running statistics", async () => {
  const gpu = await createEngine();
  const { net, state } = await tinyNet(gpu);
  const x = gpu.tensor(pixels, [N, 3, SIZE, SIZE]);
  const logits = net.forward(x);
  assert.equal(logits.shape, [N, 5]);
  assertClose(await logits.data(), reference(state, false).logits, "evaluation");
  const { logits: due, seen } = reference(state, true);
  assertClose(await net.forward(x, true).data(), due, "training");
  for (const name of ["bn1", "layer2.0.downsample.1", "layer4.2.bn2"]) {
    const batchStats = seen[name]![0]!.map((_, c) => moments(seen[name]!, c, 1));
    for (const [i, field] of ["running_mean", "running_var"].entries()) {
      const moved = batchStats.map((stats, c) => 0.9 * state[`${name}.${field}`]!.data[c]! + 0.1 * stats[i]!);
      assertClose(await net.statistics.get(`${name}.${field}`).data(), moved, `${name}.${field}`);
    }
  }
  gpu.close();
});

resnet("captured training steps lower the loss", async () => {
  const gpu = await createEngine();
  const net = resnet34(gpu, 1, { channels: 4 });
  const optimizer = adam([net.params], { lr: 1e-3 });
  const x = gpu.tensor(Float32Array.from({ length: 8 * 3 * 64 }, random), [8, 3, 8, 8]);
  const labels = gpu.tensor(Int32Array.from({ length: 8 }, (_, i) => i), [8], "i32");
  const step = gpu.capture(() => {
    const { value, grads } = valueAndGrad(() => crossEntropy(net.forward(x, true), labels), net.params.list());
    optimizer.step(grads);
    return value;
  });
  const first = await step().item();
  for (let i = 0; i < 10; i++) step();
  const last = await step().item();
  assert.ok(last < 0.7 * first, `loss ${first} -> ${last}`);
  gpu.close();
});

resnet.run();
