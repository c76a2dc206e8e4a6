// The training loop in float64 on the host, first weights and the networks' layers: what a run is made of.

import type { Engine } from "../../engine/engine.ts";
import { cast, conv2d, convTranspose2d, linear, mean, rand, relu, reshape, sigmoid, squaredError,
  type Tensor } from "../../index.ts";
import { hostRandom, permutation } from "../../model/host-random.ts";
import { convAutoencoder, convMlpAutoencoder, mlpAutoencoder, type Autoencoder } from
  "../../model/networks/autoencoder.ts";
import { sgd } from "../../model/optim.ts";
import { makeParameters, type Parameters } from "../../model/params.ts";
import { fit, trainingStep } from "../../model/train.ts";
import { loadSafetensors, saveSafetensors } from "../../model/weights.ts";
import { encodeSafetensors, parseSafetensors } from "../../data/safetensors.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";
import { uniforms } from "../table/philox.ts";

const [N, BATCH, EPOCHS, REPLAYS, SEED] = [7, 2, 3, 2, 5];
const RATE = (t: number): number => 0.3 / (1 + t);
const MOMENTUM = (t: number): number => 0.5 + 0.02 * t;
const IMAGES = numbers("fit x", N * 3);
const TARGETS = [0, 1, 2, 1, 0, 2, 2];

/** w . x to the target, mean squared error, SGD with momentum; each batch twice, the odd image left out. */
function fitByHand(start: readonly number[], from: number): number[] {
  const random = hostRandom(SEED);
  const perEpoch = Math.floor(N / BATCH) * REPLAYS;
  let [w, moved, order] = [[...start], start.map(() => 0), [] as number[]];
  for (let t = 0; t < perEpoch * EPOCHS; t++) {
    if (t % perEpoch === 0) order = [...permutation(N, random)];
    if (t < from) continue;
    const at = Math.floor((t % perEpoch) / REPLAYS) * BATCH;
    const batch = order.slice(at, at + BATCH).map((n) => ({ x: IMAGES.slice(3 * n, 3 * n + 3), y: TARGETS[n]! }));
    const g = w.map((_, i) => batch.reduce((s, { x, y }) =>
      s + (2 / BATCH) * (x.reduce((a, v, j) => a + v * w[j]!, 0) - y) * x[i]!, 0));
    moved = moved.map((m, i) => (t === from ? g[i]! : MOMENTUM(t) * m + g[i]!));
    w = w.map((v, i) => v - RATE(t) * moved[i]!);
  }
  return w;
}

async function runFit(gpu: Engine, from: number): Promise<Check[]> {
  const start = numbers("fit w", 3);
  const params = makeParameters(gpu, { w: { shape: [1, 3], init: start } }, 0);
  const optimizer = sgd([params], { lr: 0.1, momentum: 0.5 });
  const [images, labels] = [gpu.tensor(IMAGES, [N, 3, 1, 1]), gpu.tensor(TARGETS, [N], "i32")];
  const loss = (x: Tensor, y: Tensor) => mean(squaredError(linear(reshape(x, [BATCH, 3]), params.get("w")),
    reshape(cast(y, "f32"), [BATCH, 1])));
  const step = trainingStep(gpu, { images, labels }, [params], optimizer, loss);
  await fit(step, optimizer, { name: "fit", n: N, batch: BATCH, epochs: EPOCHS, schedule: RATE, momentum: MOMENTUM,
    replays: REPLAYS, seed: SEED, from });
  const checks = [await check("the weights", params.get("w"), fitByHand(start, from))];
  [step, images, labels, params, optimizer].forEach((t) => t.dispose());
  return checks;
}

/** Uniform within 1 / sqrt(inputs), of the seed alone. */
async function runInit(gpu: Engine): Promise<Check[]> {
  const made = (seed: number) => makeParameters(gpu, { a: { shape: [40, 9], init: "kaiming-uniform" },
    b: { shape: [40], init: "kaiming-uniform", fanIn: 25 }, c: { shape: [5], init: "ones" },
    d: { shape: [5], init: "zeros" } }, seed);
  const [first, again, other] = [made(3), made(3), made(4)];
  const far = async (p: Parameters, name: string) => Math.max(...(await p.get(name).data()).map(Math.abs));
  const [a, b] = [await far(first, "a"), await far(first, "b")];
  const same = relativeError(await again.get("a").data(), await first.get("a").data());
  const apart = relativeError(await other.get("a").data(), await first.get("a").data());
  const checks = [{ what: "beyond 1/3", error: Math.max(0, a - 1 / 3), limit: 1e-7 },
    { what: "what the farthest of 360 lacks", error: 1 / 3 - a, limit: 0.02 },
    { what: "beyond 1/5", error: Math.max(0, b - 0.2), limit: 1e-7 },
    { what: "what the farthest of 40 lacks", error: 0.2 - b, limit: 0.04 },
    { what: "of the same seed", error: same, limit: 0 },
    { what: "of another seed", error: Number(apart < 0.1), limit: 0 },
    await check("ones", first.get("c"), [1, 1, 1, 1, 1], 0), await check("zeros", first.get("d"), [0, 0, 0, 0, 0], 0)];
  [first, again, other].forEach((p) => p.dispose());
  return checks;
}

/** The counter has two words: the upper one moves where the lower one comes round, in a replay too. */
async function runCarry(gpu: Engine): Promise<Check[]> {
  const start = [11, 12, 0xffffffff, 13];
  gpu.random.restore(start);
  const step = gpu.capture(() => rand(gpu, [8]));
  const [first, second] = [await step().data(), await step().data()];
  const after = await gpu.random.save();
  step.dispose();
  return [{ what: "the first numbers", error: relativeError(first, uniforms(8, start)), limit: 1e-6 },
    { what: "the next ones", error: relativeError(second, uniforms(8, [11, 12, 0, 14])), limit: 1e-6 },
    { what: "key and counter", error: relativeError(after, [11, 12, 1, 14]), limit: 0 }];
}

type Layer = (x: Tensor, name: string) => Tensor;

/** Codes and images of an autoencoder beside those of its layers one by one. */
async function runAutoencoder(gpu: Engine, net: Autoencoder, shape: readonly number[],
  encode: (x: Tensor, at: Layers) => Tensor, decode: (z: Tensor, at: Layers) => Tensor): Promise<Check[]> {
  const size = shape.reduce((a, b) => a * b, 1);
  const x = gpu.tensor(numbers("autoencoder", 2 * size), [2, ...shape]);
  const made = gpu.scope(() => {
    const { mu, logvar } = net.encode(x);
    const [h, to] = [encode(x, layersOf(net.encoder)), layersOf(net.encoder)];
    return { mu, logvar, dueMu: to.dense(h, "mu"), dueLogvar: to.dense(h, "logvar"), y: net.decode(mu),
      dueY: reshape(sigmoid(decode(mu, layersOf(net.decoder))), [2, ...shape]) };
  });
  const checks = [await check("mu", made.mu, await made.dueMu.data()),
    await check("logvar", made.logvar, await made.dueLogvar.data()), await check("images", made.y,
      await made.dueY.data())];
  [x, net.encoder, net.decoder, ...Object.values(made)].forEach((t) => t.dispose());
  return checks;
}

interface Layers {
  dense: Layer;
  /** 4x4 convolutions that halve, and double, the sides; a 3x3 one that keeps them. */
  down: Layer;
  up: Layer;
  same: Layer;
}

function layersOf(p: Parameters): Layers {
  const [w, b] = [(name: string) => p.get(`${name}.weight`), (name: string) => p.get(`${name}.bias`)];
  const halve = { stride: 2, padding: 1 };
  return { dense: (x, name) => linear(reshape(x, [x.shape[0]!, -1]), w(name), b(name)),
    down: (x, name) => relu(conv2d(x, w(name), b(name), halve)),
    up: (x, name) => convTranspose2d(x, w(name), b(name), halve),
    same: (x, name) => relu(conv2d(x, w(name), b(name), { padding: 1 })) };
}

const runMlp = (gpu: Engine) => runAutoencoder(gpu, mlpAutoencoder(gpu, 1, { hidden: 9, latent: 3, shape: [1, 4, 6] }),
  [1, 4, 6], (x, { dense }) => relu(dense(x, "fc1")), (z, { dense }) => dense(relu(dense(z, "fc1")), "fc2"));

const runConv = (gpu: Engine) => runAutoencoder(gpu,
  convAutoencoder(gpu, 1, { channels: [3, 5], hidden: 7, latent: 4, shape: [2, 8, 12] }), [2, 8, 12],
  (x, { dense, down }) => relu(dense(down(down(x, "conv1"), "conv2"), "fc1")),
  (z, { dense, up }) => up(relu(up(reshape(relu(dense(relu(dense(z, "fc1")), "fc2")), [2, 32, 2, 3]), "up1")), "up2"));

const runConvMlp = (gpu: Engine) => runAutoencoder(gpu,
  convMlpAutoencoder(gpu, 1, { channels: [2, 3, 4], widths: [6, 8], hidden: 7, latent: 4, shape: [1, 8, 4] }),
  [1, 8, 4], (x, { dense, down, same }) => relu(dense(down(down(same(x, "conv1"), "conv2"), "conv3"), "fc1")),
  (z, { dense }) => dense(relu(dense(relu(dense(z, "fc1")), "fc2")), "fc3"));

/** Weights in every type that is read, and out and in again in both that are written. */
async function runWeights(): Promise<Check[]> {
  const values = [1.5, -0.25, 3];
  const bytes = encodeSafetensors({
    f32: { dtype: "F32", shape: [3], data: new Float32Array(values) },
    f16: { dtype: "F16", shape: [3], data: Uint16Array.of(0x3e00, 0xb400, 0x4200) },
    bf16: { dtype: "BF16", shape: [3], data: Uint16Array.of(0x3fc0, 0xbe80, 0x4040) },
    i64: { dtype: "I64", shape: [2], data: BigInt64Array.of(7n, -3n) },
    u8: { dtype: "U8", shape: [2], data: Uint8Array.of(7, 255) },
  });
  const { f32, f16, bf16, i64, u8 } = loadSafetensors(bytes);
  const state = { w: { dtype: "F32" as const, shape: [3], data: new Float32Array([1, 1 / 3, -2]) } };
  const [whole, half] = [parseSafetensors(saveSafetensors(state)), parseSafetensors(saveSafetensors(state,
    { dtype: "F16" }))];
  const large = encodeSafetensors({ n: { dtype: "I64", shape: [1], data: BigInt64Array.of(2n ** 31n) } });
  const refused = (() => { try { loadSafetensors(large); return 1; } catch { return 0; } })();
  return [...[f32, f16, bf16].map((t, i) => ({ what: `type ${i}`, error: relativeError(t!.data, values), limit: 0 })),
    { what: "whole numbers", error: relativeError([...i64!.data, ...u8!.data], [7, -3, 7, 255]), limit: 0 },
    { what: "F32 again", error: relativeError(whole.w!.data as Float32Array, state.w.data), limit: 0 },
    { what: "F16's bits", error: relativeError(half.w!.data as Uint16Array, [0x3c00, 0x3555, 0xc000]), limit: 0 },
    { what: "33 bits are refused", error: refused, limit: 0 }];
}

export const fitCases = (): Case[] => [
  one("fit", "from the start", (gpu) => runFit(gpu, 0)), one("fit", "from step 8 on", (gpu) => runFit(gpu, 8)),
  one("random", "the counter comes round", runCarry),
  one("parameters", "first values", runInit), one("parameters", "to and from files", runWeights),
  one("networks", "mlpAutoencoder", runMlp), one("networks", "convAutoencoder", runConv),
  one("networks", "convMlpAutoencoder", runConvMlp),
];
