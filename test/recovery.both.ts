// What goes wrong on the GPU: named, thrown once, nothing else lost, and the engine goes on.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { add, createEngine, kernel, matmul, mul, relu, type Engine, type Tensor } from "../src/index.ts";
import { messageOf } from "./engine-tools.ts";

const recovery = suite("recovery");
let gpu: Engine;
recovery.before(async () => void (gpu = await createEngine({ seed: 3 })));
recovery.after(() => gpu.close());

const values = async (t: Tensor) => [...(await t.data())];

const shader = (body: string) => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1)
fn main() {
  ${body}
}`;
const twice = kernel("user/twice.wgsl", shader("y[0] = 2.0 * x[0];"));
const broken = kernel("user/broken.wgsl", shader("y[0] = x[0] * z[0];"));
const tooMany = kernel("user/many.wgsl", shader("y[0] = x[0];").replace("workgroup_size(1)", "workgroup_size(1, 1, " +
  "4096)"));

recovery("a broken shader is thrown once, its result is never read, and the work around it is not lost", async () => {
  const x = gpu.tensor([3]);
  const [before, y, after] = [mul(x, 2), gpu.empty([1]), gpu.empty([1])];
  gpu.run(broken, { x, y }, {}, [1]);
  gpu.run(twice, { x, y: after }, {}, [1]);
  assert.match(await messageOf(() => gpu.synchronize()), /^user\/broken\.wgsl:6:\d+: .*['`]z['`]/);
  assert.equal([await values(before), await values(after)], [[6], [6]]);
  assert.match(await messageOf(() => y.data()), "user/broken.wgsl:6:");
  assert.match(await messageOf(() => gpu.run(broken, { x, y }, {}, [1])), "user/broken.wgsl:6:");
  assert.equal(await values(add(before, after)), [12]);
});

recovery("a pipeline that the driver refuses is named and does no harm to others", async () => {
  const x = gpu.tensor([3]);
  const [y, after] = [gpu.empty([1]), relu(x)];
  gpu.run(tooMany, { x, y }, {}, [1]);
  assert.match(await messageOf(() => gpu.synchronize()), "user/many.wgsl");
  assert.equal(await values(after), [3]);
  assert.match(await messageOf(() => y.data()), "user/many.wgsl");
});

recovery("a broken shader in a capture is thrown by the call after it is known, and by every later one", async () => {
  const f = gpu.capture((x: Tensor) => {
    const y = gpu.empty([1]);
    gpu.run(kernel("user/captured.wgsl", shader("y[0] = x[0] * nothing;")), { x, y }, {}, [1]);
    return y;
  });
  f({ data: [1], shape: [1] });
  for (let i = 0; i < 3; i++)
    assert.match(await messageOf(async () => (await gpu.synchronize(), f({ data: [1], shape: [1] }))),
      "user/captured.wgsl:6:");
  assert.equal(await values(gpu.capture((x: Tensor) => relu(x))({ data: [5], shape: [1] })), [5]);
  f.dispose();
});

recovery("shader errors name the file and the line also where files are joined", async () => {
  const parts = [["user/half.wgsl", "fn half(v: f32) -> f32 {\n  return v / two;\n}"], ["user/other.wgsl",
    "const unused = 1.0;"]];
  const joined = kernel("user/joined.wgsl", `${shader("y[0] = half(x[0]);")}\n//# sourceURL=user/joined.wgsl`, {
    parts: parts.map(([name, code]) => `${code}\n//# sourceURL=${name}`),
  });
  gpu.run(joined, { x: gpu.tensor([1]), y: gpu.empty([1]) }, {}, [1]);
  assert.match(await messageOf(() => gpu.synchronize()), /^user\/half\.wgsl:2:\d+: .*['`]two['`]/);
});

recovery("what would read the memory it writes is refused by name, and nothing is lost", async () => {
  const flat = gpu.zeros([128]);
  const [a, b] = [flat.view([4]), flat.view([4], 256)];
  const y = relu(gpu.tensor([1, -1]));
  assert.match(await messageOf(() => gpu.run(twice, { x: a, y: b }, {}, [1])),
    /user\/twice\.wgsl: y Tensor f32\[4\] is written and lies in the same memory as x/);
  gpu.copy(gpu.tensor([1, 2, 3, 4]), a);
  gpu.copy(a, b);
  assert.equal([await values(b), await values(y)], [[1, 2, 3, 4], [1, 0]]);
});

recovery("views beyond their tensor or off the grid of 256 bytes are refused", async () => {
  const x = gpu.zeros([128]);
  for (const [shape, offset] of [[[129], 0], [[65], 256], [[1], 512], [[4], 16], [[4], -256], [[4], 1.5], [[4], NaN], [[
    2.5,
  ], 0], [[-1], 0]] as const)
    assert.match(await messageOf(() => x.view(shape as readonly number[], offset)),
      /^view: .* (is|are) due|^view: .* has \d+ there/);
  assert.equal(await values(x.view([2, 2], 256)), [0, 0, 0, 0]);
});

recovery("out of memory: what was asked, live and pooled; after freeing, the same engine goes on", async () => {
  const small = await createEngine({ memoryLimit: 2 ** 20 });
  const held = [small.zeros([2 ** 16]), small.zeros([2 ** 16]), small.zeros([2 ** 16])];
  const why = await messageOf(() => small.zeros([2 ** 17]));
  assert.match(why,
    /^out of memory: a tensor f32\[131072\] asks for 524288 bytes where \d+ are live and \d+ pooled, /);
  held.forEach((t) => t.dispose());
  assert.equal((await small.zeros([2 ** 17]).data()).length, 2 ** 17);
  assert.match(await messageOf(() => small.empty([2 ** 33])),
    /^out of memory: .* asks for 34359738368 bytes where .* the largest buffer of this adapter has \d+ bytes/);
  small.close();
});

recovery("the driver's own shortage is thrown once, by name, and spoils nothing but that tensor", async () => {
  const { device } = gpu;
  const create = device.createBuffer.bind(device);
  const pop = device.popErrorScope.bind(device);
  const empty = gpu.zeros([1]);
  gpu.trim();
  let refuse = true;
  device.popErrorScope = async () => {
    const error = await pop();
    return error ?? (refuse ? ((refuse = false), { message: "no memory" } as GPUError) : null);
  };
  const y = gpu.empty([12345]);
  device.popErrorScope = pop;
  assert.match(await messageOf(() => gpu.synchronize()),
    /^out of memory: a tensor f32\[12345\] asks for 49392 bytes .* the driver has no more/);
  assert.match(await messageOf(() => relu(y)), /^out of memory/);
  y.dispose();
  assert.equal([await values(empty), await values(relu(gpu.tensor([7])))], [[0], [7]]);
  assert.is(device.createBuffer === create, false);
});

recovery("an error that no call is to blame for is thrown once", async () => {
  gpu.device.createBuffer({ size: 16, usage: 0xffff });
  assert.match(await messageOf(() => gpu.synchronize()), /usage|Buffer/i);
  await gpu.synchronize();
  assert.equal(await values(relu(gpu.tensor([7]))), [7]);
});

recovery("a lost device stays lost and says the same sentence everywhere", async () => {
  const lost = await createEngine();
  const x = lost.tensor([1, 2]);
  const f = lost.capture((t: Tensor) => relu(t));
  f(x);
  assert.is(lost.lost, false);
  lost.device.destroy();
  await lost.device.lost;
  const said = new Set<string>();
  for (const use of [() => relu(x), () => f(x), () => x.data(), () => lost.synchronize(), () => lost.tensor([1])])
    said.add(await messageOf(use));
  assert.is(said.size, 1);
  assert.match([...said][0]!, /^the GPU device was lost \(.*\); nothing computed since can be trusted: start again/);
  assert.is(lost.lost, true);
  lost.close();
});

recovery("host data is checked: length, type, whole numbers", async () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => gpu.tensor([1, "2"] as unknown as number[]), /^tensor: element 1 is "2"; a number is due/],
    [() => gpu.tensor([[1, 2], [3]]),
      /^tensor: rows of different lengths at depth 1; 2 elements are due in each, as in the first/],
    [() => gpu.tensor([[1, 2], 3]), /^tensor: rows of different lengths/],
    [() => gpu.tensor([[1, 2], [3, "4"]] as unknown as number[][]), /^tensor: element 3 is "4"; a number is due/],
    [() => gpu.tensor(new BigInt64Array(2) as unknown as number[]),
      /^tensor: .* given; a number, an array of numbers or a typed array is due/],
    [() => gpu.tensor(null as unknown as number[]), /^tensor: .*null/],
    [() => gpu.tensor([1.5], [1], "i32"), /^tensor: element 0 is 1.5; a whole number that fits i32 is due/],
    [() => gpu.tensor([-1], [1], "u32"), /whole number that fits u32/],
    [() => gpu.tensor([NaN], [1], "i32"), /whole number that fits i32/],
    [() => gpu.tensor([1], [1], "f64" as "f32"), /^tensor: dtype "f64" given; "f32", "i32" or "u32" is due/],
    [() => gpu.tensor([1], [1.5]), /^tensor: .*1\.5/],
    [() => gpu.tensor([1], "1" as unknown as number[]), /^tensor: "1" given as a shape/],
    [() => gpu.zeros([-1]), /^\w+: shape \[-1\] has the size -1/],
    [() => gpu.full([1], "x" as unknown as number), /^full: "x" given/],
    [() => gpu.write(gpu.zeros([2]), [1]), /^write: 1 numbers given, shape \[2\] holds 2/],
    [() => gpu.capture(3 as unknown as () => Tensor), /^capture: 3 given; a function of tensors is due/],
    [() => gpu.capture((x: Tensor) => relu(x))(null as unknown as Tensor),
      /^capture: input 0 is null; a tensor or \{data, shape\} is due/],
    [() => gpu.copy(gpu.zeros([2]), gpu.zeros([3])), /^copy: .* does not fit/],
    [() => relu([1, 2] as unknown as Tensor), /^relu: /],
    [() => matmul(gpu.zeros([2, 2]), undefined as unknown as Tensor), /^matmul: /],
  ];
  for (const [call, due] of wrong) assert.match(await messageOf(call), due);
  assert.match(await messageOf(() => createEngine({ sed: 3 } as object)),
    /^createEngine: no option named sed; there are adapter, seed/);
});

recovery.run();
