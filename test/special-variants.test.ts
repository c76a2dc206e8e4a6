// NaN and infinity in the heavy ops: every variant lets them go exactly where the sum has them, and nowhere else.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d, convTranspose2d, createEngine, grad, linear, matmul, relu, type Engine,
  type Tensor } from "../src/index.ts";
import { filled, seeded } from "../src/verify/table/table.ts";

const special = suite("special values by variant");
let gpu: Engine;
special.before(async () => void (gpu = await createEngine()));
special.after(() => gpu.close());

type Numbers = Float64Array;
const numbers = (seed: string, n: number, bad: Record<number, number> = {}): Numbers => {
  const random = seeded(seed);
  return filled(n, (i) => bad[i] ?? Math.fround(2 * random() - 1));
};
const upload = (v: Numbers, shape: number[]): Tensor => gpu.tensor(new Float32Array(v), shape);

function same(got: ArrayLike<number>, due: ArrayLike<number>, what: string): void {
  assert.is(got.length, due.length, what);
  for (let i = 0; i < due.length; i++) {
    const [g, d] = [got[i]!, due[i]!];
    const ok = Number.isFinite(d) ? Math.abs(g - d) <= 1e-4 * Math.max(1, Math.abs(d)) : Object.is(g, d);
    if (!ok) assert.unreachable(`${what}: element ${i} is ${g}, ${d} is due`);
  }
}

/** Runs fn with each variant of `op` that this adapter has; Winograd, which mixes the pixels of a tile, is left out. */
async function eachVariant(op: string, fn: () => Tensor, due: ArrayLike<number>, what: string): Promise<void> {
  const { variants } = gpu.tuner.heavy(fn).find((job) => job.op === op)!;
  for (const name of variants.filter((v) => v !== "winograd")) {
    gpu.tuner.force(op, name);
    same(await gpu.scope(fn).data(), due, `${what}, ${op} ${name}`);
    gpu.tuner.force(op, null);
  }
}

const BAD = [NaN, Infinity, -Infinity];
const gate = (v: Numbers) => v.map((x) => (x < 0 ? 0 : x));

for (const [M, K, N] of [[12, 16, 20], [5, 7, 3], [64, 64, 64], [1, 784, 20], [130, 512, 8]] as const)
  special(`matmul [${M},${K}] x [${K},${N}]`, async () => {
    for (const bad of BAD) {
      const [a, b] = [numbers("a", M * K, { [K - 1]: bad }), numbers("b", K * N, { [N + 1]: bad })];
      const due = filled(M * N, (i) => {
        let s = 0;
        for (let k = 0; k < K; k++) s += a[Math.floor(i / N) * K + k]! * b[k * N + (i % N)]!;
        return s;
      });
      const [A, B] = [upload(a, [M, K]), upload(b, [K, N])];
      await eachVariant("matmul", () => matmul(A, B), due, String(bad));
      const flipped = upload(filled(N * K, (i) => b[(i % K) * N + Math.floor(i / K)]!), [N, K]);
      await eachVariant("matmul", () => linear(A, flipped, upload(numbers("c", N, { 0: bad }), [N])), due.map((v, i) =>
        v + numbers("c", N, { 0: bad })[i % N]!
      ), `linear ${bad}`);
    }
  });

interface Shape {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  K: number;
  stride: number;
  padding: number;
  groups: number;
}
const SHAPES: [string, Shape][] = [
  ["3x3", { N: 2, C: 3, H: 7, W: 6, O: 5, K: 3, stride: 1, padding: 1, groups: 1 }],
  ["no padding, rows of five", { N: 1, C: 2, H: 6, W: 7, O: 9, K: 3, stride: 1, padding: 0, groups: 1 }],
  ["stride 2", { N: 2, C: 4, H: 8, W: 8, O: 4, K: 4, stride: 2, padding: 1, groups: 1 }],
  ["folded: one output channel", { N: 2, C: 3, H: 9, W: 6, O: 1, K: 3, stride: 1, padding: 1, groups: 1 }],
  ["folded: depthwise, stride 2", { N: 1, C: 3, H: 9, W: 9, O: 3, K: 3, stride: 2, padding: 1, groups: 3 }],
  ["folded: one input channel", { N: 1, C: 1, H: 9, W: 9, O: 4, K: 3, stride: 1, padding: 1, groups: 1 }],
  ["1x1", { N: 1, C: 5, H: 4, W: 5, O: 6, K: 1, stride: 1, padding: 0, groups: 1 }],
  ["5x5", { N: 1, C: 2, H: 9, W: 11, O: 2, K: 5, stride: 1, padding: 2, groups: 1 }],
];

/** Calls visit(x index, w index, y index) for every product of the convolution that has a pixel. */
function products({ N, C, H, W, O, K, stride, padding, groups }: Shape,
  visit: (x: number, w: number, y: number) => void): void {
  const out = (size: number) => Math.floor((size + 2 * padding - K) / stride) + 1;
  const [OH, OW, Cg, Og] = [out(H), out(W), C / groups, O / groups];
  for (let n = 0; n < N; n++) for (let o = 0; o < O; o++) for (let h = 0; h < OH; h++) for (let w = 0; w < OW; w++)
    for (let c = 0; c < Cg; c++) for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) {
      const [y, x] = [h * stride + i - padding, w * stride + j - padding];
      if (y < 0 || x < 0 || y >= H || x >= W) continue;
      const channel = Math.floor(o / Og) * Cg + c;
      visit(((n * C + channel) * H + y) * W + x, ((o * Cg + c) * K + i) * K + j, ((n * O + o) * OH + h) * OW + w);
    }
}

for (const [name, s] of SHAPES)
  special(`conv2d ${name}`, async () => {
    const out = (size: number) => Math.floor((size + 2 * s.padding - s.K) / s.stride) + 1;
    const sizes = { x: s.N * s.C * s.H * s.W, w: (s.O * s.C * s.K * s.K) / s.groups,
      y: s.N * s.O * out(s.H) * out(s.W) };
    const shapes = { x: [s.N, s.C, s.H, s.W], w: [s.O, s.C / s.groups, s.K, s.K], y: [s.N, s.O, out(s.H), out(s.W)] };
    const { stride, padding, groups } = s;
    for (const bad of BAD) {
      for (const at of [0, Math.floor(sizes.x / 2) + 1, sizes.x - 1]) {
        const [x, w, dy] = [numbers("x", sizes.x, { [at]: bad }), numbers("w", sizes.w), numbers("dy", sizes.y)];
        const [y, dw] = [new Float64Array(sizes.y), new Float64Array(sizes.w)];
        products(s, (i, j, k) => { y[k]! += x[i]! * w[j]!; dw[j]! += x[i]! * dy[k]!; });
        const [X, Wt, dY] = [upload(x, shapes.x), upload(w, shapes.w), upload(dy, shapes.y)];
        await eachVariant("conv2d", () => conv2d(X, Wt, undefined, { stride, padding, groups }), y, `x[${at}] ${bad}`);
        await eachVariant("conv2d", () => conv2d(X, Wt, undefined, { stride, padding, groups, relu: true }), gate(y),
          `relu, x[${at}] ${bad}`);
        await eachVariant("conv2d dw", () =>
          grad(() => conv2d(X, Wt, undefined, { stride, padding, groups }), [Wt], dY)[0]!, dw, `x[${at}] ${bad}`);
      }
      const at = Math.floor(sizes.y / 2);
      const [w, dy, dx] = [numbers("w", sizes.w), numbers("dy", sizes.y, { [at]: bad }), new Float64Array(sizes.x)];
      products(s, (i, j, k) => (dx[i]! += w[j]! * dy[k]!));
      const [X, Wt, dY] = [upload(numbers("x", sizes.x), shapes.x), upload(w, shapes.w), upload(dy, shapes.y)];
      await eachVariant("conv2d dx", () =>
        grad(() => conv2d(X, Wt, undefined, { stride, padding, groups }), [X], dY)[0]!, dx, `dy[${at}] ${bad}`);
    }
  });

special("a fused relu passes NaN forward, and its gate selects backward", async () => {
  const x = upload(Float64Array.of(1, -1, 2, NaN, 3, 1, 1, -2, -3, 1, -1, 2, 1, -5, 1, -1), [1, 1, 4, 4]);
  const w = upload(Float64Array.of(1), [1, 1, 1, 1]);
  const dy = upload(filled(16, (i) => [Infinity, NaN, 1, 2][i % 4]!), [1, 1, 4, 4]);
  const due = grad(() => relu(x), [x], dy)[0]!;
  const fused = grad(() => conv2d(x, w, undefined, { relu: true }), [x], dy)[0]!;
  const transposed = grad(() => convTranspose2d(x, w, undefined, { relu: true }), [x], dy)[0]!;
  assert.equal([...(await fused.data())], [...(await due.data())]);
  assert.equal([...(await transposed.data())], [...(await due.data())]);
  assert.ok(Number.isNaN((await conv2d(x, w, undefined, { relu: true }).data())[3]));
});

special("Winograd spreads NaN over its tile at most, and loses none", async () => {
  const [C, H] = [32, 12];
  const x = upload(numbers("x", C * H * H, { [5 * H + 6]: NaN }), [1, C, H, H]);
  const w = upload(numbers("w", C * C * 9), [C, C, 3, 3]);
  const y = () => conv2d(x, w, undefined, { padding: 1 });
  gpu.tuner.force("conv2d", "winograd");
  const got = await y().data();
  gpu.tuner.force("conv2d", "plain");
  const due = await y().data();
  gpu.tuner.force("conv2d", null);
  due.forEach((d, i) => {
    const [h, v] = [Math.floor(i / H) % H, i % H];
    if (Number.isNaN(d)) assert.ok(Number.isNaN(got[i]), `NaN is lost at ${i}`);
    else if (Math.abs(h - 5) > 4 || Math.abs(v - 6) > 4) assert.ok(Number.isFinite(got[i]), `NaN reaches ${i}`);
  });
});

special("empty tensors give empty or the right results", async () => {
  const empty = (...shape: number[]) => gpu.zeros(shape);
  assert.equal(matmul(empty(0, 3), empty(3, 4)).shape, [0, 4]);
  assert.equal([...(await matmul(empty(2, 0), empty(0, 2)).data())], [0, 0, 0, 0]);
  assert.equal([...(await linear(empty(2, 0), empty(3, 0), gpu.tensor([1, 2, 3])).data())], [1, 2, 3, 1, 2, 3]);
  assert.equal(conv2d(empty(0, 2, 5, 5), empty(3, 2, 3, 3)).shape, [0, 3, 3, 3]);
  assert.equal(convTranspose2d(empty(0, 2, 5, 5), empty(2, 3, 3, 3)).shape, [0, 3, 7, 7]);
  const w = gpu.full([3, 2, 3, 3], 1);
  assert.equal([...(await grad(() => conv2d(empty(0, 2, 5, 5), w), [w])[0]!.data())], new Array(54).fill(0));
});

special.run();
