// The residual network of which adversarial training is published: He et al., "Identity mappings in deep residual
// networks", ECCV 2016, with the names of the scripts of Wong, Rice and Kolter, "Fast is better than free", ICLR 2020.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, globalAvgPool2d } from "../../kernels/index.ts";
import { applyLinear, linearSpec } from "../layers.ts";
import { checkNormalised, convSpec, normalisedClassifier, normSpec, type Layers, type NormalisedClassifier,
  type NormalisedOptions } from "./normalised.ts";
import type { ParameterSpec } from "../params.ts";
import { blocksOf, type Block } from "./resnet.ts";

function blockSpec({ name, inputs, outputs, stride }: Block): ParameterSpec {
  return {
    ...normSpec(`${name}.bn1`, inputs),
    ...convSpec(`${name}.conv1`, inputs, outputs, 3),
    ...normSpec(`${name}.bn2`, outputs),
    ...convSpec(`${name}.conv2`, outputs, outputs, 3),
    ...(stride > 1 && convSpec(`${name}.shortcut.0`, inputs, outputs, 1)),
  };
}

/** Norm and ReLU come before each convolution; the shortcut of a block that changes the shape sees them too. */
function block({ conv, norm }: Layers, x: Tensor, { name, stride }: Block, training: boolean): Tensor {
  const h = norm(`${name}.bn1`, x, training, true);
  const shortcut = stride > 1 ? conv(`${name}.shortcut.0`, h, stride, 0) : x;
  const y = norm(`${name}.bn2`, conv(`${name}.conv1`, h, stride, 1), training, true);
  return add(conv(`${name}.conv2`, y, 1, 1), shortcut);
}

/**
 * Pre-activation ResNet-18 for CIFAR: 3x3 stem, four stages of two blocks, norm, ReLU, mean over the image, linear.
 * Images [N,3,H,W] in [0,1] -> logits [N,classes].
 */
export function preactResnet18(gpu: Engine, seed: number, options: NormalisedOptions = {}): NormalisedClassifier {
  const { channels, classes, inputs } = checkNormalised("preactResnet18", options);
  const blocks = blocksOf([2, 2, 2, 2], channels);
  const last = blocks.at(-1)!.outputs;
  const spec = { ...convSpec("conv1", inputs, channels, 3),
    ...(Object.assign({}, ...blocks.map(blockSpec)) as ParameterSpec),
    ...normSpec("bn", last), ...linearSpec("linear", last, classes) };
  return normalisedClassifier(gpu, seed, spec, options, (layers, x, training) => {
    const h = blocks.reduce((y, b) => block(layers, y, b, training), layers.conv("conv1", x, 1, 1));
    return applyLinear(layers.params, "linear", globalAvgPool2d(layers.norm("bn", h, training, true)));
  });
}
