// Rows of bench/cases.ts, which peers are measured on too, and whole steps besides them.

import { adam, cvaeLoss, makeParameters, mlpAutoencoder, valueAndGrad, type Engine,
  type Tensor } from "../src/index.ts";
import { bytesOf } from "./bytes.ts";
import { CASES, MACS, type Case, type Work } from "./cases.ts";
import { rnd } from "./inputs.ts";
import type { BenchRow } from "./row.ts";
import { makeWork } from "./work.ts";

/** The op that a kernel case measures. */
const OPS: Partial<Record<Work["kind"], string>> = {
  matmul: "matmul",
  conv: "conv2d",
  tconv: "convTranspose2d",
  batchNorm: "batchNorm",
  crossEntropy: "crossEntropy",
  reparameterize: "reparameterize",
  clusterLoss: "clusterLoss",
};

const rowOf = ({ name, group, flops, work }: Case): BenchRow => ({ op: OPS[work.kind] ?? "step", name, case: name,
  group, flops, bytes: bytesOf(work), make: (gpu) => makeWork(gpu, work) });

export const cases: BenchRow[] = CASES.map(rowOf);

const BATCH = 512;
const LARGE_N = 4096;
const large: Work = { kind: "train", net: "conv-cvae", batch: BATCH };

/** What a GPU alone does in good time. */
const onGpu: BenchRow[] = [
  rowOf({ name: `matmul ${LARGE_N}`, group: "kernel", flops: 2 * LARGE_N ** 3, work: { kind: "matmul", n: LARGE_N } }),
  rowOf({ name: "train resnet34 b128", group: "step", flops: 6 * 128 * MACS.resnet34,
    work: { kind: "train", net: "resnet34", batch: 128 } }),
].map((row) => ({ ...row, large: true }));

/** The network of `npm start`: 784-256-16 and back. */
const N = 128;
function trainMlp(gpu: Engine): () => Tensor {
  const net = mlpAutoencoder(gpu, 0);
  const means = makeParameters(gpu, { means: { shape: [10, net.latent], init: rnd(10 * net.latent, 1, 17) } }, 0);
  const params = [net.encoder, net.decoder, means];
  const list = params.flatMap((p) => p.list());
  const x = gpu.tensor(rnd(N * 784, 1, 5).map((v) => (v + 1) / 2), [N, 1, 28, 28]);
  const optimizer = adam(params, { lr: 1e-3 });
  return () => {
    const { value, grads } = valueAndGrad(() => cvaeLoss(net, means.get("means"), x, x, 20), list);
    optimizer.step(grads);
    return value;
  };
}
const MLP_MACS = 2 * 784 * 256 + 3 * 256 * 16;

export const steps: BenchRow[] = [
  rowOf({ name: `train conv-cvae b${BATCH}`, group: "step", flops: 6 * BATCH * MACS["conv-cvae"], work: large }),
  { op: "step", name: "train mlp-cvae b128", case: "train mlp-cvae b128", group: "step", flops: 6 * N * MLP_MACS,
    bytes: 4 * (6 * MLP_MACS + N * 784), make: trainMlp },
  ...onGpu,
];
