// Who owns memory: scopes, the user, recordings, the garbage collector. Every storage has one owner at a time.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { collectGarbage } from "#adapter";
import { add, conv2d, createEngine, grad, matmul, mean, mul, relu, reshape, sgd, makeParameters, softmax, sub, sum,
  valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { messageOf, turnOfEventLoop } from "./engine-tools.ts";
import { held } from "../src/verify/held.ts";

const ownership = suite("ownership");
let gpu: Engine;
ownership.before(async () => void (gpu = await createEngine({ seed: 3 })));
ownership.after(() => gpu.close());

const values = async (t: Tensor) => [...(await t.data())];
const pair = (data: number[]) => ({ data, shape: [data.length] });
const live = () => held(gpu).buffers;

ownership("disposing an output of a captured function has no effect on it or on others", async () => {
  const f = gpu.capture((x: Tensor) => mul(x, 2));
  const y = f(pair([1, 2]));
  y.dispose();
  const other = gpu.tensor([100, 200]);
  assert.equal(await values(f(pair([3, 4]))), [6, 8]);
  assert.equal(await values(other), [100, 200]);
  y.dispose();
  f.dispose();
  const [a, b] = [gpu.tensor([1, 1]), gpu.tensor([2, 2])];
  assert.equal([await values(a), await values(b), await values(other)], [[1, 1], [2, 2], [100, 200]]);
});

ownership("an output is an error once its function is disposed, whatever was done with it", async () => {
  const uses: [string, (y: Tensor) => unknown][] = [
    ["data", (y) => y.data()],
    ["an op", (y) => relu(y)],
    ["write", (y) => gpu.write(y, [1, 2])],
    ["copy", (y) => gpu.copy(y, gpu.zeros([2]))],
    ["a view", (y) => relu(y.view([1, 2]))],
    ["keep", (y) => gpu.keep(y)],
    ["an input", (y) => gpu.capture((x: Tensor) => relu(x))(y)],
  ];
  for (const [name, use] of uses) {
    const f = gpu.capture((x: Tensor) => mul(x, 2));
    const y = gpu.scope(() => f(pair([1, 2])));
    f.dispose();
    assert.match(await messageOf(() => use(y)), /was freed/, name);
  }
});

ownership("scope and keep leave the outputs of a captured function where they are", async () => {
  const before = live();
  const f = gpu.capture((x: Tensor) => mul(x, 2));
  const y = gpu.scope(() => ({ y: f(pair([1, 2])) })).y;
  gpu.keep(y);
  const others = Array.from({ length: 8 }, (_, i) => gpu.tensor([i, i]));
  assert.equal(await values(y), [2, 4]);
  y.dispose();
  f.dispose();
  others.forEach((t) => t.dispose());
  assert.is(live(), before);
});

ownership("a replay takes its inputs before it writes any: swapped, rotated, twice, with host data between",
  async () => {
    const swap = gpu.capture((a: Tensor, b: Tensor) => [b, a] as const);
    let [a, b] = swap(pair([1]), pair([2]));
    for (let i = 0; i < 3; i++) [a, b] = swap(a, b);
    assert.equal([await values(a), await values(b)], [[1], [2]]);
    const rotate = gpu.capture((x: Tensor, y: Tensor, z: Tensor) => [y, z, x] as const);
    let r = rotate(pair([1]), pair([2]), pair([3]));
    for (let i = 0; i < 3; i++) r = rotate(...r);
    assert.equal((await Promise.all(r.map(values))).flat(), [2, 3, 1]);
    const [, , x] = r;
    const mixed = rotate(pair([9]), x, x);
    assert.equal((await Promise.all(mixed.map(values))).flat(), [1, 1, 9]);
    [swap, rotate].forEach((f) => f.dispose());
  });

ownership("an output fed back, as it is and as part of itself", async () => {
  const double = gpu.capture((x: Tensor) => mul(x, 2));
  let y = double(pair([1, 2, 3]));
  for (let i = 0; i < 4; i++) y = double(y);
  assert.equal(await values(y), [32, 64, 96]);
  double.dispose();
  const long = Array.from({ length: 128 }, (_, i) => i);
  const both = gpu.capture((a: Tensor, b: Tensor) => [a, add(b, 1)] as const);
  const [first] = both(pair(long), pair([0, 0]));
  const [, sum] = both(first, first.view([2], 256));
  assert.equal(await values(sum), [65, 66]);
  both.dispose();
});

ownership("a view of an input as that input: bytes are moved, not overwritten", async () => {
  const f = gpu.capture((a: Tensor, b: Tensor) => [a, b, add(a, b)] as const);
  const [a, b] = f(pair([1, 2]), pair([10, 20]));
  const [, , s] = f(b, a);
  assert.equal(await values(s), [11, 22]);
  const [a2, b2] = f(b, b);
  assert.equal([await values(a2), await values(b2)], [[1, 2], [1, 2]]);
  f.dispose();
});

ownership("a storage disposed by the user cannot be used, also where a capture still has the bytes", async () => {
  const w = gpu.tensor([2, 2]);
  const f = gpu.capture((x: Tensor) => mul(x, w));
  f(pair([1, 2]));
  w.dispose();
  assert.match(await messageOf(() => relu(w)), "was freed");
  assert.match(await messageOf(() => w.data()), "was freed");
  gpu.tensor([9, 9]);
  assert.equal(await values(f(pair([3, 4]))), [6, 8]);
  f.dispose();
});

ownership("whatever fails, nothing leaks", async () => {
  const x = gpu.tensor([1, 2, 3]);
  const f = gpu.capture((v: Tensor) => relu(v));
  f(pair([1]));
  const failing: [string, () => unknown][] = [
    ["a capture that throws", () =>
      gpu.capture((v: Tensor) => {
        mul(v, gpu.tensor([1, 2]));
        throw new Error("stop");
      })(pair([1, 2]))],
    ["a capture that reads", () => gpu.capture((v: Tensor) => v.data())(pair([1]))],
    ["an asynchronous capture", () => gpu.capture(async (v: Tensor) => relu(v))(pair([1]))],
    ["a scope that throws", () => gpu.scope(() => { relu(x); throw new Error("stop"); })],
    ["an asynchronous scope", () => gpu.scope(async () => relu(x))],
    ["a gradient that throws", () => grad(() => { relu(mul(x, x)); throw new Error("stop"); }, [x])],
    ["a gradient of wrong shapes", () => grad(() => reshape(mul(x, x), [2, 2]), [x])],
    ["a replay of another shape", () => f(pair([1, 2]))],
    ["a replay of another type", () => f({ data: [1], shape: [1], dtype: "i32" })],
    ["a replay with a number missing", () => f({ data: [1, 2], shape: [1] })],
    ["a replay without its input", () => (f as () => unknown)()],
    ["an op of wrong shapes", () => matmul(x, reshape(x, [1, 3]))],
  ];
  for (const [name, fails] of failing) {
    const before = live();
    assert.not.match(await messageOf(fails), /nothing was thrown|Cannot read|not a function/, name);
    assert.is(gpu.recording, false, name);
    assert.is(gpu.tape, null, name);
    assert.is(live(), before, `${name}: ${live() - before} buffers left`);
  }
  f.dispose();
});

ownership("scopes within a differentiated function free nothing that its gradient needs", async () => {
  const x = gpu.tensor([1, 2, 3]);
  const before = live();
  const [dx] = grad(() => gpu.scope(() => sum(mul(gpu.scope(() => mul(x, x)), x))), [x]);
  assert.equal(await values(dx!), [3, 12, 27]);
  dx!.dispose();
  assert.is(live(), before);
});

ownership("gradients have memory of their own: one can be freed and the others stay", async () => {
  const [a, b, dy] = [gpu.tensor([1, 2]), gpu.tensor([3, 4]), gpu.tensor([5, 6])];
  const [da, db, again] = grad(() => add(a, b), [a, b, a], dy);
  da!.dispose();
  assert.equal([await values(db!), await values(again!), await values(dy)], [[5, 6], [5, 6], [5, 6]]);
});

ownership("an optimiser takes gradients that are one tensor, eagerly and in a capture", async () => {
  const spec = { a: { shape: [3], init: [1, 2, 3] }, b: { shape: [3], init: [4, 5, 6] } };
  const run = async (captured: boolean): Promise<number[]> => {
    const params = makeParameters(gpu, spec, 1);
    const opt = sgd([params], { lr: 0.5 });
    const step = () => {
      const { value, grads } = valueAndGrad(() => sum(sub(params.get("a"), params.get("b"))), params.list());
      opt.step(grads);
      return value;
    };
    const once = captured ? gpu.capture(step) : () => gpu.scope(step);
    for (let i = 0; i < 3; i++) once();
    const state = await params.state();
    return [...state.a!.data, ...state.b!.data];
  };
  assert.equal(await run(false), [-0.5, 0.5, 1.5, 5.5, 6.5, 7.5]);
  assert.equal(await run(true), await run(false));
});

ownership("the pool is bounded, and memory() says live, pooled and peak", async () => {
  const small = await createEngine({ poolBytes: 4 * 2 ** 20 });
  for (let i = 1; i <= 64; i++) small.scope(() => void small.empty([i * 2 ** 14]));
  const { liveBytes, pooledBytes, pooledLimit, peakBytes } = small.memory();
  assert.ok(pooledBytes <= pooledLimit && pooledLimit <= Math.max(4 * 2 ** 20, peakBytes),
    JSON.stringify(small.memory()));
  assert.ok(peakBytes >= 64 * 2 ** 16 && liveBytes < 2 ** 16);
  small.trim();
  assert.is(small.memory().pooledBytes, 0);
  assert.equal(await values(relu(small.tensor([-1, 2]))), [0, 2]);
  small.close();
});

ownership("what a loop without scopes drops is freed when the collector has run", async () => {
  const params = makeParameters(gpu, { w: { shape: [8, 1, 3, 3], init: "kaiming-uniform" },
    b: { shape: [8], init: "zeros" } }, 1);
  const opt = sgd([params], { lr: 0.1 });
  const x = gpu.tensor(new Float32Array(2 * 36).fill(0.5), [2, 1, 6, 6]);
  const before = gpu.memory();
  for (let i = 0; i < 100; i++) {
    const { grads } = valueAndGrad(() => mean(relu(conv2d(x, params.get("w"), params.get("b")))), params.list());
    opt.step(grads);
  }
  await gpu.synchronize();
  await turnOfEventLoop();
  collectGarbage();
  await turnOfEventLoop();
  if (typeof process === "undefined") return;
  const after = gpu.memory();
  const left = after.liveBuffers - before.liveBuffers;
  assert.ok(left < 50, `${left} buffers are left of 100 steps`);
  assert.ok(after.collectedBuffers > before.collectedBuffers && after.collectedBytes > before.collectedBytes);
});

ownership("disposing the result of an op leaves nothing behind", () => {
  const x = gpu.tensor(new Float32Array(144), [1, 4, 6, 6]);
  const w = gpu.tensor(new Float32Array(144), [4, 4, 3, 3]);
  const m = gpu.tensor(new Float32Array(64), [8, 8]);
  for (const op of [() => conv2d(x, w), () => conv2d(x, w, undefined, { padding: 1 }), () => matmul(m, m),
    () => softmax(m, { dim: 1 }), () => mean(m), () => add(m, 2)]) {
    const before = live();
    for (let i = 0; i < 10; i++) op().dispose();
    assert.is(live(), before, String(op));
  }
});

ownership("tensors that pile up outside of scopes are worth one warning that names scope", () => {
  const said: string[] = [];
  const warn = console.warn;
  console.warn = (text: string) => void said.push(text);
  const many = Array.from({ length: 1200 }, () => gpu.empty([1]));
  console.warn = warn;
  many.forEach((t) => t.dispose());
  assert.is(said.length, 1);
  assert.match(said[0]!, "gpu.scope");
});

ownership.run();
