// Residual networks: He et al., "Deep residual learning for image recognition", CVPR 2016, with torchvision's names.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, globalAvgPool2d, maxPool2d, relu } from "../../kernels/index.ts";
import { checkChoice } from "../../kernels/check.ts";
import { applyLinear, linearSpec } from "../layers.ts";
import { checkNormalised, convSpec, normalisedClassifier, normSpec, type Layers, type NormalisedClassifier,
  type NormalisedOptions } from "./normalised.ts";
import type { ParameterSpec } from "../params.ts";

export type { NormalisedClassifier } from "./normalised.ts";

/** What tells one ResNet from another, besides its depth. */
export interface ResnetOptions extends NormalisedOptions {
  /** "imagenet": 7x7 with stride 2, then a 3x3 max pool with stride 2. "cifar": 3x3 at full size. */
  stem?: "imagenet" | "cifar";
}

/** Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes. */
export interface Block {
  name: string;
  inputs: number;
  outputs: number;
  stride: number;
}

/** The blocks of all stages: each stage doubles the channels, all but the first halve the size. */
export function blocksOf(stages: readonly number[], channels: number): Block[] {
  return stages.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const outputs = channels * 2 ** stage;
      const enters = stage > 0 && i === 0;
      return { name: `layer${stage + 1}.${i}`, inputs: enters ? outputs / 2 : outputs, outputs,
        stride: enters ? 2 : 1 };
    })
  );
}

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

function block({ conv, norm }: Layers, x: Tensor, { name, stride }: Block, training: boolean): Tensor {
  const h = norm(`${name}.bn1`, conv(`${name}.conv1`, x, stride, 1), training, true);
  const y = norm(`${name}.bn2`, conv(`${name}.conv2`, h, 1, 1), training);
  const shortcut = stride > 1 ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, x, stride, 0), training) : x;
  return relu(add(y, shortcut));
}

function resnet(op: string, stages: readonly number[], gpu: Engine, seed: number,
  options: ResnetOptions): NormalisedClassifier {
  const { channels, classes, inputs } = checkNormalised(op, options, ["stem"]);
  const large = checkChoice(op, "stem", options.stem ?? "cifar", ["imagenet", "cifar"]) === "imagenet";
  const blocks = blocksOf(stages, channels);
  const spec = { ...convSpec("conv1", inputs, channels, large ? 7 : 3), ...normSpec("bn1", channels),
    ...(Object.assign({}, ...blocks.map(blockSpec)) as ParameterSpec),
    ...linearSpec("fc", blocks.at(-1)!.outputs, classes) };
  return normalisedClassifier(gpu, seed, spec, options, (layers, x, training) => {
    const first = layers.norm("bn1", layers.conv("conv1", x, large ? 2 : 1, large ? 3 : 1), training, true);
    const entered = large ? maxPool2d(first, 3, { stride: 2, padding: 1 }) : first;
    const h = blocks.reduce((y, b) => block(layers, y, b, training), entered);
    return applyLinear(layers.params, "fc", globalAvgPool2d(h));
  });
}

/**
 * ResNet-34: four stages of 3, 4, 6 and 3 blocks with `channels` to 8 `channels`, mean over the image, linear. Images
 * [N,3,H,W] in [0,1] -> logits [N,classes]; 21,282,122 parameters with 64 channels, 10 classes and the stem for CIFAR,
 * the default. Training normalises with the batch's statistics (more than one value a channel is due) and moves the
 * running ones, evaluation reads those.
 */
export const resnet34 = (gpu: Engine, seed: number, options: ResnetOptions = {}): NormalisedClassifier =>
  resnet("resnet34", [3, 4, 6, 3], gpu, seed, options);

/** ResNet-18: four stages of two blocks; else as resnet34. */
export const resnet18 = (gpu: Engine, seed: number, options: ResnetOptions = {}): NormalisedClassifier =>
  resnet("resnet18", [2, 2, 2, 2], gpu, seed, options);
