// The op checker itself: a row that is wrong in one way is found out, and for that reason.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, mul, square, stopGradient, sub, type Engine, type Tensor } from "../src/index.ts";
import { record } from "../src/engine/grad/tape.ts";
import { checkRow, checkWrong } from "../src/verify/table/check.ts";
import type { OpRow } from "../src/verify/table/table.ts";

let gpu: Engine;
const checker = suite("op checker");
checker.before(async () => void (gpu = await createEngine()));
checker.after(() => gpu.close());

const right: OpRow = {
  op: "square", name: "right", inputs: { x: { shape: [5, 7] }, w: { shape: [7] } }, gradient: ["x", "w"],
  run: ({ x, w }) => mul(square(x!), w!), reference: ({ x, w }) => x!.map((v, i) => v * v * w![i % 7]!),
};
const finds = (name: string, change: Partial<OpRow>, ...due: RegExp[]) =>
  checker(name, async () => {
    const problems = await checkRow(gpu, { ...right, ...change });
    assert.is(problems.length, due.length, problems.join("; "));
    due.forEach((message, i) => assert.match(problems[i]!, message));
  });

finds("a right row has no problem", {});
finds("a wrong value", { gradient: [], run: ({ x, w }) => mul(sub(square(x!), 1e-4), w!) },
  /^the result is off by .*element \d+:/);
finds("a wrong shape", { shape: [7, 5] }, /^the result has shape \[5,7\], \[7,5\] is due$/);
finds("a gradient that is cut", { run: ({ x, w }) => mul(square(stopGradient(x!)), w!) }, /^dx is off by/);
/** Of 300 elements one alone has a gradient that is wrong, and none that is looked at by itself. */
const bent = (x: Tensor): Tensor => record("bent", square(x), [x], (dy) =>
  [mul(mul(dy, mul(x, 2)), gpu.tensor(Float32Array.from({ length: 300 }, (_, i) => (i === 5 ? 1.01 : 1))))]);
finds("a gradient that is wrong between the probes", { inputs: { x: { shape: [300] } }, gradient: ["x"],
  run: ({ x }) => bent(x!), reference: ({ x }) => x!.map((v) => v * v) },
  /^dx is off by .*along a direction/);
finds("a result that is not a number", { gradient: [], run: ({ x, w }) => mul(mul(square(x!), w!), NaN) },
  /^the result is off by NaN/);
finds("a buffer left behind", { run: ({ x, w }) => (gpu.recording || gpu.keep(gpu.zeros([3])), mul(square(x!), w!)) },
  /buffers \(\d+ bytes\) were left behind/);

/** Another factor at every call: a capture keeps the one it recorded. */
let calls = 0;
finds("a number baked into the capture", { gradient: [], tolerance: 1e-1,
  run: ({ x, w }) => mul(mul(square(x!), w!), 1 + 1e-3 * ++calls) },
  /^captured, call \d: the result has other bits than eager/);

/** Gives w no gradient where x wants none. */
const careless = (x: Tensor, w: Tensor): Tensor =>
  record("careless", mul(x, w), [x, w], (dy, needs) => [mul(dy, w), needs[0] ? mul(dy, x) : gpu.zeros(w.shape)]);
finds("needs that change another gradient", { inputs: { x: { shape: [5] }, w: { shape: [5] } },
  run: ({ x, w }) => careless(x!, w!), reference: ({ x, w }) => x!.map((v, i) => v * w![i]!) },
  /^dw asked for alone has other bits/);

checker("a call that throws nothing, or something else", () => {
  assert.match(checkWrong(gpu, { op: "x", call: () => 0, message: /due/ })[0]!, /^threw nothing/);
  assert.match(checkWrong(gpu, { op: "x", call: () => {
    throw new Error("y: due");
  }, message: /due/ })[0]!, /^threw "y: due"/);
  assert.equal(checkWrong(gpu, { op: "x", call: () => {
    throw new Error("x: due");
  }, message: /due/ }), []);
});

checker.run();
