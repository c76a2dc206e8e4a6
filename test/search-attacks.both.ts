// Attacks that search: FAB, Square and shifts stay where they may, change nothing, repeat themselves, never end worse
// than they began. Step by step `purigrad verify` holds them to float64 (src/verify/models/computed-boundary.ts and
// computed-square.ts).

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { argmax, cat, createEngine, fab, flatten, linear, marginLoss, relu, spatialShift, square, squareAttack, sub,
  sum, type Attack, type Engine, type Model, type Tensor } from "../src/index.ts";
import { bump, L2 } from "../src/attacks/square-moves.ts";
import { hostRandom } from "../src/model/host-random.ts";
import { held } from "../src/verify/held.ts";

const test = suite("search attacks");
let gpu: Engine;
test.before(async () => void (gpu = await createEngine({ seed: 3 })));
test.after(() => gpu.close());

const [N, C, H, W, K] = [8, 2, 7, 9, 4];
const [SHAPE, P] = [[N, C, H, W], C * H * W];
const random = hostRandom(7);
const numbers = (n: number, lo: number, hi: number) =>
  Float32Array.from({ length: n }, () => lo + (hi - lo) * random());
const [first, second, images] = [numbers(16 * P, -0.5, 0.5), numbers(K * 16, -1, 1), numbers(N * P, 0, 1)];

/** A small network, images, and labels that are right but for the first image's. */
async function setUp() {
  const [w1, w2] = [gpu.tensor(first, [16, P]), gpu.tensor(second, [K, 16])];
  const model: Model = (x) => linear(relu(linear(flatten(x), w1)), w2);
  const x = gpu.tensor(images, SHAPE);
  const said = [...(await argmax(model(x), { dim: 1 }).data<Int32Array>())];
  return { model, x, y: gpu.tensor(said.map((k, i) => (i === 0 ? (k + 1) % K : k)), [N], "i32") };
}
const rowsOf = (data: Float32Array) => Array.from({ length: N }, (_, n) => data.subarray(n * P, n * P + P));
const movesOf = (data: Float32Array) => rowsOf(data).map((row, n) => row.map((v, i) => v - images[n * P + i]!));
const far = { Linf: (d: Float32Array) => Math.max(...d.map(Math.abs)), L2: (d: Float32Array) => Math.hypot(...d) };

const ATTACKS: Record<string, { norm?: "Linf" | "L2"; eps: number; make: (m: Model) => Attack }> = {
  fab: { norm: "Linf", eps: 0.06, make: (m) => fab(m, { eps: 0.06, steps: 6 }) },
  "fab with starts": { norm: "Linf", eps: 0.06, make: (m) => fab(m, { eps: 0.06, steps: 4, restarts: 3 }) },
  "fab in L2": { norm: "L2", eps: 0.3,
    make: (m) => fab(m, { norm: "L2", eps: 0.3, steps: 4, restarts: 2, targets: 3 }) },
  square: { norm: "Linf", eps: 0.06, make: (m) => squareAttack(m, { eps: 0.06, queries: 60 }) },
  "square in L2": { norm: "L2", eps: 0.5, make: (m) => squareAttack(m, { norm: "L2", eps: 0.5, queries: 60 }) },
  shift: { eps: 1, make: (m) => spatialShift(m, { pixels: 1 }) },
};

for (const [name, { norm, eps, make }] of Object.entries(ATTACKS)) test(`${name} stays in its ball, never ends worse ` +
  `than it began, changes nothing, keeps nothing and repeats itself`, async () => {
  const { model, x, y } = await setUp();
  const margins = async (v: Tensor) => {
    const made = gpu.scope(() => marginLoss(model(v), y));
    const values = [...(await made.data())];
    made.dispose();
    return values;
  };
  const clean = await margins(x);
  const before = held(gpu).buffers;
  const attack = make(model);
  const saved = await gpu.random.save();
  const one = attack(x, y);
  const data = await one.data();
  gpu.random.restore(saved);
  const again = attack(x, y);
  assert.equal(await again.data(), data, "the same seed");
  const after = await margins(one);
  assert.ok(data.every((v) => v >= 0 && v <= 1));
  const moves = movesOf(data);
  if (norm) moves.forEach((d) => assert.ok(far[norm](d) <= eps * (1 + 1e-5), `${far[norm](d)} away`));
  after.forEach((v, n) => assert.ok(v >= clean[n]! - 1e-6, `image ${n}: the margin fell from ${clean[n]} to ${v}`));
  assert.ok(after.some((v, n) => v > 0 && clean[n]! < 0), "some image is fooled");
  if (name !== "shift") assert.ok(far.Linf(moves[0]!) === 0, "an image that is wrong already stays as it is");
  if (name.startsWith("fab"))
    moves.forEach((d, n) => assert.ok(far.Linf(d) === 0 || after[n]! > 0, "what is not fooled ends as it was"));
  assert.equal(await x.data(), images);
  [one, again, attack].forEach((t) => t.dispose());
  assert.is(held(gpu).buffers, before);
});

test("another seed takes another way", async () => {
  const { model, x, y } = await setUp();
  const square = squareAttack(model, { norm: "L2", eps: 0.5, queries: 10 });
  assert.not.equal(await square(x, y).data(), await square(x, y).data());
});

test("from an image without a gradient a further start of FAB finds the way, within eps", async () => {
  const bowl: Model = (v) => cat([sum(square(sub(v, 0.5)), { dim: 1, keepdim: true }), gpu.full([1, 1], 0.01)], 1);
  const [middle, label] = [gpu.full([1, 3], 0.5), gpu.tensor([1], [1], "i32")];
  const length = async (o: object) => {
    const data = await fab(bowl, { norm: "L2", eps: 0.2, steps: 20, ...o })(middle, label).data();
    return Math.hypot(...data.map((v) => v - 0.5));
  };
  assert.is(await length({}), 0, "the first starts at the image");
  const found = await length({ restarts: 2 });
  assert.ok(found > 0.0999 && found < 0.106, `${found} away`);
});

test("FAB stops close behind the boundary of a linear model", async () => {
  const w = numbers(2 * P, -1, 1);
  const along = w.slice(P).map((v, i) => v - w[i]!);
  const inside = numbers(N * P, 0.45, 0.55);
  const model: Model = (v) => linear(flatten(v), gpu.tensor(w, [2, P]));
  const x = gpu.tensor(inside, SHAPE);
  const y = argmax(model(x), { dim: 1 });
  const gaps = Array.from({ length: N }, (_, n) => Math.abs(along.reduce((s, v, i) => s + v * inside[n * P + i]!, 0)));
  const due = { Linf: along.reduce((s, v) => s + Math.abs(v), 0), L2: Math.hypot(...along) };
  for (const norm of ["Linf", "L2"] as const) {
    const data = await fab(model, { norm, eps: 10, steps: 8 })(x, y).data();
    rowsOf(data).forEach((row, n) => {
      const share = far[norm](row.map((v, i) => v - inside[n * P + i]!)) / (gaps[n]! / due[norm]);
      assert.ok(share > 0.999 && share < 1.06, `${norm}: ${share} of the way`);
    });
  }
});

test("Square's bumps in L2 are those of the authors' code, its sides are odd and fit the image", () => {
  const half = (v: number[], sign: number) => v.map((u) => (sign * u) / Math.hypot(...v) / Math.SQRT2);
  const due = [...half([1, 5, 1], 1), ...half([1, 1, 1, 1, 5, 1], -1)]; // 5/4 in the middle, 1/4 around it
  bump(3).forEach((v, i) => assert.ok(Math.abs(v - due[i]!) < 1e-12));
  assert.equal([25, 18, 2, 40].map((due) => L2.side(due, 28, 28)), [25, 19, 3, 27]);
  assert.is(L2.side(6, 4, 9), 3);
});

test("what they refuse is one sentence", () => {
  const model = (v: Tensor) => v;
  const bad: [() => unknown, RegExp][] = [
    [() => fab(model, { eps: -1 }), /^fab: eps is -1; a number >= 0 is due$/],
    [() => fab(model, { eps: 1, norm: "L1" as never }), /^fab: norm is "L1"; "Linf" or "L2" is due$/],
    [() => fab(model, { eps: 1, beta: 2 }), /^fab: beta is 2; a number from 0 to 1 is due$/],
    [() => fab(model, { eps: 1, eta: 0.5 }), /^fab: eta is 0.5; a number >= 1 is due$/],
    [() => fab(model, { eps: 1, alpha: 1 } as never), /^fab: no option named alpha; there are eps, norm/],
    [() => fab(model, { eps: 1, targets: 9 })(gpu.zeros([1, 4]), gpu.zeros([1], "i32")),
      /^fab: targets goes up to 3 for 4 classes; ask for fewer$/],
    [() => squareAttack(model, { eps: 1, norm: "L1" as never }), /^squareAttack: norm is "L1"; "Linf" or "L2" is due$/],
    [() => squareAttack(model, { eps: 1 })(gpu.zeros([1, 4]), gpu.zeros([1], "i32")),
      /^squareAttack: images \[N,C,H,W\] are due/],
    [() => spatialShift(model, { pixels: 1.5 }), /^spatialShift: pixels is 1\.5; a whole number >= 0 is due$/],
    [() => spatialShift(model)(gpu.zeros([1, 4]), gpu.zeros([1], "i32")), /^spatialShift: images \[N,C,H,W\] are due/],
  ];
  for (const [call, message] of bad) assert.throws(call, (e: Error) => (assert.match(e.message, message), true));
});

test.run();
