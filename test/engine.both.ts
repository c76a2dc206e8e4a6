// What must hold of the engine itself, in Node and in a browser: capture, scopes, memory, errors, several engines.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, createEngine, grad, kernel, mean, mul, relu, reshape, sigmoid, stopGradient, sum, tanh, valueAndGrad,
  type Engine, type Tensor } from "../src/index.ts";
import { messageOf } from "./engine-tools.ts";
import { held } from "../src/verify/held.ts";

const engine = suite("engine");
let gpu: Engine;
engine.before(async () => void (gpu = await createEngine({ seed: 7 })));
engine.after(() => gpu.close());

/** A small net with a random part: value and gradients for an input and weights. */
const step = (w: Tensor, b: Tensor) => (x: Tensor) => {
  const noise = gpu.random.draw();
  const { value, grads } = valueAndGrad(() => mean(relu(add(mul(x, w), b))), [w, b]);
  return [value, ...grads, noise];
};
const bytes = async (tensors: Tensor[]) => (await Promise.all(tensors.map((t) => t.data()))).map((a) => [...a]);

engine("eager and captured give the same bits, replay after replay", async () => {
  const w = gpu.tensor([0.3, -1.7, 2.9]);
  const b = gpu.tensor([0.1, 0.2, 0.3]);
  const saved = await gpu.random.save();
  const inputs = [1, 2, 3, 4].map((k) => Float32Array.from({ length: 15 }, (_, i) => Math.sin(k * 31 + i)));
  const eager: number[][][] = [];
  for (const x of inputs) eager.push(await bytes(gpu.scope(() => step(w, b)(gpu.tensor(x, [5, 3])))));
  gpu.random.restore(saved);
  const captured = gpu.capture(step(w, b));
  const replayed: number[][][] = [];
  for (const x of inputs) replayed.push(await bytes(captured({ data: x, shape: [5, 3] })));
  assert.equal(replayed, eager);
  assert.is(new Set(replayed.map((r) => JSON.stringify(r.at(-1)))).size, inputs.length, "each replay draws anew");
  captured.dispose();
});

engine("a replay makes no buffer and leaves live bytes as they are", async () => {
  const w = gpu.tensor([1, 2, 3]);
  const captured = gpu.capture(step(w, w));
  const x = { data: new Float32Array(15), shape: [5, 3] as [number, number] };
  captured(x);
  const before = gpu.memory();
  for (let i = 0; i < 50; i++) captured(x);
  await gpu.synchronize();
  assert.equal(gpu.memory(), before);
  captured.dispose();
});

engine("a profile names the kernels of a capture and their time", async () => {
  if (!gpu.device.features.has("timestamp-query")) return;
  const x = gpu.tensor(new Float32Array(1 << 16), [1 << 16]);
  const captured = gpu.capture(() => relu(relu(add(x, x))));
  assert.match(await messageOf(() => captured.profile()), "profile of a function that was never called");
  captured();
  const { rows, ms } = await captured.profile();
  assert.equal(Object.fromEntries(rows.map((r) => [r.kernel, r.calls])), { "shaders/pointwise/relu.wgsl#forward": 2,
    "shaders/pointwise/add.wgsl#same": 1 });
  assert.ok(ms >= 0 && Math.abs(ms - rows.reduce((sum, r) => sum + r.ms, 0)) < 1e-9);
  captured.dispose();
});

engine("a capture reuses the memory of what is dead, and gives all back", () => {
  const before = held(gpu);
  const chain = gpu.capture((x) => {
    let y = x;
    for (let i = 0; i < 20; i++) y = relu(y);
    return y;
  });
  chain({ data: new Float32Array(4096), shape: [4096] });
  assert.ok(chain.memory.own <= 3 * 4096 * 4 + 4096, `${chain.memory.own} bytes for 20 links`);
  chain.dispose();
  assert.equal(held(gpu), before);
});

engine("a capture leaves out calls whose results nobody reads", async () => {
  const x = gpu.tensor([1, -2, 3]);
  const captured = gpu.capture(() => {
    relu(mul(x, 3));
    return grad(() => sum(relu(x)), [x])[0]!;
  });
  assert.equal([...(await captured().data())], [1, 0, 1]);
  assert.is(captured.dispatches, 3); // the ones, their expansion, relu's backward: no relu, no sum
  captured.dispose();
});

engine("a gradient that nobody reads again is overwritten by the next one", async () => {
  const x = gpu.tensor(Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i)));
  const fn = () => grad(() => sigmoid(relu(tanh(x))), [x])[0]!;
  const captured = gpu.capture(fn);
  assert.equal(await captured().data(), await fn().data());
  assert.ok(captured.memory.own <= 4 * 4096 * 4, `${captured.memory.own} bytes for tanh, relu, dy and dx`);
  captured.dispose();
});

engine("a replay is one submit, whatever its inputs are", async () => {
  const { queue } = gpu.device;
  const submit = queue.submit.bind(queue);
  let submits = 0;
  const captured = gpu.capture((a, b) => add(a, b));
  const x = gpu.tensor([1, 2]);
  captured({ data: [1, 2], shape: [2] }, x);
  queue.submit = (buffers) => (submits++, submit(buffers));
  const y = captured({ data: [3, 4], shape: [2] }, x);
  queue.submit = submit;
  assert.equal([...(await y.data())], [4, 6]);
  assert.is(submits, 1);
  captured.dispose();
});

engine("a capture keeps the weights that it uses alive", async () => {
  const w = gpu.tensor([2, 2]);
  const captured = gpu.capture((x) => mul(x, w));
  captured({ data: [1, 2], shape: [2] });
  w.dispose();
  gpu.tensor([9, 9]);
  assert.equal([...(await captured({ data: [3, 4], shape: [2] }).data())], [6, 8]);
  captured.dispose();
});

engine("dispose twice, inside a scope, leaves a capture its memory", async () => {
  const before = held(gpu);
  const captured = gpu.scope(() => {
    const w = gpu.tensor([2, 2]);
    const run = gpu.capture((x) => mul(x, w));
    run({ data: [1, 2], shape: [2] });
    w.dispose();
    w.dispose();
    return { run };
  }).run;
  const other = gpu.tensor([9, 9]);
  assert.equal([...(await captured({ data: [3, 4], shape: [2] }).data())], [6, 8]);
  captured.dispose();
  other.dispose();
  assert.equal(held(gpu), before);
});

engine("place lets a kernel write into a slice, and eagerly copies", async () => {
  const flat = gpu.zeros([128]);
  const slice = flat.view([3], 256);
  const x = gpu.tensor([1, -2, 3]);
  gpu.place(relu(x), slice);
  assert.equal([...(await slice.data())], [1, 0, 3]);
  const captured = gpu.capture((v) => {
    const y = relu(v);
    gpu.place(y, slice);
    return y;
  });
  captured({ data: [4, 5, -6], shape: [3] });
  assert.equal([...(await slice.data())], [4, 5, 0]);
  assert.is(captured.dispatches, 1);
  captured.dispose();
});

engine("a scope frees what it made except what it returns", async () => {
  const before = held(gpu);
  const y = gpu.scope(() => {
    const a = gpu.tensor([1, 2]);
    return { y: add(a, mul(a, a)) };
  }).y;
  assert.is(held(gpu).buffers, before.buffers + 1);
  assert.equal([...(await y.data())], [2, 6]);
  y.dispose();
  assert.equal(held(gpu), before);
});

engine("gradients: shared inputs add up, stopGradient cuts, an unused tensor gets zeros", async () => {
  const a = gpu.tensor([1, 2, 3]);
  const unused = gpu.tensor([5]);
  const { value, grads } = valueAndGrad(() => sum(mul(a, add(a, stopGradient(a)))), [a, unused]);
  assert.is(await value.item(), 28);
  assert.equal([...(await grads[0]!.data())], [3, 6, 9]);
  assert.equal([...(await grads[1]!.data())], [0]);
});

engine("two engines live side by side and refuse each other's tensors", async () => {
  const other = await createEngine();
  const b = other.tensor([1]);
  assert.match(await messageOf(() => add(gpu.tensor([1]), b)), "belongs to another engine");
  assert.equal([...(await add(b, b).data())], [2]);
  other.close();
  assert.match(await messageOf(() => add(b, b)), "this engine is closed");
});

engine("misuse is one clear sentence", async () => {
  const a = gpu.tensor([1, 2, 3]);
  assert.match(await messageOf(() => add(a, gpu.tensor([1, 2]))),
    /^add: sizes 3 and 2 of dimension -1 cannot be broadcast \(a \[3\], b \[2\]\)$/);
  assert.match(await messageOf(() => reshape(a, [2, 2])), /^reshape: \[2,2\] holds 4 elements, x has 3/);
  assert.match(await messageOf(() => gpu.tensor([1, 2], [3])), "2 numbers given, shape [3] holds 3");
  assert.match(await messageOf(() => a.item()), "only a tensor of one element has an item");
  const gone = gpu.scope(() => void (leaked = relu(a)));
  assert.is(gone, undefined);
  assert.match(await messageOf(() => relu(leaked!)), "was freed; return it from its scope or keep() it");
  const captured = gpu.capture((x) => ((leaked = relu(x)), relu(leaked)));
  captured({ data: [1], shape: [1] });
  assert.match(await messageOf(() => relu(leaked!)), "lives inside a captured function; return it from there");
  const said = await messageOf(() => captured({ data: [1, 2], shape: [2] }));
  assert.match(said, "an input has shape [2], it was recorded with [1]");
  assert.match(await messageOf(() => gpu.capture((x) => x.data())({ data: [1], shape: [1] })), "nothing can be read " +
    "while a capture records");
  assert.match(await messageOf(() => gpu.scope(async () => {})), "fn is asynchronous");
});
let leaked: Tensor | undefined;

const BAD = `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1)
fn main() {
  y[0] = 1.0 +;
}`;
const GOOD = BAD.replace("1.0 +", "1.0");

engine("a kernel call with wrong names lists the right ones", async () => {
  const good = kernel("shaders/good.wgsl", GOOD);
  const y = gpu.empty([1]);
  assert.match(await messageOf(() => gpu.run(good, { z: y }, {}, [1])), "shaders/good.wgsl: tensors {z} given; the " +
    "kernel binds {y}");
  const said = await messageOf(() => gpu.run(good, { y }, {}, [1], { WG: 1 }));
  assert.match(said, "shaders/good.wgsl: no const, alias or override named WG");
  assert.match(await messageOf(() => gpu.run(good, { y }, {}, [70000])), "at most 65535 a dimension");
});

engine("a shader error is thrown by the next call, with file, line and column", async () => {
  const broken = await createEngine();
  broken.run(kernel("shaders/bad.wgsl", BAD), { y: broken.empty([1]) }, {}, [1]);
  const said = await messageOf(() => broken.synchronize());
  assert.match(said, /shaders\/bad\.wgsl:5:\d+: .*\n {6}y\[0\] = 1\.0 \+;\n +\^/);
  broken.close();
});

engine("a lost device is one sentence at the next call", async () => {
  const lost = await createEngine();
  const x = lost.tensor([1, 2]);
  lost.device.destroy();
  await lost.device.lost;
  assert.match(await messageOf(() => relu(x)),
    /^the GPU device was lost \(.*\); nothing computed since can be trusted: start again/);
  lost.close();
});

engine.run();
