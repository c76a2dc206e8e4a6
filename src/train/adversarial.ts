// Adversarial training: the network is shown the worst image that a short attack finds, in place of the image. In
// pixel units of [0, 1]; a network that wants other units normalises by itself.

import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Model } from "../attacks/index.ts";
import { randomStart, signStep } from "../attacks/kernels.ts";
import { add, argmax, clamp, crossEntropy, eq, expand, indexSelect, rand, reshape, sub,
  where } from "../kernels/index.ts";
import { checkChoice, checkNumber, checkOptions, checkShape, checkWhole, fail } from "../kernels/check.ts";
import type { Optimizer } from "../model/optim.ts";
import { makeParameters, type Parameters } from "../model/params.ts";
import { imagesAt, type Batch, type Data, type Step } from "../model/train.ts";

export interface AdversarialOptions {
  /** Radius of the L-infinity ball. */
  eps: number;
  /** Step size. */
  alpha: number;
  /** Steps of the attack: 7 is Madry's PGD-7, 1 is Fast. */
  steps: number;
  /** At a random point of the ball within [0, 1] (the default), at one that may leave [0, 1], or at x. */
  start?: "random" | "unclamped" | "zero";
  /** Gradients of the steps are added up, and only images that are still right move on: the PGD of the MNIST script. */
  accumulate?: boolean;
  /** The start is x + noise [B,C,H,W] instead of a random one. */
  noise?: Tensor;
  /** Hears of every batch that the network is shown, in a step that is not captured. */
  watch?: (images: Tensor) => void;
}

const STARTS = ["random", "unclamped", "zero"] as const;

function check(op: string, o: AdversarialOptions): void {
  checkOptions(op, o, ["eps", "alpha", "steps", "start", "accumulate", "noise", "watch"]);
  checkNumber(op, "eps", o.eps, 0, 1);
  checkNumber(op, "alpha", o.alpha, 0, Number.MAX_VALUE);
  checkWhole(op, "steps", o.steps, 1);
  checkChoice(op, "start", o.start ?? "random", STARTS);
  if (o.noise && o.start === "zero") fail(op, "noise is given with the start zero; leave one out");
}

/** A copy that in-place kernels may write to. */
function copyOf(x: Tensor): Tensor {
  const y = x.gpu.empty(x.shape);
  x.gpu.copy(x, y);
  return y;
}

/** The ball and the step as the attack kernels read them. */
const budgetOf = (x: Tensor, { eps, alpha }: Pick<AdversarialOptions, "eps" | "alpha">): Tensor =>
  x.gpu.tensor([eps, alpha, 0, 0]);

function startOf(x: Tensor, settings: Tensor, o: AdversarialOptions): Tensor {
  const adv = copyOf(x);
  if (o.noise) x.gpu.copy(o.start === "unclamped" ? add(x, o.noise) : clamp(add(x, o.noise), 0, 1), adv);
  else if (o.start === "unclamped") x.gpu.copy(add(x, rand(x.gpu, x.shape, -o.eps, o.eps)), adv);
  else if (o.start !== "zero") randomStart(x, adv, settings, x.gpu.random);
  return adv;
}

/** The images that the attack ends at. The network is in training mode, so that its running statistics move. */
function attacked(model: Model, x: Tensor, y: Tensor, o: AdversarialOptions): Tensor {
  const settings = budgetOf(x, o);
  let adv = startOf(x, settings, o);
  let sum: Tensor | null = null;
  for (let i = 0; i < o.steps; i++) {
    o.watch?.(adv);
    const { value: logits, grads } = lossGradient(model, adv, y);
    sum = o.accumulate && sum ? add(sum, grads[0]!) : grads[0]!;
    const next = copyOf(adv);
    signStep(x, next, sum, settings);
    adv = o.accumulate ? where(stillRight(logits, y, adv), next, adv) : next;
  }
  return adv;
}

function lossGradient(model: Model, adv: Tensor, y: Tensor): { value: Tensor; grads: Tensor[] } {
  const { value, grads } = valueAndGrad(() => {
    const logits = model(adv);
    return [crossEntropy(logits, y), logits] as const;
  }, [adv]);
  return { value: value[1], grads };
}

/** Of the shape of x: 1 in images whose largest logit is that of the label. */
function stillRight(logits: Tensor, y: Tensor, x: Tensor): Tensor {
  const right = eq(argmax(logits, { dim: 1 }), y);
  return expand(reshape(right, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]), x.shape);
}

export interface Learner {
  /** Images [B,C,H,W] in [0,1] to logits, in training mode. */
  model: Model;
  params: readonly Parameters[];
  optimizer: Optimizer;
}

function learn({ model, params, optimizer }: Learner, x: Tensor, y: Tensor): Tensor {
  const { value, grads } = valueAndGrad(() => crossEntropy(model(x), y), params.flatMap((p) => p.list()));
  optimizer.step(grads);
  return value;
}

/**
 * One step on images x [B,C,H,W] in [0,1] with labels y: an attack on the network as it stands, then the optimiser's
 * step on the loss of what it found. Returns that loss. PGD: Madry et al., "Towards deep learning models resistant to
 * adversarial attacks", ICLR 2018. One step from a random start: Wong, Rice and Kolter, "Fast is better than free",
 * ICLR 2020.
 */
export function adversarialUpdate(learner: Learner, x: Tensor, y: Tensor, options: AdversarialOptions): Tensor {
  check("adversarialUpdate", options);
  return x.gpu.scope(() => {
    const adv = attacked(learner.model, x, y, options);
    options.watch?.(adv);
    return learn(learner, adv, y);
  });
}

/**
 * One replay of Free: one backward pass gives the weights' gradient and that of the perturbation `delta` [B,C,H,W],
 * which moves by eps and stays for the next replay and the next batch. Shafahi et al., "Adversarial training for
 * free!", NeurIPS 2019.
 */
export function freeUpdate({ model, params, optimizer }: Learner, x: Tensor, y: Tensor, delta: Tensor,
  { eps, watch }: Pick<AdversarialOptions, "eps" | "watch">): Tensor {
  checkNumber("freeUpdate", "eps", eps, 0, 1);
  return x.gpu.scope(() => {
    const settings = budgetOf(x, { eps, alpha: eps });
    const adv = add(x, delta);
    watch?.(adv);
    const { value, grads: [dx, ...grads] } = valueAndGrad(() => crossEntropy(model(adv), y),
      [adv, ...params.flatMap((p) => p.list())]);
    const next = copyOf(adv);
    signStep(x, next, dx!, settings);
    x.gpu.copy(sub(next, x), delta);
    optimizer.step(grads);
    return value;
  });
}

const batchAt = (data: Data, index: Tensor): [Tensor, Tensor] => [imagesAt(data, index),
  indexSelect(data.labels, 0, index)];

/** A captured adversarialUpdate of the batch's indices, for `fit`: the attack is recorded into the step. */
export const adversarialStep = (gpu: Engine, data: Data, learner: Learner, options: AdversarialOptions): Step =>
  gpu.capture<[Batch], Tensor>((index) => {
    const [x, y] = batchAt(data, index);
    return adversarialUpdate(learner, x, y, options);
  });

/**
 * Free's perturbation, 0, for batches [B,C,H,W]: it goes on from batch to batch, and as parameters a checkpoint keeps
 * it as it keeps weights.
 */
export const makeDelta = (gpu: Engine, shape: readonly number[]): Parameters =>
  makeParameters(gpu, { delta: { shape, init: "zeros" } }, 0);

/**
 * A captured freeUpdate. `fit` takes each batch `replays` times in a row: the batch is gathered, and augmented, at the
 * first of them alone, since the perturbation belongs to those images. `delta` as makeDelta makes it.
 */
export function freeStep(gpu: Engine, data: Data, learner: Learner,
  { eps, delta }: { eps: number; delta: Parameters }): Step {
  const kept = delta.get("delta");
  const [x, y] = [gpu.keep(gpu.zeros(kept.shape)), gpu.keep(gpu.zeros([kept.shape[0]!], "i32"))];
  const take = gpu.capture<[Batch], Tensor>((index) => {
    const [images, labels] = batchAt(data, index);
    checkShape("freeStep", "delta", kept, images.shape);
    gpu.copy(images, x);
    gpu.copy(labels, y);
    return y;
  });
  const replay = gpu.capture<[], Tensor>(() => freeUpdate(learner, x, y, kept, { eps }));
  let taken: Batch | null = null;
  const step = (batch: Batch) => {
    if (batch !== taken) take(batch);
    taken = batch;
    return replay();
  };
  return Object.assign(step, { dispose: () => [take, replay, x, y].forEach((t) => t.dispose()) });
}
