// The cases that every engine of `npm run bench:peers` is measured on, as plain data: a worker in any language reads
// them as JSON. Sizes are PyTorch's: NCHW, weights [co, ci, k, k] (transposed [ci, co, k, k]), symmetric padding.

/** Of which network a step is one: see `nets` in bench/peers/README.md. */
export type Net = "mnist-cnn" | "conv-vae" | "conv-cvae" | "resnet34";

export type Work =
  | { kind: "matmul"; n: number; }
  | { kind: "conv"; pass: "forward" | "dInput" | "dFilter"; batch: number; size: number; ci: number; co: number;
    k: number; stride: number; padding: number; }
  | { kind: "tconv"; batch: number; size: number; ci: number; co: number; k: number; stride: number; padding: number;
    outputPadding: number; }
  /** Training-mode batch norm of [batch, channels, size, size], forward and backward. */
  | { kind: "batchNorm"; batch: number; channels: number; size: number }
  /** Mean cross-entropy of logits [batch, classes], forward and backward. */
  | { kind: "crossEntropy"; batch: number; classes: number }
  /** z = mu + exp(logvar / 2) n with fresh normal n, [batch, latent], forward and backward. */
  | { kind: "reparameterize"; batch: number; latent: number }
  /** The paper's cluster loss, means [clusters, latent], forward and backward. */
  | { kind: "clusterLoss"; batch: number; latent: number; clusters: number }
  /** One Adam step over n parameters in one tensor. */
  | { kind: "adam"; n: number }
  /** x' = clip(x' + alpha sign(g), x - eps, x + eps) in [0, 1], [batch, channels, size, size]. */
  | { kind: "attackStep"; batch: number; channels: number; size: number }
  /** A chain of `count` ops over [16, 16]. */
  | { kind: "tiny"; op: "add" | "relu"; count: number }
  /** Forward, backward and Adam. */
  | { kind: "train"; net: Net; batch: number }
  /** PGD of `steps` steps on the mnist-cnn, the gradient of the mean cross-entropy. */
  | { kind: "pgd"; steps: number; batch: number }
  /** mnist-cnn(decode(mu(x))) with the conv-vae. */
  | { kind: "purify"; batch: number };

export interface Case {
  name: string;
  /** Kernels and whole steps are summed up apart. */
  group: "kernel" | "overhead" | "step";
  /** Useful floating-point operations of one call, a multiply-add counted twice; 0 where none are worth counting. */
  flops: number;
  work: Work;
}

type ConvSize = [ci: number, co: number, size: number, k: number, stride: number, padding: number];

/** The convolutions of the MNIST networks. */
export const MNIST_CONVS: ConvSize[] = [[1, 16, 28, 3, 1, 1], [16, 32, 14, 3, 1, 1], [1, 32, 28, 4, 2, 1], [32, 64, 14,
  4, 2, 1], [32, 64, 28, 3, 1, 1], [32, 64, 28, 3, 2, 1]];
/** ResNet-34's stages on CIFAR-10 (32 x 32): the 3x3 of each stage, and where the size halves the 3x3 and the 1x1. */
export const RESNET_CONVS: ConvSize[] = [
  [3, 64, 32, 3, 1, 1], [64, 64, 32, 3, 1, 1], [64, 128, 32, 3, 2, 1], [64, 128, 32, 1, 2, 0], [128, 128, 16, 3, 1, 1],
  [128, 256, 16, 3, 2, 1], [256, 256, 8, 3, 1, 1], [256, 512, 8, 3, 2, 1], [512, 512, 4, 3, 1, 1],
];

/** Behind an ImageNet stem ResNet-34 ends with 2 x 2 images and one pixel: every output sees every input. */
export const SMALL_CONVS: ConvSize[] = [[256, 256, 2, 3, 1, 1], [256, 512, 2, 3, 2, 1], [512, 512, 1, 3, 1, 1]];

const outputSize = (size: number, k: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - k) / stride) + 1;

function conv([ci, co, size, k, stride, padding]: ConvSize, batch: number): Case[] {
  const flops = 2 * batch * outputSize(size, k, stride, padding) ** 2 * co * ci * k * k;
  const sizes = `${ci}->${co} ${size} k${k} s${stride}${batch === 32 ? "" : ` b${batch}`}`;
  const of = (pass: "forward" | "dInput" | "dFilter", prefix: string): Case => ({ name: `${prefix} ${sizes}`,
    group: "kernel", flops, work: { kind: "conv", pass, batch, size, ci, co, k, stride, padding } });
  return [of("forward", "conv"), of("dInput", "conv dInput"), of("dFilter", "conv dFilter")];
}

function tconv(ci: number, co: number, size: number, k: number, padding: number, outputPadding: number,
  batch: number): Case {
  const name = `tconv ${ci}->${co} ${size}->${2 * size} k${k} s2${batch === 32 ? "" : ` b${batch}`}`;
  return { name, group: "kernel", flops: 2 * batch * size * size * ci * co * k * k,
    work: { kind: "tconv", batch, size, ci, co, k, stride: 2, padding, outputPadding } };
}

const kernel = (name: string, work: Work, flops = 0): Case => ({ name, group: "kernel", flops, work });
const step = (name: string, work: Work, macs: number): Case => ({ name, group: "step", flops: 2 * macs, work });

/** Multiply-adds of one image, forward. */
export const MACS: Record<Net, number> = {
  "mnist-cnn": 26 * 26 * 32 * 9 + 24 * 24 * 64 * 288 + 9216 * 128 + 1280,
  "conv-vae": 14 * 14 * 32 * 9 + 49 * 64 * 288 + 3136 * 40 + 20 * 3136 + 49 * 64 * 64 * 9 + 196 * 64 * 32 * 9 +
    784 * 32 * 9,
  "conv-cvae": 14 * 14 * 32 * 9 + 49 * 64 * 288 + 3136 * 40 + 20 * 3136 + 49 * 64 * 64 * 9 + 196 * 64 * 32 * 9 +
    784 * 32 * 9,
  resnet34: 1.1595e9,
};
const train = (net: Net, batch: number): Case =>
  step(`train ${net} b${batch}`, { kind: "train", net, batch }, 3 * batch * MACS[net]);

export const CASES: Case[] = [
  ...[256, 512, 1024, 2048].map((n) => kernel(`matmul ${n}`, { kind: "matmul", n }, 2 * n ** 3)),
  ...MNIST_CONVS.flatMap((c) => [...conv(c, 32), ...conv(c, 128)]),
  ...RESNET_CONVS.flatMap((c) => conv(c, 32)),
  ...SMALL_CONVS.flatMap((c) => conv(c, 128)),
  tconv(64, 32, 14, 3, 1, 1, 32),
  tconv(64, 32, 14, 4, 1, 0, 32),
  tconv(64, 32, 14, 4, 1, 0, 128),
  tconv(32, 16, 7, 4, 1, 0, 128),
  tconv(16, 1, 14, 4, 1, 0, 128),
  kernel("batch norm 64 32 b32", { kind: "batchNorm", batch: 32, channels: 64, size: 32 }),
  kernel("batch norm 512 4 b32", { kind: "batchNorm", batch: 32, channels: 512, size: 4 }),
  kernel("softmax cross-entropy b128", { kind: "crossEntropy", batch: 128, classes: 10 }),
  kernel("reparameterize b128", { kind: "reparameterize", batch: 128, latent: 20 }),
  kernel("cluster loss b128", { kind: "clusterLoss", batch: 128, latent: 20, clusters: 10 }),
  ...[1, 10, 25].map((m) => kernel(`adam ${m} M`, { kind: "adam", n: m * 1e6 })),
  kernel("attack step mnist b128", { kind: "attackStep", batch: 128, channels: 1, size: 28 }),
  kernel("attack step cifar b128", { kind: "attackStep", batch: 128, channels: 3, size: 32 }),
  { name: "1000 tiny adds", group: "overhead", flops: 0, work: { kind: "tiny", op: "add", count: 1000 } },
  { name: "1000 tiny relus", group: "overhead", flops: 0, work: { kind: "tiny", op: "relu", count: 1000 } },
  train("mnist-cnn", 128), train("conv-vae", 128), train("conv-cvae", 128), train("resnet34", 32),
  step("pgd-10 mnist-cnn b128", { kind: "pgd", steps: 10, batch: 128 }, 10 * 2 * 128 * MACS["mnist-cnn"]),
  ...[1, 128, 1024].map((batch) =>
    step(`purify and classify b${batch}`, { kind: "purify", batch }, batch * (MACS["mnist-cnn"] + MACS["conv-vae"]))
  ),
  ...RESNET_CONVS.flatMap((c) => conv(c, 128)), // the longest ones last
];
