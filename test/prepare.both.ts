// What compiles and when: pipelines are made where a call is first run, or ahead of it by `prepare`.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, createEngine, gelu, grad, kernel, mean, mul, rand, relu, sigmoid, tanh, type Engine, type Tensor } from
  "../src/index.ts";
import { messageOf } from "./engine-tools.ts";

const prepare = suite("prepare");
let gpu: Engine;
prepare.before.each(async () => void (gpu = await createEngine({ seed: 7 })));
prepare.after.each(() => gpu.close());

const pair = (...data: number[]) => ({ data, shape: [data.length] });
const shader = (body: string) => `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { ${body} }`;

prepare("nothing runs, all is compiled, and the calls that follow give the same bits", async () => {
  const seen = gpu.tensor([0, 0]);
  const step = (x: Tensor) => {
    const y = add(sigmoid(x), rand(gpu, [2]));
    gpu.copy(y, seen);
    return y;
  };
  const saved = await gpu.random.save();
  const [early, late] = [gpu.capture(step), gpu.capture(step)];
  await early.prepare(pair(1, 2));
  const compiled = gpu.pipelineCount;
  assert.ok(compiled >= 2, `${compiled} pipelines`);
  assert.equal([...(await seen.data())], [0, 0], "nothing ran");
  assert.equal(await gpu.random.save(), saved, "nothing was drawn");
  const first = await early(pair(3, 4)).data();
  assert.is(gpu.pipelineCount, compiled, "the call compiles nothing more");
  gpu.random.restore(saved);
  assert.equal(await late(pair(3, 4)).data(), first);
  await early.prepare(pair(5, 6));
  gpu.random.restore(saved);
  assert.equal(await early(pair(3, 4)).data(), first, "prepared twice");
});

prepare("a captured function compiles no kernel that it leaves out", async () => {
  const x = gpu.tensor([1, 2]);
  const captured = gpu.capture((v: Tensor) => {
    tanh(v);
    return relu(v);
  });
  captured(x);
  assert.is(gpu.pipelineCount, 1);
});

prepare("two that share kernels are prepared at once", async () => {
  const w = gpu.tensor([2, 3]);
  const [f, g] = [gpu.capture((x: Tensor) => relu(mul(x, w))), gpu.capture((x: Tensor) => mul(relu(x), w))];
  const h = gpu.capture((x: Tensor) => grad(() => mean(gelu(mul(x, w))), [w])[0]!);
  await Promise.all([f.prepare(pair(1, -1)), g.prepare(pair(1, -1)), h.prepare(pair(1, -1))]);
  const compiled = gpu.pipelineCount;
  assert.equal([...(await f(pair(1, -1)).data())], [2, 0]);
  assert.equal([...(await g(pair(-1, 1)).data())], [0, 3]);
  h(pair(1, 2));
  await gpu.synchronize();
  assert.is(gpu.pipelineCount, compiled);
});

prepare("what is called while it is being prepared runs all the same", async () => {
  const f = gpu.capture((x: Tensor) => tanh(sigmoid(x)));
  const ready = f.prepare(pair(0, 0));
  const y = f(pair(0, 0));
  assert.ok(Math.abs((await y.data())[0]! - Math.tanh(0.5)) < 1e-6);
  await ready;
});

prepare("a shader that the driver refuses is named with its line, once", async () => {
  const broken = kernel("user/broken.wgsl", shader("y[0] = x[0] * z[0];"));
  const f = gpu.capture((x: Tensor) => {
    const y = gpu.empty([1]);
    gpu.run(broken, { x, y }, {}, [1]);
    return y;
  });
  assert.match(await messageOf(() => f.prepare(pair(1))), /^user\/broken\.wgsl:3:\d+: .*['`]z['`]/);
  assert.equal([...(await relu(gpu.tensor([-1, 1])).data())], [0, 1], "the engine goes on");
});

prepare("what it refuses", async () => {
  const f = gpu.capture((x: Tensor) => relu(x));
  await f.prepare(pair(1, 2));
  assert.match(await messageOf(() => f.prepare({ data: [1], shape: [1] })), /shape \[1\], it was recorded with \[2\]/);
  const g = gpu.capture((x: Tensor) => (void f.prepare(x).catch(() => {}), relu(x)));
  g(pair(1, 2));
  let said = "";
  gpu.capture((x: Tensor) => (f.prepare(x).catch((e: Error) => (said = e.message)), relu(x)))(pair(1, 2));
  await gpu.synchronize();
  assert.match(said, "prepare: a capture records");
});

prepare.run();
