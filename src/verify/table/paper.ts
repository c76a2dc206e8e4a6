// Rows of the paper's ops: noise, reparameterised sampling, KL divergences, the cluster loss.

import { addNoise, categoricalKl, clusterLogits, clusterLoss, gaussianKl, rand, randn, reparameterize, type Runtime,
  type Shape } from "../../index.ts";
import { logSoftmaxOf } from "./losses.ts";
import { normals, uniforms } from "./philox.ts";
import { map } from "./reference.ts";
import { filled, host, type Host, type OpRow, type WrongRow } from "./table.ts";

/** Noise in float32 is off by the sine's and logarithm's rounding. */
const NOISE = { tolerance: 5e-5, gradientTolerance: 5e-5 };

const reparameterizeRow = (shape: Shape): OpRow => ({
  op: "reparameterize",
  name: `[${shape}]`,
  inputs: { mu: { shape }, logvar: { shape } },
  gradient: ["mu", "logvar"],
  shape,
  ...NOISE,
  run: ({ mu, logvar }) => reparameterize(mu!, logvar!),
  reference: ({ mu, logvar }, draw) => {
    const eps = normals(mu!.length, draw);
    return map(mu!, (m, i) => m + Math.exp(logvar![i]! / 2) * eps[i]!);
  },
});

/** A random tensor has no input to run on but an engine: x gives it. */
const fresh = (op: string, name: string, shape: Shape, run: (gpu: Runtime) => ReturnType<typeof randn>,
  f: (n: number, draw: readonly number[]) => Float64Array): OpRow => ({
    op,
    name,
    inputs: { x: { shape: [1] } },
    run: ({ x }) => run(x!.gpu),
    reference: (_, draw) => f(shape.reduce((a, b) => a * b, 1), draw),
    gradient: "none",
    shape,
    ...NOISE,
  });

function addNoiseRow(name: string, shape: Shape, sigmas: number[], clamp?: [number, number]): OpRow {
  const per = shape.reduce((a, b) => a * b, 1) / sigmas.length;
  const [lo, hi] = clamp ?? [-Infinity, Infinity];
  return {
    op: "addNoise", name, inputs: { x: { shape, low: 0, high: 1 } }, gradient: ["x"], shape, ...NOISE,
    run: ({ x }) => addNoise(x!, sigmas.length === 1 ? sigmas[0]! : x!.gpu.tensor(sigmas), clamp && { clamp }),
    reference({ x }, draw) {
      const eps = normals(x!.length, draw);
      return map(x!, (v, i) => Math.min(hi, Math.max(lo, v + sigmas[Math.floor(i / per)]! * eps[i]!)));
    },
  };
}

const rowSums = (N: number, D: number, f: (i: number) => number): Float64Array =>
  filled(N, (n) => filled(D, (j) => f(n * D + j)).reduce((a, b) => a + b, 0));

function gaussianKlRow(name: string, shape: [number, number], two: boolean): OpRow {
  const second: OpRow["inputs"] = two ? { mu2: { shape }, logvar2: { shape } } : {};
  return {
    op: "gaussianKl",
    name,
    inputs: { mu: { shape }, logvar: { shape }, ...second },
    gradient: ["mu", "logvar", ...Object.keys(second)],
    shape: [shape[0]],
    run: ({ mu, logvar, mu2, logvar2 }) => gaussianKl(mu!, logvar!, mu2, logvar2),
    reference: ({ mu, logvar, mu2, logvar2 }) => rowSums(...shape, (i) => {
      const [d, s] = [mu![i]! - (mu2?.[i] ?? 0), logvar2?.[i] ?? 0];
      return (Math.exp(logvar![i]! - s) + d * d * Math.exp(-s) - 1 - logvar![i]! + s) / 2;
    }),
  };
}

/** 1/2 |z[n] - means[k]|^2, [N,K]. */
function halfDistances(z: Host, means: Host): Host {
  const [N, D] = z.shape as [number, number];
  const K = means.shape[0]!;
  return host(
    filled(N * K, (i) =>
      filled(D, (j) =>
        (z[Math.floor(i / K) * D + j]! - means[(i % K) * D + j]!) ** 2).reduce((a, b) => a + b, 0) / 2),
    [N, K],
  );
}

const sizes = (N: number, K: number, D: number) => ({ z: { shape: [N, D] }, logvar: { shape: [N, D] },
  means: { shape: [K, D] }, logits: { shape: [N, K] } });

const clusterLogitsRow = (N: number, K: number, D: number): OpRow => {
  const { z, means } = sizes(N, K, D);
  return {
    op: "clusterLogits", name: `N ${N}, K ${K}, D ${D}`, inputs: { z, means }, gradient: ["z", "means"], shape: [N, K],
    run: (t) => clusterLogits(t.z!, t.means!), reference: (x) => halfDistances(x.z!, x.means!).map((h) => -h),
  };
};

const clusterLossRow = (N: number, K: number, D: number): OpRow => ({
  op: "clusterLoss",
  name: `given logits, N ${N}, K ${K}, D ${D}`,
  inputs: sizes(N, K, D),
  gradient: ["z", "logvar", "means", "logits"],
  shape: [N],
  run: ({ z, logvar, means, logits }) => clusterLoss(z!, logvar!, means!, logits!),
  reference({ z, logvar, means, logits }) {
    const h = halfDistances(z!, means!);
    const q = logSoftmaxOf(logits!).map(Math.exp);
    const prior = rowSums(N, D, (i) => -logvar![i]! / 2);
    return rowSums(N, K, (i) => q[i]! * h[i]!).map((v, n) => v + prior[n]!);
  },
});

/** The closed form equals the loss above with logits -h plus sum q log(K q), and has its own short formula. */
const closedRow = (N: number, K: number, D: number): OpRow => {
  const { z, logvar, means } = sizes(N, K, D);
  return {
    op: "clusterLoss",
    name: `closed form, N ${N}, K ${K}, D ${D}`,
    inputs: { z, logvar, means },
    gradient: ["z", "logvar", "means"],
    shape: [N],
    run: (t) => clusterLoss(t.z!, t.logvar!, t.means!),
    reference(x) {
      const h = halfDistances(x.z!, x.means!);
      const logq = logSoftmaxOf(host(h.map((v) => -v), h.shape));
      const prior = rowSums(N, D, (i) => -x.logvar![i]! / 2);
      return rowSums(N, K, (i) => Math.exp(logq[i]!) * (h[i]! + logq[i]! + Math.log(K))).map((v, n) => v + prior[n]!);
    },
  };
};

const categoricalKlRow = (name: string, N: number, K: number, spread: number): OpRow => ({
  op: "categoricalKl",
  name,
  inputs: { logits: { shape: [N, K], low: -spread, high: spread } },
  gradient: ["logits"],
  shape: [N],
  run: ({ logits }) => categoricalKl(logits!),
  reference({ logits }) {
    const logq = logSoftmaxOf(logits!);
    return rowSums(N, K, (i) => Math.exp(logq[i]!) * (logq[i]! + Math.log(K)));
  },
});

export const rows: OpRow[] = [
  reparameterizeRow([5, 7]),
  reparameterizeRow([65, 20]),
  {
    op: "reparameterize",
    name: "recorded noise",
    inputs: { mu: { shape: [5, 7] }, logvar: { shape: [5, 7] }, eps: { shape: [5, 7] } },
    gradient: ["mu", "logvar"],
    run: ({ mu, logvar, eps }) => reparameterize(mu!, logvar!, { eps: eps! }),
    reference: ({ mu, logvar, eps }) => map(mu!, (m, i) => m + Math.exp(logvar![i]! / 2) * eps![i]!),
  },
  fresh("randn", "[3,5,7]", [3, 5, 7], (gpu) => randn(gpu, [3, 5, 7]), normals),
  fresh("rand", "-1 to 3", [5, 13], (gpu) => rand(gpu, [5, 13], -1, 3),
    (n, draw) => uniforms(n, draw).map((u) => 4 * u - 1)),
  addNoiseRow("one sigma", [5, 7, 3], [0.5]),
  addNoiseRow("clamped to [0,1]", [3, 1, 28, 28], [0.5], [0, 1]),
  addNoiseRow("a sigma an image", [5, 3, 7], [0, 0.1, 0.2, 0.5, 1], [0, 1]),
  gaussianKlRow("to N(0, I)", [7, 5], false),
  gaussianKlRow("around a workgroup", [65, 20], false),
  gaussianKlRow("of two", [11, 3], true),
  clusterLogitsRow(7, 5, 3),
  clusterLogitsRow(131, 10, 20),
  clusterLossRow(7, 5, 3),
  clusterLossRow(131, 10, 7),
  clusterLossRow(1, 1, 1),
  closedRow(7, 5, 3),
  closedRow(131, 10, 7),
  categoricalKlRow("[7,5]", 7, 5, 2),
  categoricalKlRow("around a workgroup", 65, 10, 4),
  categoricalKlRow("saturated", 5, 7, 300),
];

export const wrong: WrongRow[] = [
  { op: "reparameterize", call: (gpu) => reparameterize(gpu.zeros([2, 3]), gpu.zeros([3])),
    message: /logvar has shape \[3\], \[2,3\] is due/ },
  { op: "reparameterize", call: (gpu) => reparameterize(gpu.zeros([2]), gpu.zeros([2]), { eps: gpu.zeros([3]) }),
    message: /eps has shape \[3\], \[2\] is due/ },
  { op: "randn", call: (gpu) => randn(gpu, [2.5]), message: /shape \[2.5\] has the size 2.5/ },
  { op: "rand", call: (gpu) => rand(gpu, [-1]), message: /shape \[-1\] has the size -1/ },
  { op: "addNoise", call: (gpu) => addNoise(gpu.zeros([2, 3]), gpu.zeros([3])),
    message: /std has neither one element nor one for each image of x \(x \[2,3\], std \[3\]\)/ },
  { op: "gaussianKl", call: (gpu) => gaussianKl(gpu.zeros([2, 3]), gpu.zeros([2, 4])),
    message: /logvar has shape \[2,4\], \[2,3\] is due/ },
  { op: "gaussianKl", call: (gpu) => gaussianKl(gpu.zeros([6]), gpu.zeros([6])),
    message: /mu has 1 dimensions, 2 are due: \[N,D\]/ },
  { op: "clusterLogits", call: (gpu) => clusterLogits(gpu.zeros([2, 3]), gpu.zeros([5, 4])),
    message: /z has 3 latent dimensions, means has 4 \(z \[2,3\], means \[5,4\]\)/ },
  { op: "clusterLoss",
    call: (gpu) => clusterLoss(gpu.zeros([2, 3]), gpu.zeros([2, 3]), gpu.zeros([5, 3]), gpu.zeros([2, 4])),
    message: /logits has shape \[2,4\], \[2,5\] is due/ },
  { op: "categoricalKl", call: (gpu) => categoricalKl(gpu.zeros([5])),
    message: /logits has 1 dimensions, 2 are due: \[N,K\]/ },
];
