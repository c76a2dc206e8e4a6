// Residual networks for small images: He et al., "Deep residual learning for image recognition", CVPR 2016.

import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { add, batchNorm, conv2d, globalAvgPool2d, relu } from "../kernels/index.ts";
import type { Classifier } from "./cnn.ts";
import { applyLinear, linearSpec } from "./layers.ts";
import { makeParameters, type ParameterSpec, type Parameters } from "./params.ts";

/**
 * A classifier with batch norm: beside its parameters it has statistics, which training moves and no optimiser sees.
 */
export interface NormalisedClassifier extends Classifier {
  /** running_mean and running_var of every batch norm. */
  statistics: Parameters;
}

/** Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes. */
interface Block {
  name: string;
  inputs: number;
  outputs: number;
  stride: number;
}

/** The blocks of all stages: each stage doubles the channels, all but the first halve the size. */
function blocksOf(stages: readonly number[], channels: number): Block[] {
  return stages.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const outputs = channels * 2 ** stage;
      const enters = stage > 0 && i === 0;
      return { name: `layer${stage + 1}.${i}`, inputs: enters ? outputs / 2 : outputs, outputs,
        stride: enters ? 2 : 1 };
    })
  );
}

/** Uniform with He's deviation sqrt(2 / fan out), as torchvision draws it from a normal distribution. */
const convSpec = (name: string, inputs: number, outputs: number, k: number): ParameterSpec =>
  ({ [`${name}.weight`]: { shape: [outputs, inputs, k, k], init: "kaiming-uniform", fanIn: (outputs * k * k) / 6 } });

const normSpec = (name: string, channels: number): ParameterSpec =>
  ({ [`${name}.weight`]: { shape: [channels], init: "ones" }, [`${name}.bias`]: { shape: [channels], init: "zeros" } });

const statisticsSpec = (name: string, channels: number): ParameterSpec => ({
  [`${name}.running_mean`]: { shape: [channels], init: "zeros" },
  [`${name}.running_var`]: { shape: [channels], init: "ones" },
});

function blockSpec({ name, inputs, outputs, stride }: Block): ParameterSpec {
  return {
    ...convSpec(`${name}.conv1`, inputs, outputs, 3),
    ...normSpec(`${name}.bn1`, outputs),
    ...convSpec(`${name}.conv2`, outputs, outputs, 3),
    ...normSpec(`${name}.bn2`, outputs),
    ...(stride > 1 &&
      { ...convSpec(`${name}.downsample.0`, inputs, outputs, 1), ...normSpec(`${name}.downsample.1`, outputs) }),
  };
}

/** Names and shapes as in a torchvision state dict, in its order. */
function spec(blocks: readonly Block[], channels: number, classes: number): ParameterSpec {
  const stem = { ...convSpec("conv1", 3, channels, 3), ...normSpec("bn1", channels) };
  return { ...Object.assign(stem, ...blocks.map(blockSpec)), ...linearSpec("fc", blocks.at(-1)!.outputs, classes) };
}

/** The statistics of every batch norm in `parameters`: those are the only vectors but the last bias. */
function statisticsOf(parameters: ParameterSpec): ParameterSpec {
  const norms = Object.entries(parameters).filter(([name, { shape }]) =>
    name.endsWith(".weight") && shape.length === 1
  );
  return Object.assign({},
    ...norms.map(([name, { shape }]) => statisticsSpec(name.slice(0, -".weight".length), shape[0]!)));
}

/**
 * ResNet-34 for CIFAR: a 3x3 stem at full size without max pool, four stages of 3, 4, 6 and 3 blocks with `channels`
 * to 8 `channels`, mean over the image, linear. Images [N,3,H,W] in [0,1] -> logits [N,classes]; 21,282,122 parameters
 * with 64 channels and 10 classes. Training normalises with the batch's statistics (N H W / 64 > 1 is due) and moves
 * the running ones, evaluation reads those.
 */
export function resnet34(gpu: Engine, seed: number, { channels = 64, classes = 10 } = {}): NormalisedClassifier {
  const blocks = blocksOf([3, 4, 6, 3], channels);
  const parameters = spec(blocks, channels, classes);
  const params = makeParameters(gpu, parameters, seed);
  const statistics = makeParameters(gpu, statisticsOf(parameters), seed);
  const conv = (name: string, x: Tensor, stride: number, padding: number) =>
    conv2d(x, params.get(`${name}.weight`), undefined, { stride, padding });
  const norm = (name: string, x: Tensor, training: boolean, relu = false) =>
    batchNorm(x, params.get(`${name}.weight`), params.get(`${name}.bias`), {
      runningMean: statistics.get(`${name}.running_mean`),
      runningVar: statistics.get(`${name}.running_var`),
      training,
      relu,
    });
  const block = (x: Tensor, { name, stride }: Block, training: boolean) => {
    const h = norm(`${name}.bn1`, conv(`${name}.conv1`, x, stride, 1), training, true);
    const y = norm(`${name}.bn2`, conv(`${name}.conv2`, h, 1, 1), training);
    const shortcut = stride > 1 ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, x, stride, 0), training)
      : x;
    return relu(add(y, shortcut));
  };
  return {
    params,
    statistics,
    forward(x, training = false) {
      const stem = norm("bn1", conv("conv1", x, 1, 1), training, true);
      return applyLinear(params, "fc", globalAvgPool2d(blocks.reduce((h, b) => block(h, b, training), stem)));
    },
  };
}
